# SPDX-License-Identifier: Apache-2.0
"""The settings of a tracer: arguments, attributes, refusals."""
import inspect
import sys
import unittest

from inlinetest import InlineTest, names
from viztracer import VizTracer, __version__, get_tracer

# behaviour.md 13, in order.
DEFAULTS = {
    "tracer_entries": 1000000, "verbose": 1, "max_stack_depth": -1, "include_files": None,
    "exclude_files": None, "ignore_c_function": False, "ignore_frozen": False,
    "log_func_retval": False, "log_func_args": False, "log_func_repr": None,
    "log_func_with_objprint": False, "log_print": False, "log_gc": False, "log_sparse": False,
    "log_async": False, "log_torch": False, "log_audit": None, "ignore_multiprocess": True,
    "pid_suffix": False, "file_info": True, "register_global": True, "report_endpoint": None,
    "trace_self": False, "min_duration": 0, "minimize_memory": False, "dump_raw": False,
    "sanitize_function_name": False, "process_name": None, "output_file": "result.json",
    "plugins": None,
}
FLAGS = ("ignore_c_function", "ignore_frozen", "log_func_retval", "log_func_args", "log_async",
         "trace_self", "log_func_with_objprint", "log_print", "log_sparse", "ignore_multiprocess",
         "file_info", "minimize_memory", "dump_raw", "sanitize_function_name")
NOT_ATTRIBUTES = ("register_global", "plugins")


