# SPDX-License-Identifier: Apache-2.0
"""Saves that are killed, refused or made twice, and recovery by hand: whatever happens, there is a
whole report or the earlier file, and the log. The rows are those of reliability.md.

VIZTRACER names the command under test (default: build/viztracer of this tree), CRASH_ROUNDS how
often what depends on the moment is tried.
"""
import contextlib
import json
import os
import pty
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
VIZTRACER = os.environ.get("VIZTRACER", os.path.join(ROOT, "build", "viztracer"))
ROUNDS = int(os.environ.get("CRASH_ROUNDS", "2"))
TIMEOUT_S = 120

BUSY = """
import threading
def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)
def forever():
    while True:
        fib(8)
for _ in range(2):
    threading.Thread(target=forever, daemon=True).start()
print("on", flush=True)
forever()
"""

MANY = """
def leaf():
    pass
for _ in range(%d):
    leaf()
print("done", flush=True)
"""

STRANGE = r"""
import sys
def call(name):
    namespace = {}
    code = compile("def f():\n    pass\n", name, "exec")
    exec(code, namespace)
    namespace["f"]()
call('quote " and \\ backslash')
call("control \x01\x1f\x7f\n\t\x00 end" if sys.version_info >= (3, 12) else "control \x01\x1f\x7f\n\t end")
call("lone \ud800 surrogate \udfff")
call("caf\u00e9 \u4e2d \U0001f600")
call("x" * (1 << 20))
call("</script>")
"""


def nesting_errors(events):
    """How often two events of one thread overlap without one holding the other."""
    errors, stacks = 0, {}
    ordered = sorted((e for e in events if e["ph"] == "X"),
                     key=lambda e: (e["tid"], e["ts"], -e["dur"]))
    for event in ordered:
        begin, end = round(event["ts"] * 1000), round((event["ts"] + event["dur"]) * 1000)
        stack = stacks.setdefault(event["tid"], [])
        while stack and stack[-1] <= begin:
            stack.pop()
        errors += bool(stack and end > stack[-1])
        stack.append(end)
    return errors


