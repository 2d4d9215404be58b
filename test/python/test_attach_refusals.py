# SPDX-License-Identifier: Apache-2.0
"""What cannot be attached to is refused with its cause, and left as it was."""
import ctypes
import os
import signal
import subprocess
import time
import unittest

from attaching import BUSY, LIMIT_S, NEEDS_PTRACE, Attached

# Holds the interpreter's lock in C for some seconds, from a moment that it is told.
HOLDING = """
import collections, ctypes, itertools, sys, time
def step(): return 1
def compute(seconds):
    times = iter(time.monotonic, None)
    before = (time.monotonic() + seconds).__gt__
    return not collections.deque(itertools.takewhile(before, times), maxlen=0)
print("ready", flush=True)
for word in sys.stdin:
    for _ in range(1000): step()
    if word == "hold\\n":
        print(ctypes.PyDLL(None).usleep(13_000_000), flush=True)
    elif word == "compute\\n":
        print(compute(13), flush=True)
    print("went on", flush=True)
"""


@NEEDS_PTRACE
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


if __name__ == "__main__":
    unittest.main()
