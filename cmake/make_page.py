#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Joins the modules of viewer/web into one script, for the server and for html reports.

    make_page.py report WEB_FOLDER ENGINE_WASM OUTPUT   the page of html reports (core/io/html_layout.h)
    make_page.py served WEB_FOLDER OUTPUT_FOLDER        what the server serves, file by file

main.js and the modules that it needs become one script, each module a function of its own, in the
order in which they need each other: a served page waits for one request instead of for one after
the other, and a page that is opened as a file can import no modules and fetch nothing. There the
Worker's script and the engine (raw deflate, base64) stand in the page as text, and the content
security policy names the script and the style by their hashes. Comments and white space that mean
nothing are left out.
"""
import base64
import hashlib
import os
import re
import sys
import zlib

PIECE = '<script type="text/plain" class="trace">'  # VT_HTML_BEGIN
# A slash after these begins a regular expression; after other words, numbers and ) ] } it divides.
WORDS_BEFORE_REGEX = {"return", "typeof", "case", "in", "of", "delete", "void", "throw", "new", "else", "do",
                      "await", "yield", "instanceof"}

TOKEN = re.compile(r"""
    (?P<space>[ \t]+) | (?P<newline>\r?\n)
  | (?P<comment>//[^\n]* | /\*.*?\*/)
  | (?P<string>"(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*')
  | (?P<word>[A-Za-z_$#][\w$]*) | (?P<number>\.?\d[\w.]*)
  | (?P<template>`) | (?P<slash>/) | (?P<mark>.)
""", re.VERBOSE | re.DOTALL)
REGEX = re.compile(r"/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\[\n])+/[a-z]*")


class PageError(Exception):
    """What is wrong with the sources."""


# ---- scripts as tokens

def end_of_template(text, at):
    """Behind the backtick that ends the template literal whose text begins at `at`."""
    while text[at] != "`":
        if text[at] == "\\":
            at += 2
        elif text.startswith("${", at):
            at = end_of_hole(text, at + 2)
        else:
            at += 1
    return at + 1


def end_of_hole(text, at):
    """Behind the brace that ends a ${…}."""
    depth = 0
    for kind, _, begin, end in scan(text, at):
        depth += kind == "{"
        depth -= kind == "}"
        if depth < 0:
            return end
        at = begin
    raise PageError(f"a template literal does not end: {text[at:at + 40]!r}")


def scan(text, at=0):
    """Tokens (kind, text, begin, end); the kind of a mark is the mark."""
    before = ""
    while at < len(text):
        match = TOKEN.match(text, at)
        kind, end = match.lastgroup, match.end()
        if kind == "template":
            end = end_of_template(text, end)
        elif kind == "slash":
            divides = before in (")", "]", "}") or \
                (re.match(r"[\w$\"'`.]", before or " ") and before not in WORDS_BEFORE_REGEX)
            if not divides:
                kind, end = "regex", REGEX.match(text, at).end()
        token = text[at:end]
        if kind not in ("space", "newline", "comment"):
            before = token if kind in ("word", "mark", "slash") else "x"
        yield (token if kind in ("mark", "slash") else kind, token, at, end)
        at = end


def needs_space(left, right):
    """Whether two tokens would be another one without white space between them."""
    if re.match(r"[\w$#]", right) and re.search(r"[\w$#]$", left):
        return True
    return (left[-1], right[0]) in {("+", "+"), ("-", "-"), ("/", "/"), ("/", "*")}


def minify(text):
    """The same script without comments, indentation and empty lines. Lines stay lines, so that the
    language's own rules about missing semicolons find what they found before."""
    out = []
    gap = ""
    for kind, token, _, _ in scan(text):
        if kind == "space" or (kind == "comment" and "\n" not in token):
            gap = gap or " "
        elif kind in ("newline", "comment"):
            gap = "\n"
        else:
            if gap == "\n" and out:
                # Nothing is missing at the end of such a line.
                out.append("" if out[-1] in ("{", "(", "[", ",", ";") else "\n")
            elif gap and out and needs_space(out[-1], token):
                out.append(" ")
            out.append(token)
            gap = ""
    return "".join(out) + "\n"


def minify_css(text):
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    text = re.sub(r"\s+", " ", text)
    return re.sub(r" ?([{};,]) ?", r"\1", text).replace(";}", "}").strip() + "\n"


# ---- modules

IMPORT = re.compile(r'^import\s*(?:\{([^}]*)\}\s*from\s*)?"\./([\w.]+)";\s*$', re.MULTILINE)
EXPORT = re.compile(r"^export\s+((?:async\s+)?(?:function\*?|class|const))\s+([\w$]+)", re.MULTILINE)


def variable(name):
    return "m_" + re.sub(r"\W", "_", name)


def names_of(text):
    """`a, b as c` as pairs."""
    for part in filter(None, (part.strip() for part in text.split(","))):
        old, _, new = part.partition(" as ")
        yield old.strip(), (new or old).strip()


def module(name, text):
    """A module as a function of its own, and what it needs."""
    needs = []

    def take(match):
        needs.append(match.group(2))
        pairs = [old if old == new else f"{old}: {new}" for old, new in names_of(match.group(1) or "")]
        return f"const {{ {', '.join(pairs)} }} = {variable(match.group(2))};" if pairs else ""

    text = IMPORT.sub(take, text)
    exports = [match.group(2) for match in EXPORT.finditer(text)]
    text = EXPORT.sub(r"\1 \2", text)
    if re.search(r"^\s*(import|export)\b|\bimport\s*\(|\bimport\.meta\b", minify(text), re.MULTILINE):
        raise PageError(f"{name}: an import or export that cannot be joined")
    return f"const {variable(name)} = (() => {{\n{text}\nreturn {{ {', '.join(exports)} }};\n}})();\n", needs


def join(folder, main):
    """The script that does what the module `main` does."""
    done, waiting = {}, []

    def add(name):
        if name in waiting:
            raise PageError("modules need each other in a circle: " + " → ".join([*waiting, name]))
        if name in done:
            return
        with open(os.path.join(folder, name), encoding="utf-8") as f:
            text, needs = module(name, f.read())
        waiting.append(name)
        for other in needs:
            add(other)
        waiting.pop()
        done[name] = text

    add(main)
    return '"use strict";\n(() => {\n' + "".join(done.values()) + "})();\n"


# ---- the page

def check_inline(what, text):
    """Nothing in an element of raw text may end it or begin a comment."""
    if re.search(r"</(script|style)|<!--|<script", text, re.IGNORECASE):
        raise PageError(f"{what}: holds what a browser takes for markup")
    return text


def hash_of(text):
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"


def read(folder, name):
    with open(os.path.join(folder, name), encoding="utf-8") as f:
        return f.read()


class Page:
    """index.html taken apart: the markup that is left, and what it wants, joined."""

    LINK = re.compile(r'<link rel="stylesheet" href="([\w.]+)">\n')
    SCRIPT = re.compile(r'<script type="module" src="([\w.]+)"></script>\n')

    def __init__(self, folder):
        index = read(folder, "index.html")
        self.style_name = self.LINK.search(index).group(1)
        self.style = "".join(minify_css(read(folder, name)) for name in self.LINK.findall(index))
        self.script_name = self.SCRIPT.search(index).group(1)
        self.script = minify(join(folder, self.script_name))
        self.markup = re.sub(r"\n\s+", "\n", self.LINK.sub("", index))

    def with_head(self, head):
        """The page with `head` where the script was asked for."""
        return self.SCRIPT.sub(lambda _: head, self.markup)


def make_report(folder, engine):
    page = Page(folder)
    style = check_inline("style", page.style)
    script = check_inline("script", page.script)
    worker = check_inline("worker", minify(read(folder, "engine_worker.js")))
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    wasm = base64.b64encode(packer.compress(engine) + packer.flush()).decode()
    policy = ("default-src 'none'; "
              f"script-src {hash_of(script)} 'wasm-unsafe-eval'; style-src {hash_of(style)}; "
              "img-src data: blob:; worker-src blob:; base-uri 'none'; form-action 'none'")
    head = f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n<style>{style}</style>\n'
    inside = (f'<script type="text/plain" id="engine-worker">{worker}</script>\n'
              f'<script type="text/plain" id="engine-wasm">{wasm}</script>\n'
              f"<script>{script}</script>\n")
    body, _, rest = page.with_head(head).partition("</body>")
    if rest.strip() != "</html>" or PIECE in body + inside:
        raise PageError("index.html: not as a page is to be that reports follow")
    return body + inside


def make_served(folder):
    """The files by their names."""
    page = Page(folder)
    head = (f'<link rel="stylesheet" href="{page.style_name}">\n'
            f'<script type="module" src="{page.script_name}"></script>\n')
    return {"index.html": page.with_head(head), page.style_name: page.style, page.script_name: page.script,
            "engine_worker.js": minify(read(folder, "engine_worker.js")),
            "listing.js": minify(join(folder, "listing.js")), "listing.css": minify_css(read(folder, "listing.css")),
            "icon.svg": read(folder, "icon.svg")}


def write(path, text):
    with open(path + ".new", "w", encoding="utf-8") as f:
        f.write(text)
    os.replace(path + ".new", path)


def main():
    kind, folder, *words = sys.argv[1:]
    try:
        if kind == "report":
            engine, output = words
            with open(engine, "rb") as f:
                write(output, make_report(folder, f.read()))
        else:
            output, = words
            os.makedirs(output, exist_ok=True)
            for name, text in make_served(folder).items():
                write(os.path.join(output, name), text)
    except (PageError, OSError) as error:
        sys.exit(f"make_page.py: {error}")


if __name__ == "__main__":
    main()
