#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Holds the tree to its layers and to the rules of style that a script can see.

    check_layers.py [--root DIR] [--sizes]

Prints one line per offence, `file:line: rule: what is wrong`, and exits 1; prints nothing and
exits 0 when there is none. --sizes prints how long the functions are.

Who may include whom is LAYERS, which library's headers stand where is FENCES: a new arrow or a
new library is a change to these two tables, made on purpose. The exceptions below each rule
need a reason; an exception that is no longer needed is an offence, too.
"""
import argparse
import os
import re
import sys

# The folder of a file -> the folders whose headers it may include, besides its own.
LAYERS = {
    "core/base": [],
    "core/record": ["core/base"],
    "core/trace": ["core/base"],
    "core/io": ["core/base", "core/trace"],
    "embed": ["core/base", "core/record", "core/trace", "core/io"],
    "viewer/engine": ["core/base", "core/trace"],
    "viewer/server": ["core/base", "core/trace", "core/io", "viewer/engine"],
    "cmd": ["core/base", "core/record", "core/trace", "core/io", "embed",
            "viewer/engine", "viewer/server"],
}

# A library's headers -> where they may be included. Everything else in <…> must be of libc.
FENCES = [
    (r"(Python|structmember|frameobject|opcode|pythread)\.h|(internal|cpython)/.*\.h",
     ["embed", "test"]),
    (r"microhttpd\.h", ["viewer/server"]),
    (r"zlib\.h|libdeflate\.h|isa-l.*\.h|igzip_lib\.h", ["core/io", "test"]),
    (r"(cjson/)?cJSON\.h", ["core/io", "viewer/server", "test"]),
    (r"cmocka\.h", ["test"]),
    (r"setjmp\.h", ["test"]),
    (r"pthread\.h|threads\.h", ["core/base", "core/record", "core/io", "embed",
                                "viewer/server", "cmd", "test"]),
]

LIBC = set("""
    assert ctype errno fenv float inttypes iso646 limits locale math signal stdalign stdarg
    stdatomic stdbool stddef stdint stdio stdlib stdnoreturn string strings tgmath time uchar
    wchar wctype
    alloca arpa/inet dirent dlfcn elf fcntl fnmatch ftw getopt glob grp iconv ifaddrs langinfo
    libgen link malloc net/if netdb netinet/in netinet/tcp poll pty pwd regex sched semaphore
    spawn syscall sysexits termios ucontext unistd utime
    cpuid emmintrin immintrin x86intrin
