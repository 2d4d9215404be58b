# SPDX-License-Identifier: Apache-2.0
"""Tracers and other processes: forks, signals, children, threads that C code made."""
import ctypes
import multiprocessing
import os
import signal
import sys
import threading
import time
import unittest

import inlinetest
from inlinetest import InlineTest, events, load, names


def leaf():
    return 1


def branch():
    return leaf() + leaf()


def shown(report, *wanted):
    return [n for n in (name.split(".")[-1] for name in names(report)) if n in wanted]


PRELUDE = """
import builtins, multiprocessing, os, sys
from viztracer import VizTracer, get_tracer, log_sparse
builtins.__dict__.pop("__viz_tracer__", None)
def leaf(): pass
"""


class ForkSave(InlineTest):
    def test_a_child_writes_while_this_process_goes_on(self):
        tracer = self.tracer(tracer_entries=1000)
        tracer.start()
        branch()
        first = tracer.fork_save("first.json")
        tracer.start()
        leaf()
        second = tracer.fork_save()
        for process in (first, second):
            process.join()
            self.assertEqual(0, process.exitcode)
        for name, wanted in (("first.json", ["branch", "leaf", "leaf"]),
                             ("result.json", ["leaf"])):
            report = load(name)
            self.assertEqual(wanted, shown(report, "branch", "leaf"))
            self.assertEqual({os.getpid()}, {e["pid"] for e in report["traceEvents"]})

    def test_only_by_fork(self):
        before = multiprocessing.get_start_method()
        self.addCleanup(multiprocessing.set_start_method, before, force=True)
        multiprocessing.set_start_method("spawn", force=True)
        with self.assertRaisesRegex(RuntimeError,
                                    "^fork_save is only supported in fork start method$"):
            self.tracer().fork_save()


class Forks(InlineTest):
    def in_child(self, work):
        """The exit status of a forked child that does `work`; 0: it raised nothing."""
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                work()
                status = 0
            finally:
                os._exit(status)
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) if hasattr(
            os, "waitstatus_to_exitcode") else os.waitpid(pid, 0)[1]

    def test_a_child_is_not_recorded_by_its_parents_tracer(self):
        tracer = self.tracer()
        tracer.start()
        leaf()
        self.assertEqual(0, self.in_child(branch))
        leaf()
        report = self.save(tracer)
        self.assertEqual(["leaf", "leaf"], shown(report, "branch", "leaf"))

    def test_a_child_may_record_itself_with_it(self):
        tracer = self.tracer()
        tracer.start()
        leaf()

        def record():
            tracer.start()
            branch()
            tracer.stop()
            tracer.add_instant("unheard")
            tracer.save("child.json")
        self.assertEqual(0, self.in_child(record))
        tracer.stop()
        self.assertEqual(["leaf"], shown(self.save(tracer), "branch", "leaf"))
        report = load("child.json")
        self.assertEqual(["branch", "leaf", "leaf"], shown(report, "branch", "leaf"))
        self.assertNotIn(os.getpid(), {e["pid"] for e in report["traceEvents"]})

    def test_set_afterfork(self):
        run = self.run_program(PRELUDE + """
def after(tracer, a, b=None):
    print(tracer is get_tracer(), a, b, flush=True)
if __name__ == "__main__":
    tracer = VizTracer(verbose=0)
    tracer.set_afterfork(lambda tracer: None)
    tracer.set_afterfork(after, 1, b=2)
    context = multiprocessing.get_context("fork")
    process = context.Process(target=leaf)
    process.start()
    process.join()
""")
        self.assert_ran(run)
        self.assertEqual("True 1 2\n", run.stdout)


class Endings(InlineTest):
    def test_signals_start_and_save(self):
        for number in (signal.SIGUSR1, signal.SIGUSR2):
            self.addCleanup(signal.signal, number, signal.SIG_DFL)
        tracer = self.tracer()
        tracer.install()
        os.kill(os.getpid(), signal.SIGUSR1)
        self.assertTrue(tracer.enable)
        branch()
        os.kill(os.getpid(), signal.SIGUSR2)
        self.assertFalse(tracer.enable)
        self.assertEqual(["branch", "leaf", "leaf"],
                         shown(load("result.json"), "branch", "leaf"))

    def test_register_exit_saves_at_the_end_and_by_sigterm(self):
        for ending in ("pass", "raise SystemExit(3)", "os.kill(os.getpid(), 15); leaf()"):
            with self.subTest(ending=ending):
                run = self.run_program(PRELUDE + f"""
tracer = VizTracer(verbose=0, output_file="r.json")
tracer.register_exit()
tracer.start()
leaf()
{ending}
""")
                self.assertEqual((3 if "3" in ending else 0, ""), (run.returncode, run.stderr))
                self.assertIn("leaf", shown(load("r.json"), "leaf"))
                os.remove("r.json")

    def test_exit_routine_saves_what_is_not_saved_yet(self):
        tracer = self.tracer()
        tracer.exit_routine()
        self.assertEqual([], os.listdir("."))
        tracer.start()
        leaf()
        tracer.exit_routine()
        self.assertEqual(["leaf"], shown(load("result.json"), "leaf"))

    def test_a_program_that_ends_without_saving_leaves_nothing(self):
        scratch = os.path.join(self.folder, "scratch")
        os.mkdir(scratch)
        run = self.run_program(PRELUDE + "t = VizTracer()\nt.start()\nleaf()\n",
                               TMPDIR=scratch)
        self.assert_ran(run)
        self.assertEqual([], os.listdir(scratch))


