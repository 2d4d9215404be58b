#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""One-file html reports: whoever writes a report writes one, and what is in it comes back.

Generated reports go json -> html -> json (HTML_EVENTS of them, 20,000; HTML_SEED chooses others):
the values must be those that combine alone makes of them, in their order. Names and arguments that
are markup must not appear in the file.
"""
import gzip
import json
import os
import random
import re
import signal
import stat
import subprocess
import sys
import tempfile
import time
import unittest

import test_cvf

VIZTRACER = os.environ["VIZTRACER"]
VIZVIEWER = os.path.join(os.path.dirname(VIZTRACER), "vizviewer")
EVENTS = int(os.environ.get("HTML_EVENTS", "20000"))
SEED = int(os.environ.get("HTML_SEED", "1"))
PAGE_BYTES = 300000
PIECE = b'<script type="text/plain" class="trace">'
EVIL = '</script><script>alert("evil")</script><!--<img src=x onerror=alert(1)>'

PROGRAM = """
import os, sys
def work(n):
    return n and work(n - 1)
work(5)
"""


def freeze(text):
    return json.loads(text, parse_float=lambda t: ("float", t), parse_int=lambda t: ("int", t))


class Html(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.environment = dict(os.environ, VIZTRACER_PYTHON=sys.executable, TMPDIR=self.folder)

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as f:
            f.write(text)
        return self.path(name)

    def read(self, name):
        with open(self.path(name), "rb") as f:
            return f.read()

    def run_tool(self, *words, status=0, **environment):
        result = subprocess.run(words, cwd=self.folder, env={**self.environment, **environment},
                                capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
        self.assertEqual(status, result.returncode, (words, result.stdout, result.stderr))
        return result

    def trace(self, *words, **more):
        return self.run_tool(VIZTRACER, "--quiet", *words, **more)

    def back(self, name):
        """The report in an html file, by way of combine."""
        self.trace("--combine", self.path(name), "-o", self.path("back.json"))
        return json.loads(self.read("back.json"))

    def expect_html(self, name):
        html = self.read(name)
        self.assertTrue(html.startswith(b"<!DOCTYPE html>"))
        self.assertLess(html.index(PIECE), PAGE_BYTES)
        self.assertTrue(html.endswith(b"</body></html>\n"))
        self.assertEqual(0o600, stat.S_IMODE(os.stat(self.path(name)).st_mode))

    def names(self, report):
        return [e["name"].split(" ")[0] for e in report["traceEvents"] if e["ph"] == "X"]

    # ---- who writes one

    def test_a_traced_program_is_a_page(self):
        self.write("p.py", PROGRAM)
        self.trace("-o", "new/x.html", "p.py")
        self.expect_html("new/x.html")
        report = self.back("new/x.html")
        self.assertEqual(6, self.names(report).count("work"))
        self.assertIn(PROGRAM, [text for text, _ in report["file_info"]["files"].values()])

    def test_a_page_tells_what_json_would(self):
        said = self.run_tool(VIZTRACER, "-o", "x.html", self.write("p.py", PROGRAM)).stdout
        self.assertIn(f"vizviewer {self.path('x.html')}", said)

    def test_children_are_in_the_page(self):
        self.write("p.py", PROGRAM + "import subprocess\n"
                   "subprocess.run([sys.executable, '-c', 'def kid(): pass\\nkid()'])\n")
        self.trace("-o", "x.html", "p.py")
        report = self.back("x.html")
        self.assertIn("kid", self.names(report))
        self.assertEqual(2, len({e["pid"] for e in report["traceEvents"]}))

    def test_the_python_api_saves_pages(self):
        self.write("p.py", "from viztracer import VizTracer\nimport os, stat\n"
                   "def work(): pass\n"
                   "with VizTracer(output_file='a.html', verbose=0) as tracer:\n    work()\n"
                   "tracer.save('b.html')\n")
        self.run_tool(sys.executable, "p.py",
                      PYTHONPATH=os.path.join(os.path.dirname(VIZTRACER), "python"))
        for name in ("a.html", "b.html"):
            self.expect_html(name)
            self.assertIn("work", self.names(self.back(name)))

    def test_a_killed_program_is_recovered_as_a_page(self):
        self.write("p.py", PROGRAM + "import signal\nos.kill(os.getpid(), signal.SIGKILL)\n")
        result = subprocess.run([VIZTRACER, "--quiet", "-o", "x.html", "p.py"], cwd=self.folder,
                                env=self.environment, capture_output=True, text=True, check=False)
        self.assertIn(result.returncode, (-signal.SIGKILL, 128 + signal.SIGKILL))
        deadline = time.monotonic() + 20
        while not os.path.exists(self.path("x.html")) and time.monotonic() < deadline:
            time.sleep(0.1)
        self.expect_html("x.html")
        self.assertEqual(6, self.names(self.back("x.html")).count("work"))

    def test_compressed_reports_become_pages(self):
        self.write("a.json", json.dumps({"traceEvents": test_cvf.generate(50, 3)}))
        self.trace("--combine", "a.json", "-o", "a.html")
        self.trace("--compress", "a.html", "-o", "a.cvf")
        self.trace("--decompress", "a.cvf", "-o", "b.html")
        self.expect_html("b.html")
        self.assertEqual(len(self.back("a.html")["traceEvents"]), len(self.back("b.html")["traceEvents"]))

    # ---- what comes back

    def test_generated_reports_come_back(self):
        rng = random.Random(SEED)
        report = {"traceEvents": test_cvf.generate(EVENTS, SEED),
                  "viztracer_metadata": {"version": "1", "overflow": True, "x": test_cvf.value(rng)},
                  "file_info": {"files": {"/a.py": [EVIL + "\u2028\n", 1]}, "functions": {EVIL: ["/a.py", 1]}},
                  "other": test_cvf.value(rng)}
        self.write("a.json", json.dumps(report, separators=(",", ":"), ensure_ascii=False)
                   .encode("utf-8", "surrogatepass").decode("utf-8", "replace"))
        self.trace("--combine", "a.json", "-o", "direct.json")
        self.trace("--combine", "a.json", "-o", "a.html")
        self.trace("--combine", "a.html", "-o", "b.html")
        self.trace("--combine", "b.html", "-o", "back.json")
        self.assertEqual(freeze(self.read("direct.json")), freeze(self.read("back.json")))

    def test_nothing_of_a_trace_is_in_the_page_as_it_stands(self):
        event = {"ph": "X", "pid": 1, "tid": EVIL, "ts": 1, "dur": 1, "name": EVIL, "cat": EVIL, "args": {EVIL: EVIL}}
        self.write("a.json", json.dumps({"traceEvents": [event], EVIL: EVIL,
                                         "file_info": {"files": {EVIL: [EVIL, 1]}, "functions": {}}}))
        self.trace("--combine", "a.json", "-o", "a.html")
        self.write("empty.json", '{"traceEvents": []}')
        self.trace("--combine", "empty.json", "-o", "empty.html")
        html, empty = self.read("a.html"), self.read("empty.html")
        self.assertEqual(html[:html.index(PIECE)], empty[:empty.index(PIECE)])
        self.assertEqual(html.count(b"<"), empty.count(b"<"))
        self.assertEqual([event], [e for e in self.back("a.html")["traceEvents"] if e["ph"] == "X"])

    # ---- who reads one

    def test_info_and_reports_read_a_page(self):
        self.write("p.py", PROGRAM)
        self.trace("-o", "x.html", "p.py")
        info = json.loads(self.run_tool(VIZVIEWER, "--info", "x.html", "--json").stdout)
        self.assertGreaterEqual(info["slices"], 6)
        self.assertIn("work", self.run_tool(VIZTRACER, "--report", "x.html").stdout)

    def test_pages_and_other_reports_are_combined(self):
        for name, pid in (("a", 1), ("b", 2)):
            self.write(f"{name}.json", json.dumps({"traceEvents": [
                {"ph": "X", "pid": pid, "tid": 1, "ts": 5, "dur": 1, "name": name}]}))
        self.trace("--combine", "a.json", "-o", "a.html")
        with gzip.open(self.path("b.json.gz"), "wb") as f:
            f.write(self.read("b.json"))
        self.trace("--combine", "a.html", "b.json.gz", "-o", "both.html")
        self.assertEqual(["a", "b"], self.names(self.back("both.html")))

    def test_other_html_files_are_refused_by_name(self):
        self.write("x.html", "<!DOCTYPE html><script>json_data = {}</script>")
        said = self.trace("--combine", "x.html", "-o", "y.json", status=1).stderr
        self.assertIn("x.html: an html file that holds no report", said)
        self.assertFalse(os.path.exists(self.path("y.json")))

    # ---- limits

    def test_too_many_events_for_a_page_are_refused_and_nothing_is_lost(self):
        self.write("p.py", PROGRAM)
        self.write("x.html", "before")
        said = self.trace("-o", "x.html", "p.py", status=74, VIZTRACER_MAX_HTML_EVENTS="3").stderr
        self.assertIn("more than 3 events", said)
        self.assertIn("vizviewer", said)
        self.assertEqual(b"before", self.read("x.html"))
        view = re.search(r"look at it with: vizviewer (\S+)\n", said)
        info = json.loads(self.run_tool(VIZVIEWER, "--info", view.group(1), "--json").stdout)
        self.assertGreaterEqual(info["slices"], 6)
        recover = re.search(r"get it with: viztracer (--recover \S+) -o result.json.gz\n", said)
        self.trace(*recover.group(1).split(), "-o", "x.json")
        self.assertEqual(6, self.names(json.loads(self.read("x.json"))).count("work"))

    def test_too_many_events_to_combine_are_refused(self):
        self.write("a.json", json.dumps({"traceEvents": test_cvf.generate(20, 1)}))
        said = self.trace("--combine", "a.json", "-o", "x.html", status=1, VIZTRACER_MAX_HTML_EVENTS="19").stderr
        self.assertIn("save it as .json.gz and open that with vizviewer: more than 19 events", said)
        self.assertFalse(os.path.exists(self.path("x.html")))
        self.trace("--combine", "a.json", "-o", "x.html", VIZTRACER_MAX_HTML_EVENTS="21")


if __name__ == "__main__":
    unittest.main()
