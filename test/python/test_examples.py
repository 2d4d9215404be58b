# SPDX-License-Identifier: Apache-2.0
"""The examples of the manual's chapters 2 to 10, typed as they are printed there. What surrounds
them is made up: a script for each command, something to happen in each block."""
import glob
import json
import os
import subprocess
import sys
import tempfile
import unittest

import reports
from reports import events, names
from tracing import VIZTRACER

PACKAGE = os.path.join(os.path.dirname(os.path.abspath(VIZTRACER)), "python")
SCRIPT = "import sys\n\ndef work(n):\n    return abs(n)\n\nwork(3)\nprint(sys.argv[1:])\n"


class Example(unittest.TestCase):
    """A folder with `my_script.py` in it, and commands for sh with viztracer on PATH."""

    maxDiff = 4000

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="examples-")
        self.addCleanup(folder.cleanup)
        self.folder = os.path.realpath(folder.name)
        self.put("my_script.py", SCRIPT)

    def put(self, name, text):
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)

    def sh(self, commands, **more):
        """The output of commands that all succeed and say nothing on stderr."""
        path = os.path.dirname(os.path.abspath(VIZTRACER)) + ":" + os.environ["PATH"]
        run = subprocess.run(["sh", "-e", "-c", commands], cwd=self.folder, check=False, text=True,
                             env=dict(os.environ, PATH=path, VIZTRACER_PYTHON=sys.executable, **more),
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, timeout=120)
        self.assertEqual((0, ""), (run.returncode, run.stderr), run.stdout)
        return run.stdout

    def inline(self, text):
        """Runs a text as a program of a stock python3 that has the package."""
        self.put("inline.py", text)
        return self.sh(f"{sys.executable} inline.py", PYTHONPATH=PACKAGE)

    def load(self, name="result.json"):
        return reports.load(os.path.join(self.folder, name))

    def trace(self, options, text=SCRIPT):
        """The report of `viztracer OPTIONS my_script.py` with this text."""
        self.put("my_script.py", text)
        self.output = self.sh(f"viztracer {options} my_script.py")
        return self.load()

    def both(self, option, keyword, text):
        """The report of the command and that of the class, for one text."""
        by_command = self.trace(option, text)
        self.put("my_script.py", text)
        self.inline(f"from viztracer import VizTracer\ntracer = VizTracer({keyword})\n"
                    f"text = compile(open('my_script.py').read(), 'my_script.py', 'exec')\n"
                    f"tracer.start()\nexec(text)\ntracer.stop()\ntracer.save()\n")
        return by_command, self.load()

    def found(self, pattern):
        return glob.glob(os.path.join(self.folder, pattern))


