# SPDX-License-Identifier: Apache-2.0
"""Writes man pages and shell completions from the option tables.

    python3 make_manual.py SOURCE VERSION FOLDER

SOURCE/core/record/config.def and SOURCE/cmd/view_options.def are the tables; in FOLDER are made
man1/, bash/, zsh/ and fish/, laid out as those that read them want it. What is
no option of a table (python3's own, the words of --report) stands in MORE. The same sources give
the same bytes. read_options() is also what the tests compare with --help.
"""
import collections
import os
import re
import sys

Option = collections.namedtuple("Option", "long short count metavar help group")

GROUPS = {"RUN": "What to run", "REPORT": "The report", "FILTER": "What is recorded",
          "LOG": "What is logged besides calls", "PROCESS": "Several processes",
          "ATTACH": "Programs that run already",
          "TOOL": "Reports and recordings that exist already", "": "Options"}

# metavar -> what a shell offers in its place; any other: nothing.
OFFERED = {"FILE": "file", "PATH": "file", "RUN": "file", "DIR": "dir"}

# The words of `viztracer --report FILE`, which is its own command.
MORE = [Option("--report", None, "ONE", "FILE",
               "print the functions of a report; the first word", "TOOL"),
        Option("--sort", None, "ONE", "COLUMN",
               "with --report: calls, total, self, min, mean, p50, p95, p99 or max", "TOOL"),
        Option("--top", None, "ONE", "N", "with --report: so many functions", "TOOL"),
        Option("--json", None, "NONE", None, "with --report: as JSON", "TOOL")]
COLUMNS = "calls total self min mean p50 p95 p99 max"

PAGES = {
    "viztracer": {
        "about": "record every call of a Python program on a timeline",
        "synopsis": ["[options] [python options] script.py [args ...]",
                     "[options] [python options] -m module [args ...]",
                     "[options] [python options] -c code [args ...]",
                     "--report FILE [--sort COLUMN] [--top N] [--json]"],
        "text": "Runs a Python program as python3 would and records every Python and C call into "
                "a log that survives its death; the log becomes a report (result.json, Chrome "
                "trace format) for vizviewer. Options may stand anywhere before \"--\" and, where "
                "there is none, also behind the program. Unambiguous beginnings of long options "
                "are accepted. python3's own options -X -W -O -B -E -I -s -S -i -q -b are taken "
                "before the program; -u is ours.",
        "status": "That of the program; 1 when the report could not be made or a tool failed; 2 "
                  "when the command line was not understood.",
        "environment": [("VIZTRACER_PYTHON", "the interpreter to run programs with (default: the "
                         "active virtual environment's python3, else the first one on PATH)"),
                        ("VIZTRACER_LAUNCH", "embed or exec: force one way of running a program"),
                        ("VIZTRACER_RUNDIR", "the folder for the logs of running programs"),
                        ("VIZTRACER_WATCHER", "off: no process that makes the report of a "
                         "program that dies"),
                        ("VIZTRACER_REPORT_SERVER_ENDPOINT", "HOST:PORT, as --report_endpoint")],
        "files": [(".viztracerrc", "in the current folder: default options, in a section "
                   "[default], one \"key = value\" each")],
        "see": "vizviewer"},
    "vizviewer": {
        "about": "show a trace of viztracer in the web browser",
        "synopsis": ["[options] FILE_OR_DIRECTORY", "--info FILE"],
        "text": "Serves a report (.json, .json.gz, .cvf or .html), the logs of a program that "
                "still runs or died, or a directory with such files, and opens the web browser.",
        "status": "0; 1 when it could not be shown; 2 when the command line was not understood.",
        "environment": [("BROWSER", "the web browser to open (default: xdg-open)")],
        "files": [], "see": "viztracer"},
}


# ---- the tables ---------------------------------------------------------------------

def read_rows(text):
    """The arguments of each VT_OPTION(…) and VT_VIEW_OPTION(…), as Python values."""
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    token = re.compile(r'"((?:\\.|[^"\\])*)"|([(),])|([^\s(),"]+)')
    for start in re.finditer(r"\bVT_(?:VIEW_)?OPTION\(", text):
        row, value, depth, at = [], "", 1, start.end()
        while depth:
            match = token.search(text, at)
            at = match.end()
            string, mark, word = match.groups()
            if mark:
                depth += {"(": 1, ")": -1, ",": 0}[mark]
                if mark == "," or not depth:
                    row.append(value)
                    value = ""
            else:
                value += re.sub(r"\\(.)", r"\1", string) if word is None else word
        yield [None if value == "NULL" else value for value in row]


def read_options(source, program):
    """The options of a program that --help shows, in its order, without MORE."""
    name = {"viztracer": "core/record/config.def", "vizviewer": "cmd/view_options.def"}[program]
    with open(os.path.join(source, name), encoding="utf-8") as f:
        rows = list(read_rows(f.read()))
    if program == "vizviewer":
        return [Option(*row[2:7], "") for row in rows]
    return [Option(*row[2:6], row[9], row[7]) for row in rows
            if "VT_OPT_HIDDEN" not in row[8]]


def names(option):
    return [name for name in (option.short, option.long) if name]


# ---- man pages ----------------------------------------------------------------------

