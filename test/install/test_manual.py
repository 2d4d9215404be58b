# SPDX-License-Identifier: Apache-2.0
"""test_manual.py BUILD: --help, man pages, completions and the option tables say the same.

The completions are asked in the shells themselves; a shell that is not here is skipped by name.
"""
import os
import re
import shutil
import subprocess
import sys
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "cmake"))
import make_manual  # noqa: E402  (stands in the folder above)

BUILD = os.path.abspath(sys.argv.pop(1))
MANUAL = os.path.join(BUILD, "manual")
PROGRAMS = ("viztracer", "vizviewer")


def run(*words, **more):
    return subprocess.run(words, text=True, check=True, stdout=subprocess.PIPE, **more).stdout


def squeeze(text):
    return " ".join(text.split())


def options(program):
    more = make_manual.MORE if program == "viztracer" else []
    return [*make_manual.read_options(ROOT, program), *more]


def option_names(program):
    return {name for option in options(program) for name in make_manual.names(option)}


class Manual(unittest.TestCase):
    def help_of(self, program):
        return run(os.path.join(BUILD, program), "--help")

    def test_the_tables_were_read_whole(self):
        for program, least in (("viztracer", 45), ("vizviewer", 10)):
            self.assertGreaterEqual(len(options(program)), least)
            for option in options(program):
                self.assertTrue(option.help, option)
                self.assertEqual(option.count == "NONE", option.metavar is None, option)

    def test_help_shows_the_rows_of_the_table_and_no_others(self):
        for program in PROGRAMS:
            text = self.help_of(program)
            for option in make_manual.read_options(ROOT, program):
                head = "  " + ", ".join(make_manual.names(option))
                self.assertRegex(text, f"(?m)^{re.escape(head)}( |$)")
                self.assertIn(squeeze(option.help), squeeze(text))
            self.assertEqual(set(), set(re.findall(r"(?<![\w-])--\w+", text)) -
                             option_names(program))

    def test_the_man_page_shows_them_with_the_same_words(self):
        for program in PROGRAMS:
            with open(os.path.join(MANUAL, "man1", program + ".1"), encoding="utf-8") as f:
                page = f.read()
            plain = re.sub(r"\\f[BIR]|\\&", "", page).replace("\\-", "-").replace("\\e", "\\")
            heads = set()
            for line in re.findall(r"^\.TP\n(-.*)\n", plain, re.M):
                heads.update(word.rstrip(",") for word in line.split() if word.startswith("-"))
            self.assertEqual(option_names(program), heads)
            for option in options(program):
                self.assertIn(f"\n{option.help}\n", plain)

    @unittest.skipUnless(shutil.which("groff"), "groff is not installed")
    def test_groff_reads_the_man_pages_without_a_warning(self):
        for program in PROGRAMS:
            checked = subprocess.run(
                ["groff", "-man", "-ww", "-z", os.path.join(MANUAL, "man1", program + ".1")],
                stderr=subprocess.PIPE, text=True, check=True)
            self.assertEqual("", checked.stderr)

    def assert_answers(self, ask):
        for program in PROGRAMS:
            longs = {name for name in option_names(program) if name.startswith("--")}
            self.assertEqual(longs, ask(program, "--"), program)
        self.assertEqual({"--log_func_args", "--log_func_entry", "--log_func_exec",
                          "--log_func_retval", "--log_func_with_objprint"},
                         ask("viztracer", "--log_func_"))
        self.assertEqual({"p50", "p95", "p99"}, ask("viztracer", "--sort", "p"))

    @unittest.skipUnless(shutil.which("bash"), "bash is not installed")
    def test_bash_completes(self):
        def ask(program, *words):
            script = ('source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); '
                      f'_{program}; printf "%s\\n" "${{COMPREPLY[@]}}"')
            path = os.path.join(MANUAL, "bash", program)
            return set(run("bash", "--norc", "-c", script, "bash", path, program, *words).split())
        self.assert_answers(ask)

    @unittest.skipUnless(shutil.which("fish"), "fish is not installed")
    def test_fish_completes(self):
        def ask(program, *words):
            script = f"source {MANUAL}/fish/{program}.fish; complete -C '{program} {' '.join(words)}'"
            lines = run("fish", "--no-config", "-c", script).splitlines()
            return {line.split("\t")[0] for line in lines}
        self.assert_answers(ask)

    @unittest.skipUnless(shutil.which("zsh"), "zsh is not installed")
    def test_zsh_completes(self):
        # The list that ^T shows, up to where the cursor goes back to the line.
        def ask(program, *words):
            script = f"""
                setopt extended_glob
                zmodload zsh/zpty
                zpty asked zsh -f -i
                zpty -w asked "PS1=; stty columns 200 rows 1000; LISTMAX=10000
                    fpath=({MANUAL}/zsh \\$fpath); autoload -U compinit; compinit -u -D
                    zstyle ':completion:*' verbose no; bindkey '^T' list-choices; print begun"
                zpty -r asked answer '*begun*begun*'
                zpty -w -n asked "{' '.join([program, *words])}"$'\\x14'
                zpty -r asked answer $'*\\e\\\\[J?*\\e\\\\[[0-9]#A*'
                print -r -- "$answer"
            """
            text = run("zsh", "-f", "-c", script, timeout=60,
                       env=dict(os.environ, TERM="xterm"))  # whose codes it looks for
            shown = text.rpartition("\x1b[J")[2].partition("\x1b")[0]
            return set(shown.split())
        self.assert_answers(ask)


if __name__ == "__main__":
    unittest.main()
