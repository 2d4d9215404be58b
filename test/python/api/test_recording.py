# SPDX-License-Identifier: Apache-2.0
"""Start, stop, save and the rest of a tracer's life."""
import builtins
import gzip
import io
import json
import os
import threading
import time
import unittest
import warnings

from inlinetest import InlineTest, events, load, names, wait_until
from viztracer import VizTracer, get_tracer


def leaf():
    return 1


def branch():
    return leaf() + leaf()


def shown(report, *wanted):
    return [n for n in (name.split(".")[-1] for name in names(report)) if n in wanted]


class StartAndStop(InlineTest):
    def test_with_records_the_body_and_saves(self):
        with VizTracer(output_file="optional.json", verbose=0) as tracer:
            self.assertTrue(tracer.enable)
            self.assertIs(tracer, get_tracer())
            branch()
        self.assertIsNone(get_tracer())
        self.assertFalse(tracer.enable)
        report = load("optional.json")
        self.assertEqual(["branch", "leaf", "leaf"], shown(report, "branch", "leaf"))
        self.assertEqual({"version": "2.0.0", "overflow": False},
                         {k: report["viztracer_metadata"][k] for k in ("version", "overflow")})

    def test_with_saves_also_when_the_body_raises(self):
        with self.assertRaises(ZeroDivisionError):
            with VizTracer(verbose=0):
                branch()
                1 / 0
        self.assertEqual(["branch", "leaf", "leaf"], shown(load("result.json"), "branch", "leaf"))

    def test_manual_start_stop_save(self):
        tracer = self.tracer()
        tracer.start()
        branch()
        tracer.stop()
        leaf()
        tracer.save()
        self.assertEqual(["branch", "leaf", "leaf"], shown(load("result.json"), "branch", "leaf"))

    def test_starting_or_stopping_twice_does_nothing(self):
        tracer = self.tracer()
        tracer.stop()
        tracer.start()
        tracer.start()
        leaf()
        tracer.stop()
        tracer.stop()
        self.assertEqual(["leaf"], shown(self.save(tracer), "leaf"))

    def test_start_after_stop_keeps_what_was_recorded(self):
        tracer = self.tracer()
        for _ in range(3):
            tracer.start()
            leaf()
            tracer.stop()
        self.assertEqual(["leaf"] * 3, shown(self.save(tracer), "leaf"))

    def test_start_after_parse_or_save_begins_with_nothing(self):
        tracer = self.tracer()
        for settle in (tracer.parse, tracer.save):
            tracer.start()
            branch()
            settle()
            tracer.start()
            leaf()
            tracer.stop()
            self.assertEqual(["leaf"], shown(self.save(tracer), "branch", "leaf"))

    def test_clear_forgets_and_may_be_repeated(self):
        tracer = self.tracer()
        tracer.clear()
        tracer.start()
        branch()
        tracer.clear()
        tracer.clear()
        leaf()
        tracer.stop()
        self.assertEqual(["leaf"], shown(self.save(tracer), "branch", "leaf"))

    def test_cleanup_forgets_and_the_tracer_can_be_used_again(self):
        tracer = self.tracer()
        tracer.start()
        branch()
        tracer.cleanup()
        self.assertFalse(tracer.enable)
        tracer.start()
        leaf()
        self.assertEqual(["leaf"], shown(self.save(tracer), "branch", "leaf"))

    def test_open_calls_are_begun_or_ended_by_what_stop_is_told(self):
        def stop(*option):
            tracer.stop(*option)
        for option, phases in (((), "B"), (("flush_as_finish",), "X")):
            tracer = self.tracer()

            def outer():
                tracer.start()
                inner()

            def inner():
                leaf()
                stop(*option)
            outer()
            report = self.save(tracer)
            self.assertEqual(["inner", "stop"],
                             [n.split(".")[-1] for n in names(report, phases)
                              if n.split(".")[-1] in ("inner", "stop")])

    def test_a_second_tracer_overwrites_the_first_and_says_so(self):
        first, second = self.tracer(), self.tracer()
        first.start()
        with self.prints() as out:
            second.start()
        self.assertEqual("Warning! Overwrite tracer! You should not have two VizTracer recording "
                         "at the same time!\n", out.getvalue())
        self.assertEqual((False, True), (first.enable, second.enable))

    def test_pause_and_resume_keep_the_calls_balanced(self):
        tracer = self.tracer()

        def hidden():
            tracer.pause()
            leaf()

        def seen():
            tracer.resume()
            leaf()
        tracer.start()
        hidden()
        leaf()
        seen()
        leaf()
        report = self.save(tracer)
        self.assertEqual(["hidden", "leaf", "leaf"], shown(report, "hidden", "leaf"))

    def test_registration(self):
        registered = VizTracer()
        self.assertIs(registered, get_tracer())
        VizTracer(register_global=False)
        self.assertIs(registered, get_tracer())
        newer = VizTracer()
        self.assertIs(newer, builtins.__viz_tracer__)
        del builtins.__viz_tracer__
        self.assertIsNone(get_tracer())

    def test_threads_that_run_already_and_new_ones_are_recorded(self):
        go, done = threading.Event(), threading.Event()

        def worker():
            go.wait()
            leaf()
            done.set()
        early = threading.Thread(target=worker)
        early.start()
        tracer = self.tracer()
        tracer.start()
        go.set()
        late = threading.Thread(target=branch)
        late.start()
        early.join()
        late.join()
        report = self.save(tracer)
        self.assertEqual(3, shown(report, "leaf").count("leaf"))
        self.assertEqual(2, len({e["tid"] for e in events(report)
                                 if e["name"].startswith("leaf ")}))