def roff(text):
    """The text with what roff would read as its own made plain."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return "\\&" + text if text[:1] in (".", "'") else text


def value_of(option):
    if not option.metavar:
        return ""
    value = f"\\fI{roff(option.metavar)}\\fR"
    return {"ONE": f" {value}", "BARE": f" [{value}]", "MANY": f" [{value} ...]"}[option.count]


def man_page(program, options, version):
    page = PAGES[program]
    lines = [".\\\" Made by cmake/make_manual.py from the option table; do not edit.",
             f'.TH {program.upper()} 1 "" "viztracer {version}" "User Commands"',
             ".SH NAME", f"{program} \\- {roff(page['about'])}", ".SH SYNOPSIS"]
    for i, words in enumerate(page["synopsis"]):
        lines += [".br"] * bool(i) + [f"\\fB{program}\\fR {roff(words)}"]
    lines += [".SH DESCRIPTION", roff(page["text"]), ".SH OPTIONS"]
    group = None
    for option in options:
        if option.group != group:
            group = option.group
            lines += [f".SS {roff(GROUPS[group])}"] * bool(group)
        lines += [".TP", ", ".join(f"\\fB{roff(name)}\\fR" for name in names(option)) +
                  value_of(option), roff(option.help)]
    lines += [".SH EXIT STATUS", roff(page["status"])]
    for title in ("environment", "files"):
        lines += [f".SH {title.upper()}"] * bool(page[title])
        for name, text in page[title]:
            lines += [".TP", f"\\fB{roff(name)}\\fR", roff(text)]
    lines += [".SH SEE ALSO", f".BR {page['see']} (1)"]
    return "\n".join(lines) + "\n"


# ---- completions --------------------------------------------------------------------

BASH = """\
# Made by cmake/make_manual.py from the option table; do not edit.
_@program@() {
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}
    COMPREPLY=()
    case $before in
    @files@)
        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
        return ;;
    @dirs@)
        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen -d -- "$word")
        return ;;
    --sort)
        mapfile -t COMPREPLY < <(compgen -W "@columns@" -- "$word")
        return ;;
    @values@)
        return ;;
    esac
    if [[ $word == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "@words@" -- "$word")
    else
        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
    fi
}
complete -F _@program@ @program@
"""


def bash(program, options):
    def pattern(kind):
        chosen = [name for option in options if option.count == "ONE" and
                  option.long != "--sort" and OFFERED.get(option.metavar) == kind
                  for name in names(option)]
        return "|".join(chosen) or "''"

    text = BASH
    for mark, value in (("program", program), ("files", pattern("file")), ("dirs", pattern("dir")),
                        ("values", pattern(None)), ("columns", COLUMNS),
                        ("words", " ".join(name for o in options for name in names(o)))):
        text = text.replace(f"@{mark}@", value)
    return text


def zsh_quoted(text):
    return re.sub(r"([\\\[\]:])", r"\\\1", text).replace("'", "'\\''")


def zsh_action(option):
    if option.long == "--sort":
        return f":column:({COLUMNS})"
    action = {"file": "_files", "dir": "_files -/"}.get(OFFERED.get(option.metavar), " ")
    value = zsh_quoted((option.metavar or "").lower())
    return {"NONE": "", "ONE": f":{value}:{action}", "BARE": f"::{value}:{action}",
            "MANY": f":*-*:{value}:{action}"}[option.count]


def zsh(options_of):
    lines = ["#compdef viztracer vizviewer",
             "# Made by cmake/make_manual.py from the option tables; do not edit.",
             "case $service in"]
    for program, options in options_of.items():
        lines += [f"{program})", "    _arguments \\"]
        for option in options:
            star = "*" if option.count == "MANY" else ""
            lines += [f"        '{star}{name}[{zsh_quoted(option.help)}]{zsh_action(option)}' \\"
                      for name in names(option)]
        lines += ["        '*:file:_files'", "    ;;"]
    return "\n".join([*lines, "esac"]) + "\n"


def fish(program, options):
    lines = ["# Made by cmake/make_manual.py from the option table; do not edit."]
    for option in options:
        words = ["complete", "-c", program]
        words += ["-s", option.short[1:]] if option.short else []
        words += ["-l", option.long[2:]] if option.long else []
        if option.long == "--sort":
            words += ["-x", "-a", f"'{COLUMNS}'"]
        elif option.count == "ONE":
            offered = OFFERED.get(option.metavar)
            words += {"file": ["-r", "-F"], "dir": ["-x", "-a", "'(__fish_complete_directories)'"]
                      }.get(offered, ["-x"])
        text = option.help.replace("\\", "\\\\").replace("'", "\\'")
        lines.append(" ".join([*words, "-d", f"'{text}'"]))
    return "\n".join(lines) + "\n"


def put(folder, name, text):
    path = os.path.join(folder, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)


def main():
    source, version, folder = sys.argv[1:]
    options_of = {program: read_options(source, program) for program in PAGES}
    options_of["viztracer"] += MORE
    for program, options in options_of.items():
        put(folder, f"man1/{program}.1", man_page(program, options, version))
        put(folder, f"bash/{program}", bash(program, options))
        put(folder, f"fish/{program}.fish", fish(program, options))
    put(folder, "zsh/_viztracer", zsh(options_of))


if __name__ == "__main__":
    main()
