#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Every program runs as python3 runs it: test_differential.py BUILD [unittest's words].

Each case (programs/) is run three times in the same folder: by python3, by viztracer in its
own process, and by viztracer in the real python3 (the two rungs of the ladder). What comes out of
it has to be equal: standard output, standard error, exit status (a signal is negative), and the
files that are there afterwards. One test per setting: the system's Python, a virtual environment,
another Python first on PATH, -X dev, PYTHONMALLOC=debug, and each other version that has a core.

Each setting takes one case in SHARES, each another one, so that an ordinary run is quick.
DIFFERENTIAL=full takes all cases in every setting, CASES (a regular expression) those with such
names. test/python/pythons.py says which interpreters of other versions are found.

What behaviour.md 4 wants different from python3, and what cannot be equal, is ALLOWED; each has a
test of its own below.
"""
import concurrent.futures
import difflib
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import zipfile

from programs import cases_endings, cases_identity, cases_running  # noqa: F401
from programs.case import CASES

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "python"))
import pythons  # noqa: E402  (stands in the folder just named)

ALLOWED = {
    "SIGTERM": "ends the program as SystemExit(0), its report saved, when the program has not "
               "set a handler; the private signal SIGRTMAX-3 has a handler for that",
    "script lookup": "a script that is not there is looked for on PATH",
    "refusal texts": "a missing script, or a json file, is answered by viztracer, exit status 1",
    "_viztracer": "is in sys.builtin_module_names",
    "import viztracer": "works, without PYTHONPATH",
    "the watcher": "is a child that no wait() sees, but /proc shows",
    "breakpoint() of 3.13": "stops a line later while any tool of sys.monitoring listens to calls",
    "/proc/self": "exe, cmdline and comm are viztracer's when it runs in its own process",
}

BUILD = os.path.abspath(sys.argv.pop(1)) if len(sys.argv) > 1 else "build"
VIZTRACER = os.path.join(BUILD, "viztracer")
LAUNCHER = os.path.join(BUILD, "test", "differential", "run_ladder")
RUNGS = ("embed", "exec")
TIMEOUT_S = 120
SETTLE_S = 0.3  # from READY until the program has come to where it waits
SHARES = 12


class Setting:
    """An interpreter and the way it is found and configured."""

    def __init__(self, python, options=(), **env):
        self.python, self.options, self.env = python, list(options), env
        facts = subprocess.run([python, "-c", "import sys; print(*sys.version_info[:2])"],
                               stdout=subprocess.PIPE, check=True, text=True)
        self.version = tuple(map(int, facts.stdout.split()))

    def can_import(self, module):
        return subprocess.run([self.python, "-c", f"import {module}"], check=False,
                              stderr=subprocess.DEVNULL).returncode == 0


def put_file(path, content):
    """A text, bytes, ("link", target) or ("zip", {name: text})."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if isinstance(content, tuple) and content[0] == "link":
        os.symlink(content[1], path)
    elif isinstance(content, tuple):
        with zipfile.ZipFile(os.fsdecode(path), "w") as archive:
            for name, text in content[1].items():
                archive.writestr(zipfile.ZipInfo(name), text)
    else:
        with open(path, "wb") as f:
            f.write(content if isinstance(content, bytes) else content.encode())