class Saving(InlineTest):
    def test_parse_counts_events_without_the_metadata_and_makes_data(self):
        tracer = self.tracer(ignore_c_function=True)
        self.assertEqual({}, tracer.data)
        tracer.start()
        branch()
        tracer.stop()
        self.assertEqual(3, tracer.parse())
        self.assertEqual(3, tracer.total_entries)
        self.assertEqual({"traceEvents", "viztracer_metadata"}, set(tracer.data))
        self.assertEqual(3, len(events(tracer.data)))
        self.assertEqual(3, tracer.parse())

    def test_parse_of_nothing(self):
        tracer = self.tracer()
        self.assertEqual(0, tracer.parse())
        self.assertEqual([], events(tracer.data))

    def test_changed_data_is_what_is_saved(self):
        tracer = self.tracer()
        tracer.start()
        branch()
        tracer.parse()
        tracer.data["traceEvents"] = tracer.data["traceEvents"][:2]
        self.assertEqual(2, len(self.save(tracer)["traceEvents"]))

    def test_save_to_another_file_and_gzipped(self):
        tracer = self.tracer()
        tracer.start()
        branch()
        tracer.stop()
        tracer.save(os.path.join(self.folder, "new", "a.json"))
        tracer.save("b.json.gz")
        with gzip.open("b.json.gz", "rt") as f:
            self.assertEqual(load("new/a.json"), json.load(f))
        self.assertFalse(os.path.exists("result.json"))

    def test_save_while_it_records_goes_on_with_nothing_recorded(self):
        tracer = self.tracer(tracer_entries=10)
        tracer.start()
        for _ in range(20):
            leaf()
        tracer.save()
        for _ in range(20):
            leaf()
        self.assertEqual(10, tracer.parse())
        self.assertEqual(10, len(events(load("result.json"))))

    def test_names_that_are_no_report_are_refused(self):
        tracer = self.tracer()
        tracer.start()
        for wrong in (5, b"x.json", ["a"]):
            with self.assertRaisesRegex(ValueError, "output_file should be a string or None"):
                tracer.save(wrong)
        with self.assertRaisesRegex(Exception, "Only html, json and gz are supported"):
            tracer.save("x.txt")
        self.put("taken", "")
        with self.assertRaisesRegex(OSError, "taken"):
            tracer.save("taken/x.json")
        self.assertEqual(["taken"], os.listdir("."))

    def test_after_a_failed_save_nothing_is_lost(self):
        tracer = self.tracer()
        tracer.start()
        leaf()
        tracer.stop()
        tracer.start()
        self.put("taken", "")
        with self.assertRaises(OSError):
            tracer.save("taken/x.json")
        self.assertTrue(tracer.enable)
        tracer.stop()
        self.assertEqual(["leaf"], shown(self.save(tracer), "leaf"))

    def test_the_console_shows_the_report_and_its_size(self):
        tracer = self.tracer(verbose=1)
        tracer.start()
        leaf()
        tracer.stop()
        with self.prints() as out:
            tracer.save("a b.json")
        self.assertIn("Saving trace data, this could take a while", out.getvalue())
        self.assertRegex(out.getvalue(), r"Total Entries: \d+\n")
        self.assertIn('Use the following command to open the report:\n'
                      '\x1b[92mvizviewer "%s/a b.json"\x1b[0m\n' % self.folder, out.getvalue())
        with self.prints() as out:
            tracer.save("a.json", verbose=0)
        self.assertEqual("", out.getvalue())

    def test_a_console_that_fails_is_no_reason_not_to_save(self):
        class Broken(io.StringIO):
            def write(self, text):
                raise OSError("no room")
        import sys
        stdout, sys.stdout = sys.stdout, Broken()
        try:
            with VizTracer():
                leaf()
            sys.stdout = None
            with VizTracer(output_file="none.json"):
                leaf()
        finally:
            sys.stdout = stdout
        self.assertEqual(["leaf"], shown(load("result.json"), "leaf"))
        self.assertEqual(["leaf"], shown(load("none.json"), "leaf"))

    def test_overflow_is_told(self):
        tracer = self.tracer(tracer_entries=10, verbose=1)
        tracer.start()
        for _ in range(20):
            leaf()
        tracer.stop()
        with self.prints() as out:
            report = self.save(tracer)
        self.assertTrue(report["viztracer_metadata"]["overflow"])
        self.assertEqual(10, len(events(report)))
        self.assertIn("Circular buffer is full", out.getvalue())

    def test_sources_are_in_the_report_unless_told_otherwise(self):
        tracer = self.tracer()
        tracer.start()
        leaf()
        self.assertIn(__file__, self.save(tracer)["file_info"]["files"])
        tracer.start()
        leaf()
        self.assertNotIn("file_info", self.save(tracer, file_info=False))
        tracer.file_info = False
        tracer.start()
        leaf()
        self.assertNotIn("file_info", self.save(tracer))

    def test_pid_suffix(self):
        with VizTracer(verbose=0, pid_suffix=True, output_file="x.json"):
            leaf()
        self.assertEqual([f"x_{os.getpid()}.json"], os.listdir("."))

    def test_in_multiprocess_mode_there_must_be_something_to_save(self):
        tracer = self.tracer(ignore_multiprocess=False)
        for _ in range(2):
            with self.assertWarnsRegex(RuntimeWarning, "^Tried to save report without starting "
                                                       "VizTracer. No data will be saved.$"):
                tracer.save()
            self.assertFalse(os.path.exists("result.json"))
        tracer.start()
        leaf()
        tracer.stop()
        tracer.save()
        with self.assertWarns(RuntimeWarning):
            tracer.save("again.json")
        self.assertEqual(["result.json"], os.listdir("."))

    def test_in_multiprocess_mode_recording_goes_on_after_a_save(self):
        tracer = self.tracer(ignore_multiprocess=False)
        tracer.start()
        branch()
        tracer.save()
        self.assertTrue(tracer.enable)
        leaf()
        tracer.stop()
        self.assertEqual(["leaf"], shown(self.save(tracer), "branch", "leaf"))

    def test_save_report_to_a_path_and_to_a_stream(self):
        tracer = self.tracer()
        tracer.start()
        branch()
        tracer.stop()
        stream = io.StringIO()
        tracer.save_report(stream)
        tracer.save_report("x.json")
        self.assertEqual(["branch", "leaf", "leaf"],
                         shown(json.loads(stream.getvalue()), "branch", "leaf"))
        self.assertEqual(load("x.json"), json.loads(stream.getvalue()))

    def test_dump_writes_the_raw_form_and_forgets(self):
        tracer = self.tracer()
        tracer.start()
        branch()
        tracer.dump("raw.json")
        self.assertEqual(["branch", "leaf", "leaf"], shown(load("raw.json"), "branch", "leaf"))
        self.assertEqual(0, tracer.parse())

    def test_run_executes_a_command_in_main(self):
        import __main__
        tracer = self.tracer()
        tracer.run("from base64 import b64encode\nby_run = b64encode(b'x')", "r.json")
        self.assertEqual(b"eA==", __main__.by_run)
        self.assertIn("b64encode", names(load("r.json")))
        with self.assertRaises(ZeroDivisionError):
            self.tracer().run("1 / 0")
        self.assertTrue(os.path.exists("result.json"))

    def test_a_tracer_that_nobody_saves_leaves_nothing(self):
        tracer = VizTracer(verbose=0, register_global=False)
        tracer.start()
        leaf()
        del tracer
        leaf()
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            self.assertEqual([], os.listdir("."))

    def test_another_thread_may_go_on_during_a_save(self):
        tracer = self.tracer()
        counted, stopping = [0], threading.Event()

        def count():
            while not stopping.is_set():
                counted[0] += 1
        tracer.start()
        for i in range(100000):
            leaf()
        tracer.stop()
        thread = threading.Thread(target=count)
        thread.start()
        wait_until(lambda: counted[0] > 100)
        tracer.save()
        stopping.set()
        thread.join()
        self.assertEqual(100000, shown(load("result.json"), "leaf").count("leaf"))