""".split())

# Folders that may not know streams at all: what they make goes through a sink or a mapping.
NO_STREAMS = ["core/record", "core/trace", "viewer/engine"]

BANNED = ("strcpy strcat strncpy strncat stpcpy sprintf vsprintf gets strtok asctime ctime "
          "gmtime localtime tmpnam tempnam mktemp alloca atoi atol atoll atof").split()
BANNED_CALL = re.compile(r"(?<![\w.>])(%s)\s*\(" % "|".join(BANNED))
STREAM_CALL = re.compile(r"\bFILE\b|(?<![\w.>])(fopen|fdopen|fprintf|fputs|fwrite|fread)\s*\(")
SPEAKING_CALL = re.compile(
    r"(?<![\w.>])((?:printf|puts|putchar|vprintf|perror|exit|quick_exit|errx?|warnx?)(?=\s*\()|"
    r"v?fprintf\s*\(\s*std(?:out|err)|dprintf\s*\(\s*(?:1|2|STD\w+_FILENO)|"
    r"(?:fputs|fputc)\s*\([^;]*,\s*std(?:out|err)|fwrite\s*\([^;]*,\s*std(?:out|err))")

# (file, function or "*") -> why it may speak or leave the process.
MAY_SPEAK = {
    ("core/base/error.c", "vt_contract_broken"): "the last words of a broken contract",
}

# (file, function) -> why one piece is clearer than several.
MAY_BE_LONG = {}

# file -> why it is not split.
MAY_BE_LARGE = {
    "core/base/log_layout.h": "the bytes of a log on one page, each drawing beside its struct",
    "viewer/engine/query.h": "the questions of a viewer on one page, each beside its answer",
}

# Functions without the prefix, by the name that somebody else prescribes.
FOREIGN_NAMES = {"main": "libc", "PyInit__viztracer": "CPython"}
FOREIGN_FILES = {"viewer/engine/wasm_libc.c": "libc's names, in the page's engine"}

FILE_LINES = {".c": 500, ".h": 200, ".def": 500, ".py": 500, ".sh": 500, ".js": 300}
FUNCTION_LINES, MEDIAN_LINES, P90_LINES = 70, 12, 30
COLUMNS = 88

TOP_LEVEL = set("""CMakeLists.txt CMakePresets.json LICENSE README.md cmake cmd core embed test
                   viewer .ci .clang-format .clang-tidy .editorconfig .git .gitignore .github
                   """.split())

UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME|X" r"XX|HA" r"CK)\b")
SPDX = "SPDX-License-Identifier: Apache-2.0"
CODE_SUFFIXES = {".c", ".h", ".def", ".py", ".sh", ".js"}


class File:
    """One source file: its path from the root, its lines, and its lines without comments."""

    def __init__(self, root, path):
        self.path = path
        self.stem, self.suffix = os.path.splitext(os.path.basename(path))
        with open(os.path.join(root, path), encoding="utf-8") as f:
            self.text = f.read()
        self.lines = self.text.splitlines()
        self.is_c = self.suffix in (".c", ".h", ".def")
        self.code = blank_comments(self.text).splitlines() if self.is_c else self.lines
        self.layer = next((layer for layer in list(LAYERS) + ["test"]
                           if path.startswith(layer + "/")), None)


def blank_comments(text):
    """The C text with comments and the insides of literals blanked, line for line."""
    pattern = re.compile(r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'", re.S)

    def blank(match):
        piece = match.group()
        if piece[0] == '"':
            line_before = text[text.rfind("\n", 0, match.start()) + 1:match.start()]
            if re.match(r"\s*#\s*include\s*$", line_before):
                return piece
            return '"' + " " * (len(piece) - 2) + '"'
        return re.sub(r"[^\n]", " ", piece)

    return pattern.sub(blank, text)


def functions(file):
    """Yields (name, is_static, first line, last line) of each function, in formatted C."""
    start = None
    for number, line in enumerate(file.code, 1):
        if re.match(r"[A-Za-z_]", line):
            start = start if start and not file.code[number - 2].rstrip().endswith(
                (";", "}")) and file.code[number - 2].strip() else number
        if line.startswith("}") and start:
            head = " ".join(file.code[start - 1:number])
            match = re.match(r"[^{;=]*?\b(\w+)\s*\([^{;]*\)[^{;=()]*\{", head)
            if match and match.group(1) not in ("__attribute__", "_Static_assert"):
                yield match.group(1), "static" in head[:match.start(1)], start, number
            start = None


def sources(root):
    """The files to check, as paths from the root."""
    for top in sorted(os.listdir(root)):
        if top not in TOP_LEVEL or top == ".git":
            continue
        for folder, subfolders, names in os.walk(os.path.join(root, top)):
            subfolders[:] = sorted(s for s in subfolders if s != "__pycache__")
            for name in sorted(names):
                path = os.path.relpath(os.path.join(folder, name), root)
                if os.path.splitext(name)[1] in CODE_SUFFIXES and \
                        not path.startswith("test/data/"):
                    yield path


def check_top_level(root):
    for name in sorted(os.listdir(root)):
        if name not in TOP_LEVEL and not re.match(r"build(-.*)?$", name):
            yield name, 1, "top level", "is not one of the house's folders and files"


def check_text(file, used):
    if not any(SPDX in line for line in file.lines[:2]):
        yield 1, "licence", f"no '{SPDX}' in the first two lines"
    limit = FILE_LINES[file.suffix]
    if len(file.lines) > limit:
        used.add((file.path, "size"))
        if file.path not in MAY_BE_LARGE:
            yield len(file.lines), "size", f"{len(file.lines)} lines; the limit is {limit}"
    for number, line in enumerate(file.lines, 1):
        if UNFINISHED.search(line):
            yield number, "unfinished", "finish it or file it; no such marks in the tree"
        if file.is_c and len(line) > COLUMNS:
            yield number, "width", f"{len(line)} columns; the limit is {COLUMNS}"


def is_libc(header):
    name = header[:-2]
    return name in LIBC or name.startswith(("sys/", "linux/", "asm/"))


def check_includes(root, file):
    for number, line in enumerate(file.code, 1):
        match = re.match(r'\s*#\s*include\s*(<[^>]+>|"[^"]+")', line)
        if not match:
            continue
        header = match.group(1)[1:-1]
        fence = next((where for what, where in FENCES if re.fullmatch(what, header)), None)
        if fence is not None:
            if file.layer not in fence:
                yield number, "fence", f"{header} belongs to {', '.join(fence)}"
        elif match.group(1)[0] == "<":
            if not is_libc(header):
                yield number, "fence", f"<{header}> is of no library that the table knows"
        else:
            yield from check_own_include(root, file, number, header)


def check_own_include(root, file, number, header):
    target = next((layer for layer in LAYERS if header.startswith(layer + "/")), None)
    if file.layer == "test" and header.startswith("test/"):
        return
    if target is None:
        yield number, "include", f'"{header}" is not written from the repository root'
        return
    generated = header.endswith("_generated.h")
    if not generated and not os.path.exists(os.path.join(root, header)):
        yield number, "include", f'"{header}" does not exist'
    if file.layer in LAYERS and target != file.layer and target not in LAYERS[file.layer]:
        yield number, "layer", f"{file.layer} may not know {target}"


def check_calls(file, used):
    spans = [(name, first, last) for name, _, first, last in functions(file)]
    for number, line in enumerate(file.code, 1):
        match = BANNED_CALL.search(line)
        if match:
            yield number, "banned", f"{match.group(1)}() is unsafe: use the sized one"
        if file.layer in NO_STREAMS and STREAM_CALL.search(line):
            yield number, "stream", f"{file.layer} knows no streams"
        match = SPEAKING_CALL.search(line)
        if match and file.layer not in ("cmd", "test"):
            function = next((n for n, first, last in spans if first <= number <= last), "")
            keys = [k for k in ((file.path, function), (file.path, "*")) if k in MAY_SPEAK]
            used.update(keys)
            if not keys:
                yield number, "voice", f"{match.group(1)}… outside cmd/: return an error"


def check_functions(file, used, lengths):
    for name, is_static, first, last in functions(file):
        length = last - first + 1
        if file.layer != "test":
            lengths.append((length, name, file.path))
            if not is_static and file.suffix == ".c" and not name.startswith("vt_") and \
                    name not in FOREIGN_NAMES and file.path not in FOREIGN_FILES:
                yield first, "name", f"{name} is not static and has no prefix vt_"
            if is_static and file.suffix == ".c" and name.startswith("vt_"):
                yield first, "name", f"{name} is static and needs no prefix"
        if length > FUNCTION_LINES:
            used.add((file.path, name))
            if (file.path, name) not in MAY_BE_LONG:
                yield first, "size", f"{name} has {length} lines; the limit is {FUNCTION_LINES}"


def check_types(file):
    for number, line in enumerate(file.code, 1):
        if re.match(r"\s*typedef\s+(struct|enum|union)\b", line):
            yield number, "typedef", "structs and enums keep their tag"
    if file.suffix == ".h":
        for number, line in enumerate(file.lines, 1):
            if re.match(r"[ /*]*[^ /*].*\b(Threads|Hot path|Ownership): ", line):
                yield number, "label", "a label of the contract begins its line"
        guard = "VT_" + re.sub(r"\W", "_", file.path.split("/", 1)[-1]
                               if file.path.startswith("core/") else file.path).upper()
        if not any(line == f"#ifndef {guard}" for line in file.code):
            yield 1, "guard", f"the include guard is not {guard}"


def check_stems(files):
    homes = {}
    for file in files:
        if file.is_c and file.layer in LAYERS:
            homes.setdefault(file.stem, {}).setdefault(os.path.dirname(file.path), file.path)
    for stem, folders in sorted(homes.items()):
        for path in sorted(folders.values())[1:]:
            yield path, 1, "stem", f"'{stem}' stands in {' and '.join(sorted(folders))}"


def check_lengths(lengths):
    ordered = sorted(length for length, _, _ in lengths)
    if not ordered:
        return
    for share, limit in ((50, MEDIAN_LINES), (90, P90_LINES)):
        value = ordered[(len(ordered) - 1) * share // 100]
        if value > limit:
            yield ".", 1, "size", f"{share} % of the functions: {value} lines, not {limit}"


def check(root):
    """All offences as (path, line, rule, text), and the lengths of the functions."""
    offences = list(check_top_level(root))
    files = [File(root, path) for path in sources(root)]
    used, lengths = set(), []
    for file in files:
        found = list(check_text(file, used))
        if file.is_c:
            found += check_includes(root, file)
            found += check_calls(file, used)
            found += check_functions(file, used, lengths)
            found += check_types(file)
        offences += [(file.path, *offence) for offence in found]
    offences += check_stems(files)
    offences += check_lengths(lengths)
    present = {file.path for file in files}
    large = {(path, "size"): reason for path, reason in MAY_BE_LARGE.items()}
    for key in sorted({**MAY_SPEAK, **MAY_BE_LONG, **large}):
        if key[0] in present and key not in used:
            offences.append((key[0], 1, "exception", f"{key[1]} no longer needs its exception"))
    return offences, lengths


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    here = os.path.dirname(os.path.abspath(__file__))
    parser.add_argument("--root", default=os.path.dirname(os.path.dirname(here)))
    parser.add_argument("--sizes", action="store_true")
    options = parser.parse_args()
    offences, lengths = check(options.root)
    for path, line, rule, text in sorted(offences):
        print(f"{path}:{line}: {rule}: {text}")
    if options.sizes and lengths:
        ordered = sorted(lengths)
        print(f"{len(ordered)} functions: median {ordered[(len(ordered) - 1) // 2][0]} lines, "
              f"p90 {ordered[(len(ordered) - 1) * 9 // 10][0]}, longest:")
        for length, name, path in ordered[:-8:-1]:
            print(f"  {length:3} {name} ({path})")
    return 1 if offences else 0


if __name__ == "__main__":
    sys.exit(main())