def talk(words, stdin, signals, **rest):
    """Runs `words` to the end; (stdout, stderr, exit status)."""
    process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, **rest)
    head = b""
    for number in signals:
        while not head.endswith(b"READY\n"):
            byte = process.stdout.read(1)
            if not byte:
                break
            head += byte
        head += b" "
        time.sleep(SETTLE_S)
        process.send_signal(number)
    try:
        out, err = process.communicate(stdin.encode(), timeout=TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        err += b"\n(no end)"
    return head + out, err, process.returncode


def clean(text, same):
    text = text.decode("utf-8", "backslashreplace")
    return same(re.sub(r"0x[0-9a-fA-F]+|(?<=started )\d+", "0x?", text))


def show_difference(expected, result):
    lines = [[f"{line}\n" for key, value in outcome.items()
              for line in [f"[{key}]", *str(value).splitlines()]]
             for outcome in (expected, result)]
    return "\n" + "".join(difflib.unified_diff(*lines, "python3", "viztracer", n=1))


class Runner:
    """Runs cases of one setting, each in a folder of its own whose name is the same each time."""

    def __init__(self, setting, scratch):
        self.setting, self.scratch = setting, scratch

    def command(self, case, launch):
        options, python = self.setting.options, self.setting.python
        if launch is None:
            return [python, *options, *case.words]
        parts = case.split()
        report = self.report(case, launch)
        if parts is None:
            return [LAUNCHER, BUILD, report, *options, *case.words]
        ours = [VIZTRACER, "--quiet", "-o", report]
        if parts[1]:
            return [*ours, *options, *parts[0], *parts[1], "--", *parts[2]]
        return [*ours, "--", *options, *parts[0], *parts[2]]

    def report(self, case, launch):
        return os.path.join(self.scratch, "reports", f"{CASES.index(case)}.{launch}.json")

    def environment(self, case, launch):
        env = {key: value for key, value in os.environ.items()
               if not key.startswith(("PYTHON", "VIZTRACER", "VIRTUAL_ENV", "PYENV"))}
        env.update({"HOME": os.path.join(self.scratch, "home"), "LC_ALL": "C.UTF-8",
                    "VIZTRACER_LAUNCH": launch or "embed", "TERM": "dumb", "COLUMNS": "80"})
        env.update(self.setting.env)
        env.update(case.env)
        return {key: value for key, value in env.items() if value is not None}

    def run(self, case, launch):
        folder = os.path.join(self.scratch, "work", str(CASES.index(case)))
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
        for name, content in case.files.items():
            put_file(os.path.join(os.fsencode(folder), os.fsencode(name)), content)
        command = self.command(case, launch)
        if case.redirect:
            line = " ".join(map(shlex.quote, command))
            command = ["/bin/sh", "-c", case.redirect.format(command=line)]
        out, err, status = talk(command, case.stdin, case.signals, cwd=folder,
                                env=self.environment(case, launch))
        return {"stdout": clean(out, case.same), "stderr": clean(err, case.same),
                "exit status": status, "files": self.list_files(folder)}

    @staticmethod
    def list_files(folder):
        return sorted(os.path.relpath(os.path.join(parent, name), folder)
                      for parent, _, names in os.walk(folder) for name in names)

    def run_all_ways(self, case):
        return [self.run(case, launch) for launch in (None, *RUNGS)]

    def was_traced(self, case, launch):
        return os.path.exists(self.report(case, launch))


class Differential(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.scratch = tempfile.mkdtemp(prefix="differential-")
        self.addCleanup(shutil.rmtree, self.scratch, ignore_errors=True)
        for name in ("home", "reports"):
            os.mkdir(os.path.join(self.scratch, name))

    def applies(self, case, setting):
        if not case.versions[0] <= setting.version <= case.versions[1]:
            return False
        return not case.needs or setting.can_import(case.needs)

    def choose(self):
        """The cases of this run of this test."""
        wanted = os.environ.get("CASES")
        if wanted:
            return [case for case in CASES if re.search(wanted, case.name)]
        if os.environ.get("DIFFERENTIAL") == "full":
            return CASES
        names = sorted(name for name in dir(self) if name.startswith("test_"))
        return CASES[names.index(self._testMethodName) % SHARES::SHARES]

    def compare_all(self, setting):
        if not pythons.has_core(VIZTRACER, setting.version):
            self.skipTest("there is no core for Python %d.%d" % setting.version)
        runner = Runner(setting, self.scratch)
        cases = [case for case in self.choose() if self.applies(case, setting)]
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            for case, (expected, *got) in zip(cases, pool.map(runner.run_all_ways, cases)):
                for rung, result in zip(RUNGS, got):
                    with self.subTest(case.name, rung=rung):
                        self.assertNotIn("(no end)", expected["stderr"])
                        if result != expected:
                            self.fail(show_difference(expected, result))
                        if case.traced is not None:
                            self.assertEqual(runner.was_traced(case, rung), case.traced)

    def make_venv(self, python):
        folder = os.path.join(self.scratch, "venv")
        made = subprocess.run([python, "-m", "venv", "--without-pip", folder], check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if made.returncode:
            self.skipTest(f"{python} makes no virtual environment")
        return folder

    def test_system(self):
        self.compare_all(Setting(sys.executable, VIZTRACER_PYTHON=sys.executable))

    def test_venv(self):
        venv = self.make_venv(sys.executable)
        self.compare_all(Setting(os.path.join(venv, "bin", "python3"), VIRTUAL_ENV=venv))

    def test_another_python_first_on_path(self):
        """One of another version if there is one with a core, else the same behind a link."""
        others = [path for version, path in pythons.find().items()
                  if version != sys.version_info[:2] and pythons.has_core(VIZTRACER, version)]
        folder = os.path.join(self.scratch, "bin")
        os.mkdir(folder)
        os.symlink(others[0] if others else sys.executable, os.path.join(folder, "python3"))
        self.compare_all(Setting(os.path.join(folder, "python3"),
                                 PATH=folder + ":" + os.environ["PATH"]))

    def test_development_mode(self):
        self.compare_all(Setting(sys.executable, ["-X", "dev"],
                                 VIZTRACER_PYTHON=sys.executable))

    def test_debug_allocator(self):
        self.compare_all(Setting(sys.executable, PYTHONMALLOC="debug",
                                 VIZTRACER_PYTHON=sys.executable))


def add_version_test(version):
    def test(self):
        if version == sys.version_info[:2]:
            self.skipTest("this is the system's Python")
        python = pythons.find().get(version)
        if not python:
            self.skipTest("there is no Python %d.%d here" % version)
        self.compare_all(Setting(python, VIZTRACER_PYTHON=python))

    setattr(Differential, "test_version_%d_%d" % version, test)


for _version in pythons.VERSIONS:
    add_version_test(_version)


class AllowedDifferences(unittest.TestCase):
    """What ALLOWED names, on both rungs."""

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="differential-")
        self.addCleanup(shutil.rmtree, self.folder)

    def put(self, name, text):
        put_file(os.path.join(self.folder, name), text)

    def each_rung(self, *words, signals=(), quiet=True, **env):
        """Yields (output, errors, exit status, is there a report) of each rung."""
        for rung in RUNGS:
            report = os.path.join(self.folder, rung + ".json")
            options = ["--quiet"] * quiet + ["-o", report]
            out, err, status = talk([VIZTRACER, *options, *words], "", signals, cwd=self.folder,
                                    env=dict(os.environ, VIZTRACER_LAUNCH=rung,
                                             VIZTRACER_PYTHON=sys.executable, **env))
            yield out.decode(), err.decode(), status, os.path.exists(report)

    def test_sigterm_ends_as_system_exit_and_the_report_is_saved(self):
        self.put("x.py", "import atexit, signal, sys, time\n"
                         "print(signal.getsignal(signal.SIGTERM) is signal.SIG_DFL)\n"
                         "atexit.register(print, 'atexit')\n"
                         "print('READY', flush=True)\n"
                         "try: time.sleep(60)\n"
                         "except SystemExit as e: print('code', e.code); raise\n")
        for out, err, status, saved in self.each_rung("x.py", signals=[signal.SIGTERM]):
            self.assertEqual(out, "True\nREADY\n code 0\natexit\n")
            self.assertEqual((err, status, saved), ("", 0, True))

    def test_sigterm_reaches_a_busy_loop_and_a_main_thread_that_joins(self):
        self.put("busy.py", "print('READY', flush=True)\nwhile True: pass\n")
        self.put("join.py", "import threading, time\n"
                            "t = threading.Thread(target=time.sleep, args=(60,), daemon=True)\n"
                            "t.start()\nprint('READY', flush=True)\nt.join()\n")
        for script in ("busy.py", "join.py"):
            for out, err, status, saved in self.each_rung(script, signals=[signal.SIGTERM]):
                self.assertEqual((out, err, status, saved), ("READY\n ", "", 0, True))

    def test_a_script_is_looked_for_on_path(self):
        self.put("bin/tool", "#!/usr/bin/env python3\nimport sys\nprint(sys.argv[1:], __name__)\n")
        path = os.path.join(self.folder, "bin") + ":" + os.environ["PATH"]
        for out, err, status, saved in self.each_rung("tool", "a", PATH=path):
            self.assertEqual((out, err, status, saved), ("['a'] __main__\n", "", 0, True))

    def test_a_missing_script_and_a_json_file_are_refused(self):
        self.put("x.json", "{}")
        for words, text in ((["nothing.py"], "No such file as nothing.py\n"),
                            (["x.json"], "viztracer can't run json file, did you mean "
                                         "\"vizviewer x.json\"?\n")):
            for out, err, status, saved in self.each_rung(*words, quiet=False):
                self.assertEqual((out, err, status, saved), (text, "", 1, False))

    def test_the_core_is_built_in(self):
        code = "import sys; print('_viztracer' in sys.builtin_module_names, " \
               "'_viztracer' in sys.modules)"
        for out, err, status, _ in self.each_rung("-c", code):
            self.assertEqual((out, err, status), ("True False\n", "", 0))

    def test_the_package_is_frozen_with_its_place(self):
        code = "import viztracer; print(viztracer.__version__, viztracer.__file__, " \
               "viztracer.__path__, type(viztracer.__spec__.loader).__name__)"
        package = os.path.join(BUILD, "python", "viztracer")
        expected = f"2.0.0 {package}/__init__.py ['{package}'] type\n"
        for options in ([], ["-I"], ["-S", "-E"], ["-X", "frozen_modules=off"]):
            for out, err, status, _ in self.each_rung(*options, "-c", code):
                self.assertEqual((out, err, status), (expected, "", 0))

    def test_the_folder_may_have_any_name(self):
        """The loader splits LD_PRELOAD at blanks and colons, and looks for words behind $."""
        folder = os.path.join(self.folder, os.fsdecode(b"caf\xe9-\xc3\xa9 a:b;$c"))
        for name in ("lib", "python"):
            shutil.copytree(os.path.join(BUILD, name), os.path.join(folder, name))
        shutil.copy(VIZTRACER, folder)
        code = "import viztracer; print(ascii(viztracer.__file__), open(viztracer.__file__).mode)"
        expected = f"'{self.folder}/caf\\udce9-\\xe9 a:b;$c/python/viztracer/__init__.py' r\n"
        for rung in RUNGS:
            out, err, status = talk([os.path.join(folder, "viztracer"), "--quiet", "-c", code],
                                    "", (), cwd=self.folder,
                                    env=dict(os.environ, VIZTRACER_LAUNCH=rung, LC_ALL="C.UTF-8",
                                             TMPDIR=self.folder, XDG_RUNTIME_DIR="",
                                             VIZTRACER_PYTHON=sys.executable))
            with self.subTest(rung):
                self.assertEqual((out.decode(), err.decode(), status), (expected, "", 0))

    def test_our_own_words_come_after_the_programs(self):
        for out, err, status, saved in self.each_rung("-c", "print('hello')", quiet=False):
            self.assertTrue(out.startswith("hello\n"), out)
            self.assertIn("Saving", out)
            self.assertIn("Total Entries:", out)
            self.assertEqual((err, status, saved), ("", 0, True))


def main():
    """77 tells ctest that everything was skipped; the last line says why. Programs get the
    usual SIGINT, also when this runs in the background of a shell."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    result = unittest.main(exit=False).result
    if result.skipped and len(result.skipped) == result.testsRun:
        print("skipped:", "; ".join(reason for _, reason in result.skipped))
        sys.exit(77)
    sys.exit(not result.wasSuccessful())


if __name__ == "__main__":
    main()
