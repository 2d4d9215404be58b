# SPDX-License-Identifier: Apache-2.0
"""Attaching to programs that run: every kind of program, every way to end, every refusal.

ATTACH_ROUNDS (default 5; the full count is 50) says how often each kind is attached to,
ATTACH_PYTHONS (paths, by ":") which other Pythons' programs are attached to as well.
"""
import ctypes
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
VIZTRACER = os.environ.get("VIZTRACER", os.path.join(ROOT, "build", "viztracer"))
TARGETS = os.path.join(HERE, "attach_targets.py")
ROUNDS = int(os.environ.get("ATTACH_ROUNDS", "5"))
OTHERS = [path for path in os.environ.get("ATTACH_PYTHONS", "").split(":") if path]
KINDS = ("busy sleep select read malloc join threads asyncio queue subprocess c files "
         "naps").split()
FEW_KINDS = "busy sleep malloc join threads".split()
SPEED = 1.02 if ROUNDS >= 50 else 1.10  # after/before; the full count is for quiet machines
LIMIT_S = 60

BUSY = """
import sys, time
def inner(): return time.time()
def outer(): return inner()
print("ready", flush=True)
end = time.time() + 600
while time.time() < end: outer()
"""

# Holds the interpreter's lock in C for some seconds, from a moment that it is told.
HOLDING = """
import ctypes, sys, time
def step(): return 1
def summing(seconds):
    began = time.monotonic()
    sum(range(10**6))
    count = int(seconds / (time.monotonic() - began) * 10**6)
    return sum(range(count)) == count * (count - 1) // 2
print("ready", flush=True)
for word in sys.stdin:
    for _ in range(1000): step()
    if word == "hold\\n":
        print(ctypes.PyDLL(None).usleep(13_000_000), flush=True)
    elif word == "compute\\n":
        print(summing(15), flush=True)
    print("went on", flush=True)
"""

# Says on request how much CPU time a fixed piece of work takes at best, in nanoseconds.
# It makes no objects: where those lie differs after any import, by some percent of time.
TIMED = """
import sys, time
ITEMS = [1, 2, 3] * 20000
def add(a, b): return a + b
def work():
    for i in ITEMS: add(i, 1)
def timed():
    began = time.process_time_ns()
    work()
    return time.process_time_ns() - began
print("ready", flush=True)
for line in sys.stdin:
    print(min(timed() for _ in range(int(line))), flush=True)
"""


def may_ptrace():
    """Whether this place lets a process be traced that is no child of the tracer."""
    try:
        with open("/proc/sys/kernel/yama/ptrace_scope", encoding="ascii") as f:
            scope = int(f.read())
    except OSError:
        scope = 0
    return scope == 0 or (scope < 3 and os.geteuid() == 0)


class Attached(unittest.TestCase):
    """A temporary folder, programs in it, and the command."""

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="attach-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.report = os.path.join(self.folder, "report.json")

    def start(self, *words, **options):
        """A program that said it is ready; killed at the end of the test."""
        program = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, cwd=self.folder, text=True,
                                   **options)
        self.addCleanup(self.finish, program)
        self.assertEqual(program.stdout.readline(), "ready\n", program.poll())
        return program

    def finish(self, program):
        if program.poll() is None:
            program.kill()
        program.communicate()

    def start_text(self, text, **options):
        package = os.path.join(os.path.dirname(VIZTRACER), "python")
        return self.start(sys.executable, "-c", text,
                          env=dict(os.environ, PYTHONPATH=package), **options)

    def command(self, *words, **options):
        return subprocess.Popen([VIZTRACER, *words], cwd=self.folder,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True, **options)

    def run_command(self, *words, **options):
        command = self.command(*words, **options)
        out, err = command.communicate(timeout=LIMIT_S)
        return command.returncode, out, err

    def attach(self, program, *words):
        status, out, err = self.run_command("--attach", str(program.pid), "-o", self.report,
                                            *words)
        self.assertEqual((status, err), (0, ""), out)
        return out

    def load(self):
        with open(self.report, encoding="utf-8") as f:
            return json.load(f)

    def calls(self):
        return [event for event in self.load()["traceEvents"] if event["ph"] == "X"]

    def wait_report(self, limit_s):
        end = time.monotonic() + limit_s
        while not os.path.exists(self.report):
            self.assertLess(time.monotonic(), end, "no report")
            time.sleep(0.02)

    def assert_not_recorded(self, program):
        """Nothing of ours is in the way: it can be attached to again."""
        again = os.path.join(self.folder, "again.json")
        status, out, err = self.run_command("--attach", str(program.pid), "-t", "0.05",
                                            "-o", again)
        self.assertEqual((status, err), (0, ""), out)