class Chapter2(Example):
    def test_the_two_commands_are_equivalent(self):
        self.sh("viztracer my_script.py")
        mine = names(self.load())
        self.sh(f"{sys.executable} -m viztracer my_script.py", PYTHONPATH=PACKAGE)
        self.assertEqual((mine, True), (names(self.load()), "work" in mine))

    def test_arguments_are_the_scripts(self):
        self.assertIn("['arg1', 'arg2']", self.sh("viztracer my_script.py arg1 arg2"))
        said = self.sh("viztracer -o result.json -- my_script.py -o output_for_my_script.json")
        self.assertIn("['-o', 'output_for_my_script.json']", said)

    def test_a_module(self):
        self.put("your_module.py", SCRIPT)
        self.sh("viztracer -m your_module")
        self.assertIn("work", names(self.load()))

    def test_three_kinds_of_files(self):
        self.sh("for n in html json json.gz; do viztracer -o other_name.$n my_script.py; done;"
                "viztracer --combine other_name.html -o from_html.json")
        for name in ("other_name.json", "other_name.json.gz", "from_html.json"):
            self.assertIn("work", names(self.load(name)))

    def test_unique_names(self):
        self.sh("viztracer -u my_script.py; viztracer --output_dir ./my_reports -u my_script.py")
        self.assertEqual((1, 1), (len(self.found("my_script_*.json")),
                                  len(self.found("my_reports/my_script_*.json"))))

    def test_inline_with_a_block_and_by_hand(self):
        self.inline('from viztracer import VizTracer\n'
                    'with VizTracer(output_file="optional.json") as tracer:\n'
                    '    abs(1)\n'
                    'tracer = VizTracer()\n'
                    'tracer.start()\n'
                    'divmod(1, 1)\n'
                    'tracer.stop()\n'
                    'tracer.save() # also takes output_file as an optional argument\n')
        self.assertIn("builtins.abs", names(self.load("optional.json")))
        self.assertIn("builtins.divmod", names(self.load()))

    def test_the_ring(self):
        self.assertIn("work", names(self.trace("--tracer_entries 500000")))
        self.inline("from viztracer import VizTracer\n"
                    "assert VizTracer(tracer_entries=500000).tracer_entries == 500000\n")

    def test_the_configuration_file(self):
        self.put(".viztracerrc", "[default]\nlog_var = a.* latest\nignore_c_function = True\n"
                                 "output_file = vizreport.json\nmax_stack_depth = 10\n")
        self.put("my_script.py", "alpha = abs(1)\nlatest = 2\nother = 3\n"
                                 "def deep(n):\n    return n and deep(n - 1)\ndeep(20)\n")
        self.sh("viztracer my_script.py")
        report = self.load("vizreport.json")
        logged = ["Variable Assign - alpha = 1", "Variable Assign - latest = 2"]
        self.assertEqual(logged, names(report, "i"))
        self.assertEqual(9, names(report).count("deep"))
        self.assertNotIn("builtins.abs", names(report))
        self.sh("mv .viztracerrc mine && rm vizreport.json; viztracer --rcfile mine my_script.py")
        self.assertEqual(logged, names(self.load("vizreport.json"), "i"))

    def test_reports_are_combined_and_aligned(self):
        self.sh("viztracer -o process1.json my_script.py; viztracer -o process2.json my_script.py;"
                "viztracer --combine process1.json process2.json -o full_report.json;"
                "viztracer --align_combine process1.json process2.json -o compare_report.json")
        self.assertEqual(2, names(self.load("full_report.json")).count("work"))
        begins = {}
        for e in events(self.load("compare_report.json")):
            begins[e["pid"]] = min(begins.get(e["pid"], e["ts"]), e["ts"])
        self.assertEqual([0, 0], list(begins.values()))

    def test_reports_are_compressed_and_back(self):
        self.sh("viztracer my_script.py; cp result.json before.json;"
                "viztracer --compress result.json -o result.cvf;"
                "viztracer --decompress result.cvf -o result.json")
        self.assertEqual(names(self.load("before.json")), names(self.load()))


class Chapter3(Example):
    GLOBAL = ("from viztracer import get_tracer, VizLoggingHandler, VizObject\n"
              "import logging\n"
              "tracer = get_tracer()\n"
              "handler = VizLoggingHandler()\n"
              "handler.setTracer(get_tracer())\n"
              "logging.getLogger().addHandler(handler)\n"
              "logging.warning('said')\n"
              'obj = VizObject(get_tracer(), "my variable")\n'
              "obj.a = 1\n"
              "print(tracer)\n")

    def test_the_tracer_is_found_in_every_file(self):
        self.put("part.py", self.GLOBAL)
        report = self.trace("", "import part\n")
        self.assertEqual({"logging - said", "my variable"},
                         set(names(report, "iNOD")))

    def test_without_a_tracer_nothing_happens(self):
        self.assertEqual("None\n", self.inline(self.GLOBAL))

    def test_a_tracer_that_is_not_registered(self):
        self.inline("from viztracer import VizTracer, get_tracer\n"
                    "tracer = VizTracer(register_global=False)\n"
                    "assert get_tracer() is None\n"
                    "tracer = VizTracer()\n"
                    "assert get_tracer() is tracer\n")