@unittest.skipIf(inlinetest.HOME == "stock", "the binary's tracer")
class RunTracer(InlineTest):
    """The tracer of a program that the binary records."""

    def record(self, text, *options):
        path = self.put("prog.py", "import sys, os, multiprocessing\n"
                                   "from viztracer import get_tracer, log_sparse\n"
                                   "def leaf(): pass\n" + text)
        run = self.run_words([inlinetest.VIZTRACER, "-o", "r.json", *options, "--", path])
        self.assertEqual((0, ""), (run.returncode, run.stderr), run.stdout)
        return run, load("r.json")

    def test_get_tracer_gives_it_in_every_file(self):
        self.put("other.py", "from viztracer import get_tracer\nseen = get_tracer()\n")
        run, report = self.record(
            "import other\n"
            "t = get_tracer()\n"
            "print(t is other.seen is __viz_tracer__, type(t).__name__, t.enable, t.verbose,\n"
            "      t.max_stack_depth, t.output_file == os.path.abspath('r.json'))\n"
            "t.log_instant('here')\n", "--max_stack_depth", "50")
        self.assertTrue(run.stdout.startswith("True VizTracer True 1 50 True\n"), run.stdout)
        self.assertIn("here", [e["name"] for e in events(report, "i")])

    def test_it_can_be_stopped_and_started(self):
        _, report = self.record("t = get_tracer()\nleaf()\nt.stop()\nleaf()\nleaf()\n"
                                "t.start()\nleaf()\n")
        self.assertEqual(2, shown(report, "leaf").count("leaf"))

    def test_spawned_and_forked_children_have_one_too(self):
        for way in ("spawn", "fork"):
            with self.subTest(way=way):
                _, report = self.record(
                    "def work():\n"
                    "    get_tracer().log_instant('in child', {'pid': os.getpid()})\n"
                    "    with get_tracer().log_event('piece'): leaf()\n"
                    "if __name__ == '__main__':\n"
                    "    get_tracer().log_instant('in parent')\n"
                    f"    p = multiprocessing.get_context('{way}').Process(target=work)\n"
                    "    p.start(); p.join(); assert p.exitcode == 0\n")
                pids = {e["name"].split(" (")[0]: e["pid"] for e in events(report, "iX")}
                moment, = [e for e in events(report, "i") if e["name"] == "in child"]
                self.assertEqual(moment["args"]["pid"], moment["pid"])
                self.assertEqual(pids["piece"], moment["pid"])
                self.assertNotEqual(pids["in parent"], moment["pid"])

    def test_log_sparse_in_children(self):
        for way in ("spawn", "fork"):
            with self.subTest(way=way):
                _, report = self.record(
                    "@log_sparse(stack_depth=2)\ndef deep(): leaf()\n"
                    "@log_sparse\ndef work(): deep()\n"
                    "if __name__ == '__main__':\n"
                    "    deep()\n"
                    f"    p = multiprocessing.get_context('{way}').Process(target=work)\n"
                    "    p.start(); p.join(); assert p.exitcode == 0\n", "--log_sparse")
                lanes = {}
                for event in events(report, "X"):
                    lanes.setdefault(event["pid"], []).append(event["name"].split(" (")[0])
                self.assertEqual([["deep", "leaf"], ["deep", "leaf", "work"]],
                                 sorted(sorted(lane) for lane in lanes.values()))


class ForeignThreads(InlineTest):
    """Threads that Python did not make and hears of when they call in."""

    def run_in_c_thread(self, work):
        libc = ctypes.CDLL(None)
        entry = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p)(lambda _: work())
        number = ctypes.c_ulong()
        self.assertEqual(0, libc.pthread_create(ctypes.byref(number), None, entry, None))
        libc.pthread_join(number, None)

    def test_enable_thread_tracing(self):
        tracer = self.tracer()

        def work():
            tracer.enable_thread_tracing()
            branch()
        tracer.start()
        self.run_in_c_thread(work)
        report = self.save(tracer)
        self.assertEqual(["branch", "leaf", "leaf"], shown(report, "branch", "leaf"))
        threads = {e["tid"] for e in events(report) if e["name"].startswith("leaf ")}
        self.assertEqual(1, len(threads))
        self.assertNotIn(threading.get_native_id(), threads)

    def test_a_thread_that_ran_already(self):
        tracer = self.tracer()

        def work():
            while not tracer.enable:
                time.sleep(0.001)
            tracer.enable_thread_tracing()
            branch()
        starter = threading.Timer(0.05, tracer.start)
        starter.start()
        self.run_in_c_thread(work)
        starter.join()
        self.assertEqual(["branch", "leaf", "leaf"],
                         shown(self.save(tracer), "branch", "leaf"))

    def test_it_does_nothing_when_nothing_records(self):
        tracer = self.tracer()
        tracer.enable_thread_tracing()
        self.assertIsNone(sys.getprofile())


if __name__ == "__main__":
    unittest.main()