class SavesTest(unittest.TestCase):
    maxDiff = 2000

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="saves-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.runs = os.path.join(self.folder, "runs")
        self.out = os.path.join(self.folder, "out")
        os.mkdir(self.runs)
        os.mkdir(self.out)

    def environment(self):
        return dict(os.environ, VIZTRACER_RUNDIR=self.runs, VIZTRACER_PYTHON=sys.executable,
                    PYTHONDONTWRITEBYTECODE="1")

    def put(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        return path

    def start(self, *words, before=()):
        return subprocess.Popen([*before, VIZTRACER, *words], cwd=self.folder,
                                env=self.environment(), stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def run_words(self, *words, before=()):
        process = self.start(*words, before=before)
        try:
            out, err = process.communicate(timeout=TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise
        return process.returncode, out.decode(errors="replace"), err.decode(errors="replace")

    def load(self, path):
        with open(path, encoding="ascii") as f:
            return json.load(f)

    def recover(self, path):
        """Recovers the only run that there is; returns the report and what was said."""
        (run,) = os.listdir(self.runs)
        code, out, err = self.run_words("--recover", os.path.join(self.runs, run), "-o", path)
        self.assertEqual(code, 0, out + err)
        self.assertEqual(os.listdir(self.runs), [], "the run stays behind")
        return self.load(path), out + err

    def has_log(self):
        return any(name.endswith(".log") for _, _, names in os.walk(self.runs) for name in names)

    def settle(self, path):
        """The report after a death, recovered by hand if nobody has done it. Who dies behind the
        save, while the run is removed, may leave its directory without the log."""
        if self.has_log():
            return self.recover(path)[0]
        for run in os.listdir(self.runs):
            os.rmdir(os.path.join(self.runs, run))
        return self.load(path)

    # ---- R1, through --recover

    def kill_with_helpers(self, process):
        """Kills a program and first what would recover it."""
        for task in os.listdir(f"/proc/{process.pid}/task"):
            with open(f"/proc/{process.pid}/task/{task}/children", encoding="ascii") as f:
                for child in f.read().split():
                    os.kill(int(child), signal.SIGKILL)
        process.kill()
        process.communicate(timeout=TIMEOUT_S)

    def test_a_killed_program_is_recovered_by_hand(self):
        program = self.put("busy.py", BUSY)
        report = os.path.join(self.out, "r.json")
        for _ in range(2 * ROUNDS):
            process = self.start("--tracer_entries", "20000", "-o", report, "--", program)
            self.assertEqual(process.stdout.readline(), b"on\n")
            time.sleep(random.uniform(0, 0.2))
            self.kill_with_helpers(process)
            self.assertFalse(os.path.exists(report))
            data, said = self.recover(report)
            events = [e for e in data["traceEvents"] if e["ph"] == "X"]
            unfinished = [e for e in events if e.get("args") == {"unfinished": True}]
            self.assertIn("<module>", {e["name"].split(" ")[0] for e in unfinished})
            self.assertEqual(nesting_errors(events), 0)
            # Every thread has calls that were open; they last up to the same moment.
            ends = {round((e["ts"] + e["dur"]) * 1000) for e in unfinished}
            self.assertEqual(len(ends), 1)
            self.assertEqual(max(round((e["ts"] + e["dur"]) * 1000) for e in events),
                             ends.pop())
            self.assertIn(f"{len(unfinished)} of them calls that were still open", said)
            os.remove(report)

    def at_a_terminal(self, *words):
        """All that a command and what it leaves running write to a terminal."""
        pid, terminal = pty.fork()
        if pid == 0:
            os.chdir(self.folder)
            os.execve(VIZTRACER, [VIZTRACER, *words], self.environment())
        said = b""
        with contextlib.suppress(OSError):  # EIO: nobody holds the other side
            while True:
                said += os.read(terminal, 4096)
        os.close(terminal)
        self.assertEqual(0, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), said)
        return said.decode()

    def test_a_dead_run_is_told_once_and_at_a_terminal_only(self):
        process = self.start("-o", "dead.json", self.put("busy.py", BUSY))
        process.stdout.readline()
        self.kill_with_helpers(process)
        (run,) = os.listdir(self.runs)
        short = self.put("short.py", "")
        self.assertEqual((0, ""), self.run_words("-o", "a.json", short)[::2])
        words = f"an earlier run died without saving; get it with: viztracer --recover {self.runs}/{run}"
        self.assertIn(words, self.at_a_terminal("-o", "b.json", short))
        self.assertNotIn("an earlier run", self.at_a_terminal("-o", "c.json", short))
        self.assertEqual(0, self.run_words("--recover", os.path.join(self.runs, run), "-o", "r.json")[0])

    def test_old_runs_are_swept_beside_a_short_program_and_a_long_one(self):
        for text in ("", "import time\ntime.sleep(0.6)\n"):
            gone = subprocess.Popen(["true"])
            gone.wait()
            old = os.path.join(self.runs, f"viztracer-{os.getuid()}-{gone.pid}-2")
            os.mkdir(old, 0o700)
            os.utime(old, (1, 1))
            self.assertEqual(0, self.run_words("-o", "a.json", self.put("x.py", text))[0])
            limit = time.monotonic() + 30
            while os.path.exists(old) and time.monotonic() < limit:
                time.sleep(0.02)
            self.assertFalse(os.path.exists(old), text)

    def test_a_live_program_gives_a_snapshot_and_goes_on(self):
        program = self.put("busy.py", BUSY)
        report = os.path.join(self.out, "r.json")
        # A ring so small that blocks are used again while they are read.
        process = self.start("--tracer_entries", "100000", "--", program)
        self.assertEqual(process.stdout.readline(), b"on\n")
        time.sleep(1)
        try:
            (run,) = os.listdir(self.runs)
            for _ in range(ROUNDS):
                code, out, err = self.run_words("--recover", os.path.join(self.runs, run), "-o",
                                                report)
                self.assertEqual(code, 0, out + err)
                self.assertIn("still runs: a snapshot", out + err)
                data = self.load(report)
                events = [e for e in data["traceEvents"] if e["ph"] == "X"]
                done = [e for e in events if "args" not in e]
                self.assertIn(len(done), range(1000, 100001))
                self.assertEqual(nesting_errors(done), 0)
                self.assertNotIn("<unknown>", {e["name"] for e in events})
                self.assertIsNone(process.poll())
                self.assertEqual(os.listdir(self.runs), [run])
            # Without a name it is not touched.
            code, out, err = self.run_words("--recover", "-o", report)
            self.assertNotIn(f"pid {process.pid}", out + err)
        finally:
            self.kill_with_helpers(process)

    # ---- R4

    def test_a_save_that_is_killed_leaves_the_earlier_file_and_the_log(self):
        program = self.put("many.py", MANY % 100000)
        report = os.path.join(self.out, "r.json")
        for i in range(4 * ROUNDS):
            with open(report, "w", encoding="ascii") as f:
                f.write("earlier")
            process = self.start("-o", report, "--", program)
            self.assertEqual(process.stdout.readline(), b"done\n")
            if i:  # the first is killed long before the file is whole
                time.sleep(random.uniform(0, 0.06))
            process.kill()
            process.communicate(timeout=TIMEOUT_S)
            self.assertEqual(os.listdir(self.out), ["r.json"], "something is left beside it")
            data = self.settle(report)
            calls = [e for e in data["traceEvents"] if e["name"].startswith("leaf ")]
            self.assertEqual(len(calls), 100000)

    # ---- R6

    def inject(self, call, error, when):
        program = self.put("many.py", MANY % 20000)
        report = os.path.join(self.out, "r.json")
        with open(report, "w", encoding="ascii") as f:
            f.write("earlier")
        return report, self.run_words(
            "--quiet", "-o", report, "--", program,
            before=("strace", "-f", "-o", os.devnull, "-e", f"trace={call}", "-e",
                    f"inject={call}:error={error}:when={when}"))

    @unittest.skipUnless(shutil.which("strace"), "needs strace")
    def test_what_the_kernel_refuses_is_said_and_the_log_stays(self):
        if subprocess.run(["strace", "-o", os.devnull, "true"], check=False,
                          stderr=subprocess.DEVNULL).returncode:
            self.skipTest("strace may not trace here")
        for call, error in (("fsync", "EIO"), ("fsync", "ENOSPC"), ("linkat", "EDQUOT"),
                            ("renameat", "EROFS"), ("renameat", "EACCES")):
            with self.subTest(call=call, error=error):
                report, (code, out, err) = self.inject(call, error, 1)
                self.assertEqual(code, 74, out + err)
                self.assertEqual(os.listdir(self.out), ["r.json"])
                self.assertEqual(out, "done\n")
                lines = [line for line in err.splitlines() if "r.json" in line]
                self.assertTrue(lines, err)
                if self.has_log():
                    with open(report, encoding="ascii") as f:
                        self.assertEqual(f.read(), "earlier")
                data = self.settle(report)
                self.assertGreater(len(data["traceEvents"]), 20000)

    # ---- R11

    def check_strictly(self, path):
        with open(path, encoding="ascii") as f:
            json.load(f, parse_constant=lambda word: self.fail(word))
        for words in (["node", "-e", "JSON.parse(require('fs').readFileSync(process.argv[1]))"],
                      ["jq", "-e", ".traceEvents | length"]):
            if shutil.which(words[0]):
                done = subprocess.run([*words, path], check=False, stdout=subprocess.DEVNULL,
                                      stderr=subprocess.PIPE)
                self.assertEqual(done.returncode, 0, done.stderr)

    def test_strange_names_are_strict_json(self):
        program = self.put("strange.py", STRANGE)
        for form in ([], ["--dump_raw"]):
            with self.subTest(form=form):
                report = os.path.join(self.out, "r.json")
                code, out, err = self.run_words(*form, "-o", report, "--", program)
                self.assertEqual(code, 0, out + err)
                self.check_strictly(report)
                files = {e["name"] for e in self.load(report)["traceEvents"]}
                for name in ('f (quote " and \\ backslash:1)', "f (lone \ufffd surrogate \udfff:1)",
                             "f (caf\u00e9 \u4e2d \U0001f600:1)", "f (" + "x" * (1 << 20) + ":1)"):
                    self.assertIn(name, files)

    def test_a_script_whose_name_is_not_utf8_is_traced(self):
        name = os.path.join(os.fsencode(self.folder), b"caf\xe9 \x01.py")
        with open(name, "wb") as f:
            f.write(b"def f():\n    pass\nf()\n")
        report = os.path.join(self.out, "r.json")
        code, out, err = self.run_words("-o", report, "--", name)
        self.assertEqual(code, 0, out + err)
        self.check_strictly(report)
        data = self.load(report)
        place = os.fsdecode(name)
        self.assertIn(f"f ({place}:1)", {e["name"] for e in data["traceEvents"]})
        self.assertIn(place, data["file_info"]["files"])

    # ---- R12

    def test_a_full_ring_keeps_the_newest_and_counts_the_rest(self):
        program = self.put("many.py", MANY % 3000)
        report = os.path.join(self.out, "r.json")
        self.assertEqual(self.run_words("--quiet", "-o", report, "--", program)[0], 0)
        whole = [e["name"] for e in self.load(report)["traceEvents"] if e["ph"] == "X"]
        total = len(whole)
        for entries in (1, 2, 10, 1000, total - 1, total, total + 1):
            with self.subTest(entries=entries):
                code, out, err = self.run_words("--tracer_entries", str(entries), "-o", report,
                                                "--", program)
                self.assertEqual(code, 0, err)
                data = self.load(report)
                events = [e for e in data["traceEvents"] if e["ph"] == "X"]
                self.assertEqual([e["name"] for e in events], whole[-entries:])
                lost = max(total - entries, 0)
                self.assertEqual(data["viztracer_metadata"].get("lostEvents", 0), lost)
                self.assertEqual(data["viztracer_metadata"]["overflow"], total >= entries)
                self.assertEqual("buffer is full" in out, lost > 0)
                self.assertEqual(nesting_errors(events), 0)

    # ---- R14

    def test_of_two_traces_to_one_output_each_is_whole(self):
        programs = [self.put(f"many{i}.py", MANY % (40000 + i)) for i in range(2)]
        report = os.path.join(self.out, "r.json")
        for _ in range(2 * ROUNDS):
            processes = [self.start("--quiet", "-o", report, "--", p) for p in programs]
            for process in processes:
                out, err = process.communicate(timeout=TIMEOUT_S)
                self.assertEqual(process.returncode, 0, out + err)
            calls = [e for e in self.load(report)["traceEvents"] if e["name"].startswith("leaf ")]
            self.assertIn(len(calls), (40000, 40001))
            self.assertEqual(os.listdir(self.out), ["r.json"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