class Chapter4(Example):
    def test_a_main_of_unittest_works_here(self):
        report = self.trace("", "import unittest\nclass Case(unittest.TestCase):\n"
                                "    def test_it(self):\n        self.assertTrue(True)\n"
                                "unittest.main(argv=['x', '-q'], exit=False, testRunner="
                                "unittest.TextTestRunner(stream=__import__('io').StringIO()))\n")
        self.assertIn("Case.test_it", names(report))


class Chapter5(Example):
    NAPS = ("import time\ndef short():\n    pass\ndef long():\n    time.sleep(0.02)\n"
            "short()\nlong()\n")
    DEEP = "def deep(n):\n    return n and deep(n - 1)\ndeep(30)\n"
    FILES = ("import sys\nsys.path.insert(0, 'src')\nimport not_interested, within\n"
             "within.inner()\nnot_interested.outer()\n")

    def test_min_duration(self):
        for report in self.both("--min_duration 10ms", "min_duration=10000", self.NAPS):
            self.assertEqual((True, False), ("long" in names(report), "short" in names(report)))
        for text in ("0.2ms", "300ns", "5.5us", "0.5", "0"):
            self.assertIn("long", names(self.trace(f"--min_duration {text}", self.NAPS)), text)

    def test_max_stack_depth(self):
        for report in self.both("--max_stack_depth 10", "max_stack_depth=10", self.DEEP):
            self.assertIn(names(report).count("deep"), (8, 9, 10))

    def make_files(self):
        self.put("src/within.py", "def inner():\n    pass\n")
        self.put("not_interested.py", "def outer():\n    pass\n")

    def test_include_files(self):
        self.make_files()
        for report in self.both("--include_files ./src my_script.py --",
                                'include_files=["./src", "my_script.py"]', self.FILES):
            self.assertEqual((True, False), ("inner" in names(report), "outer" in names(report)))

    def test_exclude_files(self):
        self.make_files()
        for report in self.both("--exclude_files ./not_interested.py --",
                                'exclude_files=["./not_interested.py"]', self.FILES):
            self.assertEqual((True, False), ("inner" in names(report), "outer" in names(report)))

    def test_ignore_c_function(self):
        for report in self.both("--ignore_c_function", "ignore_c_function=True", SCRIPT):
            self.assertNotIn("builtins.abs", names(report))
            self.assertIn("work", names(report))

    def test_ignore_frozen(self):
        self.put("part.py", "")
        for option, frozen in (("", True), ("--ignore_frozen", False)):
            report = self.trace(option, "import part\n")
            self.assertEqual(frozen, any("<frozen" in e["name"] for e in events(report)))

    def test_ignore_function(self):
        text = ("from viztracer import ignore_function\ndef within():\n    pass\n"
                "@ignore_function\ndef some_function():\n    within()\n"
                "some_function()\ndef other():\n    pass\nother()\n")
        report = names(self.trace("", text))
        self.assertEqual([0, 0, 1], [report.count(n) for n in ("some_function", "within", "other")])

    SPARSE = ("from viztracer import log_sparse, get_tracer\ndef within():\n    return abs(1)\n"
              "@log_sparse\ndef alone():\n    return within()\n"
              "@log_sparse(stack_depth=5)\ndef deep():\n    return within()\n"
              "alone()\ndeep()\n")

    def test_log_sparse(self):
        self.assertEqual(["alone", "deep", "within", "builtins.abs"],
                         names(self.trace("--log_sparse", self.SPARSE), "X"))
        self.inline(self.SPARSE)

    def test_log_sparse_with_a_block(self):
        self.inline("from viztracer import VizTracer, log_sparse\n"
                    "@log_sparse(dynamic_tracer_check=True)\n"
                    "def function_you_want_to_log():\n    return abs(1)\n"
                    "with VizTracer(log_sparse=True):\n    function_you_want_to_log()\n")
        self.assertEqual(["function_you_want_to_log"], names(self.load(), "X"))


