# SPDX-License-Identifier: Apache-2.0
"""Attaching to a program that runs: what is recorded, and every way to end."""
import os
import random
import signal
import subprocess
import sys
import time
import unittest

from attaching import BUSY, LIMIT_S, NEEDS_PTRACE, ROUNDS, VIZTRACER, Attached


@NEEDS_PTRACE
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


@NEEDS_PTRACE
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