class Times(InlineTest):
    def test_getts_is_the_clock_of_the_events(self):
        tracer = self.tracer()
        tracer.start()
        before = tracer.getts()
        leaf()
        after = tracer.getts()
        call = [e for e in events(self.save(tracer)) if e["name"].startswith("leaf ")][0]
        self.assertIsInstance(before, float)
        self.assertLessEqual(before, call["ts"])
        self.assertLessEqual(call["ts"] + call["dur"], after)

    def test_base_time_makes_it_the_time_of_day(self):
        tracer = self.tracer()
        self.assertIsInstance(tracer.get_base_time(), int)
        self.assertAlmostEqual(time.time(), tracer.getts() / 1e6 + tracer.get_base_time() / 1e9,
                               delta=1)

    def test_a_sync_marker_is_in_the_report(self):
        tracer = self.tracer()
        self.assertIsNone(tracer.get_sync_marker())
        tracer.start()
        before = tracer.getts()
        tracer.set_sync_marker()
        with self.assertWarnsRegex(RuntimeWarning, "Synchronization marker already set"):
            tracer.set_sync_marker()
        leaf()
        marker = self.save(tracer)["viztracer_metadata"]["sync_marker"]
        self.assertGreaterEqual(marker, before)
        self.assertAlmostEqual(marker, tracer.get_sync_marker(), delta=1)


if __name__ == "__main__":
    unittest.main()