class Chapter6(Example):
    def test_instants_variables_and_durations(self):
        report = self.trace("", "from viztracer import get_tracer\ntracer = get_tracer()\n"
                                "args = {'a': [1, 'b']}\n"
                                'tracer.log_instant(f"Event1", args=args, scope="p")\n'
                                'tracer.log_var("name for the var", 3)\n'
                                'tracer.log_var("a text", "x")\n'
                                'with get_tracer().log_event("my event name"):\n    abs(1)\n')
        first, text = events(report, "i")
        self.assertEqual(("Event1", {"a": [1, "b"]}, "p"),
                         (first["name"], first["args"], first["s"]))
        self.assertEqual("a text", text["name"])
        self.assertEqual(["name for the var"], names(report, "C"))
        self.assertIn("my event name", names(report))

    def test_magic_comments(self):
        report = self.trace("--magic_comment",
                            'def f():\n    pass\n'
                            '# !viztracer: log_instant("start logging")\n'
                            'a = 3\n'
                            '# !viztracer: log_var("a", a)\n'
                            'f() # !viztracer: log\n'
                            'a = 3 # !viztracer: log\n'
                            'a = 4 # !viztracer: log if a == 3\n'
                            'a = 3 # !viztracer: log if a == 3\n')
        self.assertEqual(["start logging", "f()"], names(report, "i"))
        self.assertEqual([3, 3, 3], [e["args"]["value"] for e in events(report, "C")])


def call_of_f(report):
    call, = [e for e in events(report, "X") if e["name"].startswith("f (")]
    return call


class Chapter7(Example):
    def test_log_var(self):
        report = self.trace("--log_var total --", "total = 0\nfor i in range(3):\n    total += i\n")
        self.assertEqual([f"Variable Assign - total = {n}" for n in (0, 0, 1, 3)],
                         names(report, "i"))

    def test_log_number(self):
        report = self.trace("--log_number total --", "total = 0\nfor i in range(3):\n    total += i\n")
        self.assertEqual([{"Variable Assign - total": n} for n in (0, 0, 1, 3)],
                         [e["args"] for e in events(report, "C")])

    def test_a_number_that_is_none_raises(self):
        self.put("my_script.py", "total = 'x'\n")
        said = self.sh("! viztracer --quiet --log_number total -- my_script.py 2>&1")
        self.assertIn("ValueError: Variable Assign - total('x') is not a number", said)

    def test_log_attr(self):
        report = self.trace("--log_attr attr_name --",
                            "class C:\n    def __init__(self):\n        self.attr_name = 1\n"
                            "obj = C()\nobj.attr_name = 2\nobj_list = [obj]\n"
                            "obj_list[0].attr_name = 3\n")
        self.assertEqual(["Attribute Assign - self.attr_name = 1",
                          "Attribute Assign - obj.attr_name = 2",
                          "Attribute Assign - obj_list[0].attr_name = 3"], names(report, "i"))

    def test_log_func_entry(self):
        self.assertIn("work", "".join(names(self.trace("--log_func_entry work --"), "i")))

    def test_log_func_exec(self):
        report = self.trace("--log_func_exec f --", "def f(n):\n    a = n\n    a += 1\nf(1)\n")
        steps = call_of_f(report)["args"]["exec_steps"]
        self.assertEqual(["(2) a = 1", "(3) a = 2"], steps)

    def test_log_audit(self):
        text = "import wave\nimport os\nos.listdir('.')\n"
        shown = {words: set(names(self.trace(f"--log_audit {words} --", text), "i"))
                 for words in ("import builtins.input", "os.*", "", '".*"')}
        self.assertEqual({"import"}, shown["import builtins.input"])
        self.assertEqual({"os.listdir"}, {n for n in shown["os.*"] if n.startswith("os.l")})
        self.assertTrue(all(n.startswith("os") for n in shown["os.*"]))
        for words in ("", '".*"'):
            self.assertLessEqual({"import", "os.listdir", "open"}, shown[words])

    def test_log_exception(self):
        text = "try:\n    raise ValueError('x')\nexcept ValueError:\n    pass\n"
        self.assertIn("ValueError", "".join(names(self.trace("--log_exception", text), "i")))

    def test_log_func_args(self):
        text = "class C:\n    def __repr__(self): return 'mine'\ndef f(a, b=2): pass\nf(C())\n"
        for report in self.both("--log_func_args", "log_func_args=True", text):
            self.assertEqual({"a": "mine", "b": "2"}, call_of_f(report)["args"]["func_args"])

    def test_log_func_retval(self):
        text = "def f():\n    return [1]\nf()\n"
        for report in self.both("--log_func_retval", "log_func_retval=True", text):
            self.assertEqual("[1]", call_of_f(report)["args"]["return_value"])

    def test_log_print(self):
        for report in self.both("--log_print", "log_print=True", "print('hello')\n"):
            self.assertIn("hello", json.dumps(events(report, "i")))

    def test_log_gc(self):
        for report in self.both("--log_gc", "log_gc=True", "import gc\ngc.collect()\n"):
            self.assertIn("arbage", "".join(names(report, "C")))

    def test_log_exit(self):
        text = "import atexit\ndef last():\n    pass\natexit.register(last)\n"
        self.assertNotIn("last", names(self.trace("", text)))
        self.assertIn("last", names(self.trace("--log_exit", text)))

    def test_logging(self):
        self.inline("import logging\nfrom viztracer import VizTracer, VizLoggingHandler\n"
                    "tracer = VizTracer()\nhandler = VizLoggingHandler()\n"
                    "handler.setTracer(tracer)\nlogging.basicConfig(handlers = [handler])\n"
                    "tracer.start()\nlogging.warning('said')\ntracer.stop()\ntracer.save()\n")
        self.assertEqual(["logging - WARNING:root:said"], names(self.load(), "i"))