class Settings(InlineTest):
    def test_arguments_have_the_names_order_and_defaults_of_the_reference(self):
        parameters = list(inspect.signature(VizTracer.__init__).parameters.values())[1:]
        self.assertEqual(DEFAULTS, {p.name: p.default for p in parameters})
        self.assertEqual(list(DEFAULTS), [p.name for p in parameters])

    def test_every_setting_is_an_attribute_with_its_default(self):
        tracer = VizTracer()
        for name, value in DEFAULTS.items():
            if name not in NOT_ATTRIBUTES:
                with self.subTest(name=name):
                    self.assertEqual(value, getattr(tracer, name))

    def test_every_setting_can_be_given_by_position(self):
        tracer = VizTracer(1000, 0, 5, ["a"], None, True, True)
        self.assertEqual((1000, 0, 5, ["a"], None, True, True),
                         (tracer.tracer_entries, tracer.verbose, tracer.max_stack_depth,
                          tracer.include_files, tracer.exclude_files, tracer.ignore_c_function,
                          tracer.ignore_frozen))

    def test_attributes_are_written_and_read_back(self):
        tracer = VizTracer()
        for name, value in {"verbose": 0, "max_stack_depth": 7, "include_files": ["a", "b/c"],
                            "exclude_files": ["x"], "min_duration": 2.5, "process_name": "p",
                            "output_file": "x y.json", "report_endpoint": "h:1",
                            "log_func_repr": repr, "log_audit": ["a.*"],
                            **{flag: True for flag in FLAGS}, "log_gc": True,
                            "pid_suffix": True}.items():
            with self.subTest(name=name):
                setattr(tracer, name, value)
                self.assertEqual(value, getattr(tracer, name))

    def test_empty_lists_of_files_are_none(self):
        tracer = VizTracer(include_files=[], exclude_files=[])
        self.assertEqual((None, None), (tracer.include_files, tracer.exclude_files))

    def test_wrong_types_are_refused_by_constructor_and_attribute_alike(self):
        refusals = {
            ("verbose", "1"): (TypeError, "verbose must be an integer"),
            ("max_stack_depth", "3"): (TypeError, "max_stack_depth must be an integer"),
            ("max_stack_depth", 1.5): (TypeError, "max_stack_depth must be an integer"),
            ("include_files", "a"): (TypeError, "include_files must be a list or None"),
            ("exclude_files", ("a",)): (TypeError, "exclude_files must be a list or None"),
            ("min_duration", "1"): (TypeError, "min_duration must be a float or an integer"),
            ("process_name", 1): (TypeError, "process_name must be a string"),
            ("log_func_repr", 1): (TypeError, "log_func_repr must be a callable or None"),
            ("log_gc", 1): (TypeError, "log_gc needs to be True or False, not 1"),
            ("pid_suffix", 1): (ValueError, "pid_suffix needs to be a boolean, not 1"),
        }
        for flag in FLAGS:
            refusals[flag, 1] = TypeError, f"{flag} must be a boolean"
        for (name, value), (kind, text) in refusals.items():
            with self.subTest(name=name, value=value):
                with self.assertRaisesRegex(kind, f"^{text}$"):
                    VizTracer(**{name: value})
                tracer = VizTracer()
                with self.assertRaisesRegex(kind, f"^{text}$"):
                    setattr(tracer, name, value)

    def test_a_refused_value_leaves_the_old_one(self):
        tracer = VizTracer(include_files=["a"], min_duration=3)
        for name, value in (("include_files", ["b", 1]), ("min_duration", -1),
                            ("min_duration", float("nan")), ("max_stack_depth", 1 << 70)):
            with self.assertRaises((TypeError, ValueError, OverflowError)):
                setattr(tracer, name, value)
        self.assertEqual((["a"], 3, -1),
                         (tracer.include_files, tracer.min_duration, tracer.max_stack_depth))

    def test_settings_cannot_be_deleted(self):
        tracer = VizTracer()
        for name in ("verbose", "max_stack_depth", "min_duration", "log_func_repr",
                     "process_name"):
            with self.assertRaises(AttributeError):
                delattr(tracer, name)

    def test_a_wrong_number_of_entries_is_refused(self):
        with self.assertRaises(TypeError):
            VizTracer(tracer_entries="x")
        for number in (0, -1, 10 ** 10):
            with self.assertRaisesRegex(ValueError, "tracer_entries must be from 1 to"):
                VizTracer(tracer_entries=number)
        with self.assertRaises(AttributeError):
            VizTracer().tracer_entries = 5

    def test_settings_that_exclude_each_other(self):
        with self.assertRaises(ValueError):
            VizTracer(log_func_repr=repr, log_func_with_objprint=True)
        tracer = self.tracer(include_files=["a"], exclude_files=["b"])
        with self.assertRaisesRegex(
                Exception, "^include_files and exclude_files can't be both specified!$"):
            tracer.start()

    @unittest.skipIf("torch" in sys.modules, "torch is here")
    def test_log_torch_needs_torch(self):
        sys.modules["torch"] = None
        self.addCleanup(sys.modules.pop, "torch")
        with self.assertRaises(ModuleNotFoundError):
            VizTracer(log_torch=True)

    def test_a_failed_constructor_registers_nothing_and_says_nothing(self):
        with self.assertRaises(TypeError):
            VizTracer(log_gc=1)
        self.assertIsNone(get_tracer())

    def test_filters_may_change_while_it_records(self):
        def inner():
            pass

        def outer():
            inner()
        tracer = self.tracer(ignore_c_function=True)
        tracer.start()
        outer()
        tracer.max_stack_depth = 1
        outer()
        tracer.max_stack_depth = -1
        tracer.ignore_c_function = False
        len("")
        tracer.exclude_files = [__file__]
        outer()
        report = self.save(tracer)
        shown = [name.split(".")[-1] for name in names(report)]
        self.assertEqual(["outer", "inner", "outer", "len"],
                         [n for n in shown if n in ("outer", "inner", "len")])

    def test_any_other_attribute_can_be_set(self):
        tracer = VizTracer()
        tracer.mine = 1
        self.assertEqual(1, tracer.mine)

    def test_a_subclass_is_a_tracer(self):
        class Mine(VizTracer):
            def __init__(self):
                super().__init__(verbose=0, max_stack_depth=3)
                self.starts = 0

            def start(self):
                self.starts += 1
                super().start()
        with Mine() as tracer:
            len("")
        self.assertEqual((1, 3), (tracer.starts, tracer.max_stack_depth))

    def test_init_kwargs_make_an_equal_tracer(self):
        import json
        tracer = VizTracer(max_stack_depth=4, exclude_files=["a"], min_duration=1.5,
                           log_audit=["x"], output_file="o.json", verbose=0)
        kwargs = json.loads(json.dumps(tracer.init_kwargs))
        self.assertEqual(
            {"tracer_entries", "verbose", "output_file", "max_stack_depth", "exclude_files",
             "include_files", "ignore_c_function", "ignore_frozen", "log_func_retval",
             "log_func_args", "log_print", "log_gc", "log_sparse", "log_async", "log_audit",
             "log_torch", "pid_suffix", "ignore_multiprocess", "report_endpoint", "min_duration",
             "dump_raw", "minimize_memory"}, set(kwargs))
        self.assertEqual(kwargs, VizTracer(**kwargs).init_kwargs)

    def test_get_args_are_words_of_the_command_line(self):
        self.assertEqual(["--ignore_multiprocess"], VizTracer().get_args())
        words = VizTracer(verbose=0, tracer_entries=50, max_stack_depth=3, min_duration=0.5,
                          ignore_multiprocess=False, exclude_files=["a", "b"],
                          output_file="x.json").get_args()
        self.assertEqual(["--quiet", "--tracer_entries", "50", "--max_stack_depth", "3",
                          "--min_duration", "500ns", "--exclude_files", "a", "b",
                          "--output_file", "x.json"], words)

    def test_the_version_is_told(self):
        self.assertEqual("2.0.0", __version__)


if __name__ == "__main__":
    unittest.main()