@unittest.skipUnless(may_ptrace(), "ptrace is not permitted here")
class EveryKind(Attached):
    def check_kind(self, python, kind):
        program = self.start(python, TARGETS, kind, "600")
        times = []
        for _ in range(ROUNDS):
            began = time.monotonic()
            command = self.command("--attach", str(program.pid), "-t", "0.05", "-o",
                                   self.report, "--tracer_entries", "20000")
            line = command.stdout.readline()
            times.append(time.monotonic() - began)
            _, err = command.communicate(timeout=LIMIT_S)
            self.assertEqual((command.returncode, err), (0, ""), kind)
            self.assertTrue(line.startswith("Attach success"), line)
            self.assertEqual(len({event["pid"] for event in self.load()["traceEvents"]}), 1)
            self.assertIsNone(program.poll(), kind)
        program.stdin.close()
        program.stdin = None
        out, err = program.communicate(timeout=LIMIT_S)
        end = json.loads(out.splitlines()[-1])
        self.assertEqual((program.returncode, err, end["right"]), (0, "", True), kind)
        self.assertEqual((end["new_fds"], end["threads"]), ([], 0), kind)
        return sorted(times)[len(times) // 2]

    def test_every_kind_of_program_survives_and_computes_on(self):
        for kind in KINDS:
            with self.subTest(kind=kind):
                median = self.check_kind(sys.executable, kind)
                if os.environ.get("ATTACH_TIMES"):
                    print(f"{kind}: median {median * 1000:.0f} ms", file=sys.stderr)

    def test_the_kinds_on_other_pythons(self):
        for python in OTHERS:
            for kind in FEW_KINDS:
                with self.subTest(python=python, kind=kind):
                    self.check_kind(python, kind)

    def test_all_threads_are_in_the_report(self):
        program = self.start(sys.executable, TARGETS, "threads", "600")
        self.attach(program, "-t", "0.3")
        names = {event["args"]["name"] for event in self.load()["traceEvents"]
                 if event["name"] == "thread_name"}
        self.assertLessEqual({"MainThread", "Worker0", "Worker1", "Worker2"}, names)
        lanes = {event["tid"] for event in self.calls() if "step" in event["name"]}
        self.assertEqual(len(lanes), 4)


@unittest.skipUnless(may_ptrace(), "ptrace is not permitted here")
class OneAttach(Attached):
    def test_the_program_and_the_command_say_what_the_manual_says(self):
        program = self.start_text(BUSY)
        out = self.attach(program, "-t", "0.2")
        self.assertIn("Attach success, collect trace after 0.2s\n", out)
        self.assertIn(self.report, out)
        program.kill()
        said, _ = program.communicate()
        self.assertEqual(said, "Detected attaching viztracer, start tracing.\n"
                               f"Saved report to {self.report}\n")
        names = {event["name"].split(" ")[0] for event in self.calls()}
        self.assertEqual(names, {"outer", "inner", "time.time"})

    def test_quiet_says_nothing_on_either_side(self):
        program = self.start_text(BUSY)
        self.assertEqual(self.attach(program, "-t", "0.1", "--quiet"), "")
        program.kill()
        self.assertEqual(program.communicate(), ("", ""))
        self.assertTrue(self.calls())

    def test_the_options_of_recording_hold(self):
        program = self.start_text(BUSY)
        self.attach(program, "-t", "0.2", "--max_stack_depth", "1", "--ignore_c_function",
                    "--tracer_entries", "50")
        calls = self.calls()
        self.assert_only_outer(calls)
        self.assertLessEqual(len(calls), 51)

    def assert_only_outer(self, calls):
        """With a stack of one level. The outer call that was running already is not known: what
        it calls is an outermost call."""
        names = [event["name"].split(" ")[0] for event in calls]
        self.assertGreater(names.count("outer"), 10)
        self.assertLessEqual(len(names) - names.count("outer"), 1, set(names))

    def test_a_relative_name_is_the_commands_not_the_programs(self):
        program = self.start_text(BUSY)
        elsewhere = os.path.join(self.folder, "elsewhere")
        os.mkdir(elsewhere)
        command = subprocess.run(
            [VIZTRACER, "--attach", str(program.pid), "-t", "0.1", "-o", "x.json.gz"],
            cwd=elsewhere, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, check=True, timeout=LIMIT_S)
        self.assertEqual(command.stderr, b"")
        self.assertEqual(os.listdir(elsewhere), ["x.json.gz"])

    def test_ctrl_c_ends_it(self):
        program = self.start_text(BUSY)
        command = self.command("--attach", str(program.pid), "-o", self.report)
        self.assertEqual(command.stdout.readline(),
                         "Attach success, press CTRL+C to stop and save report\n")
        command.send_signal(signal.SIGINT)
        _, err = command.communicate(timeout=LIMIT_S)
        self.assertEqual((command.returncode, err), (0, ""))
        self.assertTrue(os.path.exists(self.report))
        self.assert_not_recorded(program)

    def test_a_killed_attacher_leaves_a_report_and_no_hook(self):
        program = self.start_text(BUSY)
        for round_ in range(max(1, ROUNDS)):
            moment = random.uniform(0, 0.3)
            with self.subTest(round=round_, moment=moment):
                command = self.command("--attach", str(program.pid), "-o", self.report,
                                       "--tracer_entries", "100000")
                time.sleep(moment)
                command.kill()
                killed = time.monotonic()
                command.wait()
                out = command.stdout.read()  # ends when the other half has ended
                self.assertLess(time.monotonic() - killed, 2)
                command.stdout.close()
                command.stderr.close()
                if "Attach success" in out:
                    self.assertTrue(self.calls())
                    os.remove(self.report)
                self.assert_not_recorded(program)

    def test_a_killed_worker_leaves_a_report_and_no_hook(self):
        program = self.start_text(BUSY)
        command = self.command("--attach", str(program.pid), "-o", self.report)
        command.stdout.readline()
        children = f"/proc/{command.pid}/task/{command.pid}/children"
        with open(children, encoding="ascii") as f:
            os.kill(int(f.read()), signal.SIGKILL)
        _, err = command.communicate(timeout=LIMIT_S)
        self.assertEqual(command.returncode, 0)
        self.assertIn("is gone", err)
        self.assertTrue(self.calls())
        self.assert_not_recorded(program)

    def ask_time(self, program, rounds):
        program.stdin.write(f"{rounds}\n")
        program.stdin.flush()
        return int(program.stdout.readline())

    def check_speed(self, python):
        """The best of many: one that stays slower is slower. A busy machine gets more time."""
        program = self.start(python, "-c", TIMED)
        before = self.ask_time(program, 60)
        for _ in range(3):
            program.stdin.write("30\n")
            program.stdin.flush()
            self.attach(program, "-t", "0.1", "--quiet")
            self.assertGreater(int(program.stdout.readline()), 0)
        after = self.ask_time(program, 60)
        for _ in range(20):
            if after <= before * SPEED:
                break
            after = min(after, self.ask_time(program, 60))
        if os.environ.get("ATTACH_TIMES"):
            print(f"{python}: after/before {after / before:.3f}", file=sys.stderr)
        self.assertLessEqual(after, before * SPEED)

    def test_a_program_is_as_fast_after_as_before(self):
        for python in (sys.executable, *OTHERS):
            with self.subTest(python=python):
                self.check_speed(python)

    def test_a_program_that_ends_or_is_killed_leaves_its_report(self):
        for end in (signal.SIGKILL, signal.SIGTERM, signal.SIGINT):
            with self.subTest(end=end):
                program = self.start_text(BUSY)
                command = self.command("--attach", str(program.pid), "-o", self.report)
                command.stdout.readline()
                time.sleep(0.1)
                program.send_signal(end)
                program.wait(timeout=LIMIT_S)
                _, err = command.communicate(timeout=LIMIT_S)
                self.assertEqual((command.returncode, err), (0, ""))
                self.assertTrue(self.calls())
                os.remove(self.report)

    def test_an_idle_tracer_of_the_program_lends_its_settings(self):
        program = self.start_text(
            "from viztracer import VizTracer\n"
            "tracer = VizTracer(max_stack_depth=1, ignore_c_function=True)\n" + BUSY)
        self.attach(program, "-t", "0.2")
        self.assert_only_outer(self.calls())

    def test_a_program_in_other_mount_and_pid_namespaces(self):
        words = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c",
                 "mount -t tmpfs none /tmp && mount -t proc none /proc && "
                 "exec \"$0\" -c \"$1\"", sys.executable, BUSY]
        try:
            subprocess.run(words[:5] + ["mount", "-t", "tmpfs", "none", "/tmp"], check=True,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        except (OSError, subprocess.CalledProcessError):
            self.skipTest("unshare is not permitted here")
        outer = self.start(*words)
        with open(f"/proc/{outer.pid}/task/{outer.pid}/children", encoding="ascii") as f:
            inner = int(f.read())
        status, out, err = self.run_command("--attach", str(inner), "-t", "0.2", "-o",
                                            self.report)
        self.assertEqual((status, err), (0, ""), out)
        self.assertIn("outer", {event["name"].split(" ")[0] for event in self.calls()})
        left = [name for name in os.listdir(f"/proc/{inner}/root/tmp")
                if name.startswith("viztracer")]
        self.assertEqual(left, [])

    def test_without_a_pid_the_programs_are_listed(self):
        program = self.start_text(BUSY)
        status, out, err = self.run_command("--attach")
        self.assertEqual((status, err), (0, ""))
        line = [line for line in out.splitlines() if line.split()[0] == str(program.pid)]
        self.assertEqual(len(line), 1, out)
        self.assertIn("%d.%d" % sys.version_info[:2], line[0])
        self.assertIn("def outer", line[0])


@unittest.skipUnless(may_ptrace(), "ptrace is not permitted here")
class Refusals(Attached):
    def refuse(self, *words, **options):
        status, out, err = self.run_command(*words, **options)
        self.assertEqual(status, 1, out + err)
        return out, err

    def test_no_such_process(self):
        for option in ("--attach", "--uninstall"):
            self.assertEqual(self.refuse(option, "99999999"),
                             ("pid 99999999 does not exist!\n", ""))
        self.assertEqual(self.refuse("--attach_installed", "99999999"),
                         ("pid 99999999 does not exist\n", ""))

    def test_a_program_that_is_no_python(self):
        program = subprocess.Popen(["sleep", "60"])
        self.addCleanup(program.wait)
        self.addCleanup(program.kill)
        time.sleep(0.1)
        self.assertIn("is not a Python", self.refuse("--attach", str(program.pid))[1])
        self.assertIsNone(program.poll())

    def test_a_stopped_program(self):
        program = self.start_text(BUSY)
        program.send_signal(signal.SIGSTOP)
        time.sleep(0.1)
        self.assertIn("is stopped", self.refuse("--attach", str(program.pid))[1])

    def test_a_program_that_another_traces(self):
        program = self.start_text(BUSY)
        libc = ctypes.CDLL(None, use_errno=True)
        seize, interrupt, detach = 0x4206, 0x4207, 17
        self.assertEqual(libc.ptrace(seize, program.pid, None, None), 0)
        try:
            out = self.refuse("--attach", str(program.pid))[1]
            self.assertIn(f"already traced by process {os.getpid()}", out)
        finally:
            libc.ptrace(interrupt, program.pid, None, None)
            os.waitpid(program.pid, 0)
            libc.ptrace(detach, program.pid, None, None)

    @unittest.skipUnless(os.geteuid() == 0, "only root can become another user")
    def test_another_users_program(self):
        program = self.start_text(BUSY)
        os.chmod(self.folder, 0o777)
        _, err = self.refuse("--attach", str(program.pid),
                             preexec_fn=lambda: os.setresuid(65534, 65534, 65534))
        self.assertIn("another user", err)

    @unittest.skipUnless(os.geteuid() == 0, "only root may")
    def test_root_may_attach_to_another_users_program(self):
        program = self.start_text(BUSY, preexec_fn=lambda: os.setresuid(65534, 65534, 65534))
        self.attach(program, "-t", "0.1")
        self.assertTrue(self.calls())
        self.assertEqual(os.stat(self.report).st_uid, 0)

    def test_a_program_that_records_itself(self):
        program = self.start_text("from viztracer import VizTracer\n"
                                  "tracer = VizTracer()\ntracer.start()\n" + BUSY)
        _, err = self.refuse("--attach", str(program.pid), "-o", self.report)
        self.assertIn("recorded already", err)
        self.assertFalse(os.path.exists(self.report))
        program.kill()
        self.assertEqual(program.communicate()[1],
                         "Can't attach when VizTracer is already running.\n")

    def test_a_program_that_is_being_attached_to(self):
        program = self.start_text(BUSY)
        first = self.command("--attach", str(program.pid), "-o", self.report)
        first.stdout.readline()
        _, err = self.refuse("--attach", str(program.pid), "-o", "other.json")
        self.assertIn("recorded already", err)
        first.send_signal(signal.SIGINT)
        first.communicate(timeout=LIMIT_S)
        self.assertEqual(first.returncode, 0)

    def tell(self, program, word):
        program.stdin.write(word + "\n")
        program.stdin.flush()

    def test_a_program_that_is_busy_in_c_for_longer_than_the_limit(self):
        """Its lock is held: while it waits in the kernel, and while it computes."""
        programs = [self.start_text(HOLDING) for _ in range(2)]
        for program, word in zip(programs, ("hold", "compute")):
            self.tell(program, word)
        time.sleep(0.3)
        commands = [self.command("--attach", str(program.pid), "-t", "1", "-o",
                                 f"{program.pid}.json") for program in programs]
        for program, command in zip(programs, commands):
            out, err = command.communicate(timeout=LIMIT_S)
            self.assertEqual((command.returncode, out), (1, ""), err)
            self.assertEqual(err, f"viztracer: process {program.pid} is busy in C code and "
                             "did not come to a place where Python could run within the "
                             "time limit\n")
        self.assertEqual(os.listdir(self.folder), [])
        for program, right in zip(programs, ("0\n", "True\n")):
            self.assertEqual(program.stdout.readline(), right)
            self.assertEqual(program.stdout.readline(), "went on\n")
            self.assert_not_recorded(program)

    def test_a_program_that_is_busy_when_its_recording_ends(self):
        """The report is made of what there is; the hook goes as soon as it can."""
        program = self.start_text(HOLDING)
        command = self.command("--attach", str(program.pid), "-o", self.report)
        command.stdout.readline()
        self.tell(program, "hold")
        time.sleep(0.3)
        command.send_signal(signal.SIGINT)
        _, err = command.communicate(timeout=LIMIT_S)
        self.assertEqual(command.returncode, 0)
        self.assertIn("is busy in C code", err)
        steps = [event for event in self.calls() if event["name"].startswith("step")]
        self.assertEqual(len(steps), 1000)
        self.assert_not_recorded(program)
        self.tell(program, "more")
        program.stdin.close()
        program.stdin = None
        said, _ = program.communicate(timeout=LIMIT_S)
        self.assertEqual([line for line in said.splitlines() if line[0] not in "DS"],
                         ["0", "went on", "went on"])

    def test_a_program_with_another_viztracer(self):
        program = self.start_text(
            "import sys, types\nsys.modules['viztracer'] = types.ModuleType('viztracer')\n"
            + BUSY)
        _, err = self.refuse("--attach", str(program.pid))
        self.assertIn("another viztracer", err)
        self.assertIsNone(program.poll())


@unittest.skipUnless(may_ptrace(), "ptrace is not permitted here")
class Uninstall(Attached):
    def test_the_tracer_is_forgotten_and_the_program_can_be_attached_to(self):
        program = self.start_text("from viztracer import VizTracer\n"
                                  "tracer = VizTracer()\ntracer.start()\n" + BUSY)
        status, out, err = self.run_command("--uninstall", str(program.pid))
        self.assertEqual((status, out, err), (0, "", ""))
        self.assert_not_recorded(program)
        self.assertFalse(os.path.exists(os.path.join(self.folder, "result.json")))

    def test_a_program_without_a_tracer_is_an_error(self):
        program = self.start_text(BUSY)
        status, _, err = self.run_command("--uninstall", str(program.pid))
        self.assertEqual(status, 1)
        self.assertIn("has no tracer", err)


class Installed(Attached):
    TEXT = ("from viztracer import VizTracer\n"
            "tracer = VizTracer(output_file='own.json', verbose=0)\ntracer.install()\n" + BUSY)

    def test_its_own_tracer_writes_its_own_file(self):
        program = self.start_text(self.TEXT)
        status, out, err = self.run_command("--attach_installed", str(program.pid), "-t",
                                            "0.5")
        self.assertEqual((status, err), (0, ""))
        self.assertEqual(out, "Attach success, collect trace after 0.5s\n")
        self.report = os.path.join(self.folder, "own.json")
        self.wait_report(20)
        self.assertTrue(self.calls())

    def test_a_program_that_has_not_called_install_is_left_alone(self):
        program = self.start_text(BUSY)
        status, _, err = self.run_command("--attach_installed", str(program.pid), "-t", "0.1")
        self.assertEqual(status, 1)
        self.assertIn("tracer.install()", err)
        self.assertIsNone(program.poll())


if __name__ == "__main__":
    unittest.main()