class Chapter8(Example):
    def test_log_async(self):
        text = ("import asyncio\nasync def nap(n):\n    await asyncio.sleep(0.001)\n"
                "async def main():\n    await asyncio.gather(nap(1), nap(2))\nasyncio.run(main())\n")

        def lanes(report):
            return {e["tid"] for e in events(report, "X") if e["name"].startswith("nap (")}

        self.assertEqual((1, 2), (len(lanes(self.trace("", text))),
                                  len(lanes(self.trace("--log_async", text)))))

    def test_threads(self):
        report = self.trace("", "import threading\ndef work():\n    pass\n"
                                "t = threading.Thread(target=work)\nt.start()\nt.join()\n")
        self.assertEqual(2, len({e["tid"] for e in events(report, "X")}))

    def test_other_threads(self):
        report = self.trace("", "import _thread, time\nfrom viztracer import get_tracer\n"
                                "class YourThread:\n    done = False\n    def run(self):\n"
                                "        get_tracer().enable_thread_tracing()\n"
                                "        divmod(1, 1)\n        self.done = True\n"
                                "t = YourThread()\n_thread.start_new_thread(t.run, ())\n"
                                "while not t.done:\n    time.sleep(0.01)\n")
        self.assertIn("builtins.divmod", names(report))

    def processes(self, text):
        calls = events(self.trace("", text), "X")
        return len({e["pid"] for e in calls if e["name"].startswith("work (")})

    def test_subprocess(self):
        self.put("subscript.py", SCRIPT)
        self.assertEqual(1, self.processes('import subprocess, sys\n'
                                           'subprocess.call([sys.executable, "subscript.py"])\n'))

    POOLS = ("import multiprocessing, concurrent.futures, os\n"
             "def work(n):\n    return os.getpid()\n"
             "if __name__ == '__main__':\n    multiprocessing.set_start_method(%r)\n")

    def test_multiprocessing(self):
        for kind in ("fork", "spawn"):
            self.assertEqual(1, self.processes(
                self.POOLS % kind +
                "    p = multiprocessing.Process(target=work, args=(1,))\n"
                "    p.start()\n    p.join()\n"), kind)

    def test_concurrent_futures(self):
        self.assertEqual(1, self.processes(
            self.POOLS % "fork" +
            "    with concurrent.futures.ProcessPoolExecutor(1) as pool:\n"
            "        list(pool.map(work, [1, 2]))\n"))

    def test_fork(self):
        self.assertEqual(2, self.processes("import os\ndef work():\n    pass\nwork()\n"
                                           "if os.fork():\n    os.wait()\nelse:\n    work()\n"))

    def test_processes_of_other_libraries(self):
        self.put("child.py", CHILD)
        report = self.trace("", "import subprocess, sys\nfrom viztracer import get_tracer\n"
                                "subprocess.check_call([sys.executable, 'child.py', "
                                "repr(get_tracer().init_kwargs)])\n")
        self.assertIn("in_the_child", names(report))

    def test_reports_with_the_pid(self):
        self.put("single_process.py", SCRIPT)
        self.sh("viztracer --pid_suffix single_process.py; viztracer -o process1.json "
                "single_process.py; viztracer --pid_suffix --output_dir ./temp_dir "
                "single_process.py; viztracer --pid_suffix --output_dir ./temp_dir "
                "single_process.py; viztracer --combine ./temp_dir/*.json")
        self.assertEqual(1, len(self.found("result_*.json")))
        self.assertEqual(2, names(self.load()).count("work"))


CHILD = ("import ast, sys\nfrom viztracer import VizTracer\n"
         "init_kwargs = ast.literal_eval(sys.argv[1])\n"
         "def in_the_child():\n    pass\n"
         "tracer = VizTracer(**init_kwargs)\ntracer.register_exit()\ntracer.start()\n"
         "in_the_child()\n")


class Chapter10(Example):
    PLUGIN = ("from viztracer.vizplugin import VizPluginBase\n"
              "class CpuTimePlugin(VizPluginBase):\n"
              "    def __init__(self, arg=''):\n        super().__init__()\n        self.arg = arg\n"
              "    def support_version(self):\n        return '0.11.0'\n"
              "    def message(self, m_type, payload):\n"
              "        if m_type == 'event' and payload['when'] == 'pre-save':\n"
              "            return {'action': 'handle_data', 'handler': self.handle}\n"
              "        return {'success': True} if m_type == 'command' else {}\n"
              "    def handle(self, data):\n"
              "        data['traceEvents'].append({'ph': 'i', 'name': 'arg: ' + self.arg, 'pid': 1,"
              " 'tid': 1, 'ts': 1, 's': 'g'})\n"
              "def get_vizplugin(arg):\n    return CpuTimePlugin(arg)\n")

    def setUp(self):
        super().setUp()
        self.put("vizplugins/__init__.py", self.PLUGIN)
        self.put("vizplugins/cpu_time.py", self.PLUGIN)

    def test_by_command(self):
        for words in ("vizplugins", "vizplugins.cpu_time", "vizplugins.cpu_time -f 100"):
            report = self.trace(f'--plugins "{words}" --')
            self.assertEqual([f"arg: {words}"], names(report, "i"))

    def test_inline(self):
        self.inline('import vizplugins\nfrom viztracer import VizTracer\n'
                    'tracer = VizTracer(plugins=["vizplugins.cpu_time"], output_file="1.json")\n'
                    'tracer.start()\ntracer.stop()\ntracer.save()\ntracer.terminate()\n'
                    'tracer = VizTracer(plugins=[vizplugins.CpuTimePlugin()], verbose=0)\n'
                    'tracer.terminate()\n'
                    'with VizTracer(plugins=["vizplugins.cpu_time"], output_file="2.json"):\n'
                    '    abs(1)\n')
        for name in ("1.json", "2.json"):
            self.assertEqual(["arg: vizplugins.cpu_time"], names(self.load(name), "i"))


if __name__ == "__main__":
    unittest.main()
