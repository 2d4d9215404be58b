# SPDX-License-Identifier: Apache-2.0
"""The report server: programs send their reports to it, also from other machines."""
import json
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
VIZTRACER = os.environ.get("VIZTRACER", os.path.join(ROOT, "build", "viztracer"))
TRACE = {"traceEvents": [{"ph": "X", "pid": 7, "tid": 7, "ts": 1000.0, "dur": 5.0, "name": "far"}],
         "viztracer_metadata": {"version": "2.0.0", "overflow": False,
                                "baseTimeNanoseconds": 5000000}}


class Client:
    """One that speaks the protocol of core/io/wire.h by hand."""

    def __init__(self, address, token="-"):
        host, port = address.rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)), timeout=20)
        self.file = self.socket.makefile("rwb")
        assert self.file.readline() == b"VIZTRACER 1\n"
        self.say(f"HELLO {token}")

    def say(self, line):
        self.file.write(line.encode() + b"\n")
        self.file.flush()

    def hear(self):
        return self.file.readline()

    def send(self, text, shift=0, boot_id="elsewhere", whole=True):
        self.say(f"REPORT {boot_id} {shift} 250 7 far.host")
        for at in range(0, len(text), 7):
            piece = text[at:at + 7]
            self.file.write(struct.pack(">I", len(piece)) + piece)
        self.file.write(struct.pack(">I", 0) if whole else b"")
        self.file.flush()
        return self.hear() if whole else b""

    def close(self):
        self.file.close()
        self.socket.close()


# A plugin that adds an event to what is saved.
MARKS = """
import os
from viztracer.vizplugin import VizPluginBase
def get_vizplugin(arg):
    return Marks()
class Marks(VizPluginBase):
    def support_version(self):
        return "0.10.5"
    def message(self, m_type, payload):
        if payload.get("when") != "pre-save":
            return {"success": True}
        def add(data):
            data["traceEvents"].append({"name": "mark", "ph": "i", "ts": 1, "s": "p",
                                        "pid": os.getpid(), "tid": os.getpid()})
        return {"action": "handle_data", "handler": add}
"""


class ReportServer(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="server-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.report = os.path.join(self.folder, "all.json")

    def environment(self, **more):
        clean = {k: v for k, v in os.environ.items() if not k.startswith("VIZTRACER_REPORT")}
        return dict(clean, TMPDIR=self.folder, VIZTRACER_PYTHON=sys.executable, **more)

    def serve(self, endpoint="127.0.0.1:0", *words, **more):
        server = subprocess.Popen([VIZTRACER, "--report_server", endpoint, "-o", self.report,
                                   *words], cwd=self.folder, env=self.environment(**more),
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE)
        self.addCleanup(server.stderr.close)
        self.addCleanup(server.stdout.close)
        self.addCleanup(server.wait)
        self.addCleanup(server.kill)
        line = server.stdout.readline().decode()
        self.assertRegex(line, r"^Report server started at \S+:[1-9][0-9]*\n$")
        return server, line.split()[-1]

    def end(self, server):
        out, err = server.communicate(timeout=60)
        return server.returncode, out.decode(), err.decode()

    def run_client(self, address, code, *words, **more):
        return subprocess.run([VIZTRACER, "--report_endpoint", address, *words, "-c", code],
                              cwd=self.folder, env=self.environment(**more), check=False,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=60)

    def load(self):
        with open(self.report, encoding="utf-8") as f:
            return json.load(f)

    def functions(self):
        return {e["name"].split(" ")[0] for e in self.load()["traceEvents"] if e["ph"] == "X"}

    def test_programs_become_one_report(self):
        server, address = self.serve()
        place = Client(address)  # it waits for the second as long as somebody is there
        for name in ("first", "second"):
            run = self.run_client(address, f"def {name}(): pass\n{name}()")
            self.assertEqual((run.returncode, run.stderr), (0, b""))
            self.assertIn(b"Saving trace data", run.stdout)
            self.assertNotIn(b"Total Entries", run.stdout)
        place.close()
        status, out, err = self.end(server)
        self.assertEqual((status, err), (0, ""))
        self.assertIn("Total Entries:", out)
        self.assertLessEqual({"first", "second"}, self.functions())
        self.assertEqual(len({e["pid"] for e in self.load()["traceEvents"]}), 2)
        self.assertNotIn("combined", self.load()["viztracer_metadata"])  # one clock
        self.assertEqual(os.listdir(self.folder), ["all.json"])

    def test_children_and_the_variable(self):
        server, address = self.serve()
        code = ("import subprocess, sys\n"
                "subprocess.run([sys.executable, '-c', 'def child(): pass\\nchild()'])")
        run = subprocess.run([VIZTRACER, "--quiet", "-c", code], cwd=self.folder, check=False,
                             env=self.environment(VIZTRACER_REPORT_SERVER_ENDPOINT=address),
                             stdout=subprocess.PIPE, timeout=60)
        self.assertEqual((run.returncode, run.stdout), (0, b""))
        self.assertEqual(self.end(server)[0], 0)
        self.assertIn("child", self.functions())

    def put_marks(self):
        with open(os.path.join(self.folder, "marks.py"), "w", encoding="utf-8") as f:
            f.write(MARKS)

    def run_inline(self, code, **more):
        package = os.path.join(os.path.dirname(VIZTRACER), "python")
        return subprocess.run([sys.executable, "-c", "from viztracer import VizTracer\n" + code],
                              cwd=self.folder, env=self.environment(PYTHONPATH=package, **more),
                              check=False, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              timeout=60)

    def test_tracers_of_a_stock_python_send_theirs(self):
        server, address = self.serve()
        place = Client(address)
        run = self.run_inline(f"with VizTracer(report_endpoint='{address}'): [].append(1)")
        self.assertEqual((run.returncode, run.stderr), (0, b""))
        run = self.run_inline("with VizTracer(): dict()",
                              VIZTRACER_REPORT_SERVER_ENDPOINT=address)
        self.assertEqual((run.returncode, run.stderr), (0, b""))
        place.close()
        self.assertEqual(self.end(server)[0], 0)
        self.assertEqual(len({e["pid"] for e in self.load()["traceEvents"]}), 2)
        self.assertEqual(os.listdir(self.folder), ["all.json"])

    def test_what_a_plugin_made_of_a_report_is_sent(self):
        self.put_marks()
        server, address = self.serve()
        place = Client(address)
        run = self.run_client(address, "def first(): pass\nfirst()", "--plugins", "marks",
                              PYTHONPATH=self.folder, PYTHONDONTWRITEBYTECODE="1")
        self.assertEqual((run.returncode, run.stderr), (0, b""))
        run = self.run_inline(f"with VizTracer(report_endpoint='{address}', plugins=['marks']):\n"
                              "    def second(): pass\n    second()", PYTHONDONTWRITEBYTECODE="1")
        self.assertEqual((run.returncode, run.stderr), (0, b""))
        place.close()
        self.assertEqual(self.end(server)[0], 0)
        self.assertLessEqual({"first", "second"}, self.functions())
        marks = [e["pid"] for e in self.load()["traceEvents"] if e["name"] == "mark"]
        self.assertEqual(len(set(marks)), 2)
        self.assertEqual(sorted(os.listdir(self.folder)), ["all.json", "marks.py"])

    def test_a_plugins_report_that_finds_no_server_is_told_by_a_warning(self):
        self.put_marks()
        server, address = self.serve()
        run = self.run_inline(f"import os\nwith VizTracer(report_endpoint='{address}',"
                              f" plugins=['marks']): os.kill({server.pid}, 9)\nprint('goes on')")
        self.assertEqual(run.returncode, 0)
        self.assertIn(b"goes on", run.stdout)
        self.assertIn(b"RuntimeWarning: Report server has ended before saving", run.stderr)

    def test_a_server_that_leaves_an_inline_tracer_is_told_by_a_warning(self):
        server, address = self.serve()
        run = self.run_inline(f"import os\nwith VizTracer(report_endpoint='{address}'):"
                              f" os.kill({server.pid}, 9)\nprint('goes on')")
        self.assertEqual(run.returncode, 0)
        self.assertIn(b"goes on", run.stdout)
        self.assertIn(b"RuntimeWarning: Report server has ended before saving", run.stderr)
        run = self.run_inline(f"VizTracer(report_endpoint='{address}').start()")
        self.assertEqual(run.returncode, 1)
        self.assertIn(b"Connection refused", run.stderr)

    def test_a_program_that_dies_sends_its_report_all_the_same(self):
        server, address = self.serve()
        run = self.run_client(address, "import os\ndef late(): os.kill(os.getpid(), 9)\nlate()")
        self.assertEqual(run.returncode, -signal.SIGKILL)
        self.assertEqual(self.end(server)[0], 0)
        self.assertIn("late", self.functions())

    def test_another_machines_clock_is_shifted(self):
        server, address = self.serve()
        client = Client(address)
        self.assertEqual(client.hear(), b"WELCOME\n")
        client.say("CLOCK")
        self.assertAlmostEqual(int(client.hear()), time.monotonic_ns(), delta=10**10)
        self.assertEqual(client.send(json.dumps(TRACE).encode(), shift=2000000), b"OK\n")
        client.close()
        self.assertEqual(self.end(server)[0], 0)
        event, = [e for e in self.load()["traceEvents"] if e["name"] == "far"]
        self.assertEqual(event["ts"], 3000)
        metadata = self.load()["viztracer_metadata"]
        self.assertEqual(metadata["baseTimeNanoseconds"], 3000000)
        self.assertEqual(metadata["combined"],
                         [{"file": "far.host:7", "shift": 2000, "uncertainty": 0.25}])

    def test_others_than_this_machine_need_the_token(self):
        server, address = self.serve("0.0.0.0:0")
        token = re.search("VIZTRACER_REPORT_TOKEN=([0-9a-f]{32})\n",
                          server.stdout.readline().decode())[1]
        address = address.replace("0.0.0.0", "127.0.0.1")
        for wrong in ("-", token[:-1] + "x"):
            client = Client(address, wrong)
            self.assertEqual(client.hear(), b"")
            client.close()
        run = self.run_client(address, "1")
        self.assertEqual(run.returncode, 1)
        self.assertIn(b"VIZTRACER_REPORT_TOKEN", run.stdout)
        run = self.run_client(address, "def allowed(): pass\nallowed()",
                              VIZTRACER_REPORT_TOKEN=token)
        self.assertEqual((run.returncode, run.stderr), (0, b""))
        status, _, err = self.end(server)
        self.assertEqual((status, err.count("its token is wrong")), (0, 3))
        self.assertIn("allowed", self.functions())

    def test_what_is_not_a_report_is_left_out(self):
        server, address = self.serve(VIZTRACER_MAX_REPORT_BYTES="4000")
        place = Client(address)
        self.assertEqual(place.hear(), b"WELCOME\n")
        for wrong in (b"GET / HTTP/1.1\r\n\r\n", b"HELLO -\nREPORT x\n", b"x" * 600,
                      b"HELLO -\nREPORT b 0 0 1 h\n\xff\xff\xff\xff",
                      b"HELLO -\nREPORT b 0 0 1 ../../etc/x\n" + b"\0\0\x0f\x00" + b" " * 3840
                      + b"\0\0\x0f\x00"):
            with socket.create_connection(address.split(":"), timeout=20) as raw:
                raw.sendall(wrong)
                while raw.recv(4096):
                    pass
        cut, wrong = Client(address), Client(address)
        self.assertEqual((cut.hear(), wrong.hear()), (b"WELCOME\n",) * 2)
        cut.send(b"{", whole=False)
        cut.close()
        self.assertEqual(wrong.send(b'{"traceEvents": [}'), b"OK\n")
        wrong.close()
        good = Client(address)
        self.assertEqual(good.hear(), b"WELCOME\n")
        self.assertEqual(good.send(json.dumps(TRACE).encode()), b"OK\n")
        good.close()
        place.close()
        status, _, err = self.end(server)
        self.assertEqual(status, 3, err)
        for sentence in ("does not speak our protocol", "has no description", "too long a line",
                         "too long a piece", "larger than VIZTRACER_MAX_REPORT_BYTES",
                         "is not whole", "unexpected '}'"):
            self.assertIn(sentence, err)
        self.assertEqual(self.functions(), {"far"})
        self.assertEqual(os.listdir(self.folder), ["all.json"])

    def test_nothing_came(self):
        server, _ = self.serve()
        server.send_signal(signal.SIGINT)
        status, out, err = self.end(server)
        self.assertEqual((status, err), (0, ""))
        self.assertIn("No reports collected, nothing to save.", out)
        self.assertFalse(os.path.exists(self.report))

    def test_status_texts_as_lines(self):
        server, address = self.serve("127.0.0.1:0|append_newline")
        self.run_client(address, "1")
        self.assertIn("Combining trace data\n", self.end(server)[1])

    def test_wrong_endpoints_are_refused(self):
        for endpoint, sentence in (("nowhere", "should be in host:port format"),
                                   ("127.0.0.1:0|foo", "Unknown report_server config: foo"),
                                   ("127.0.0.1:99999", "should be in host:port format")):
            run = subprocess.run([VIZTRACER, "--report_server", endpoint], check=False,
                                 cwd=self.folder, env=self.environment(),
                                 stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=60)
            self.assertEqual(run.returncode, 1)
            self.assertIn(sentence, run.stdout.decode())

    def test_a_server_that_is_not_there_is_told_before_the_program_runs(self):
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            run = self.run_client("127.0.0.1:%d" % unused.getsockname()[1], "print('ran')")
        self.assertNotEqual(run.returncode, 0)
        self.assertNotIn(b"ran", run.stdout)
        self.assertIn(b"Connection refused", run.stderr)

    def test_a_server_that_goes_away_costs_no_data(self):
        server, address = self.serve()
        code = f"import os\nos.kill({server.pid}, 9)\ndef kept(): pass\nkept()"
        run = self.run_client(address, code)
        self.assertEqual(run.returncode, 74)
        # Which of them depends on whether its socket is closed yet.
        self.assertRegex(run.stderr, b"Connection (refused|reset by peer)")
        run_dir = re.search(rb"--recover (\S+)", run.stderr)[1].decode()
        subprocess.run([VIZTRACER, "--quiet", "--recover", run_dir, "-o", self.report], check=True,
                       cwd=self.folder, env=self.environment(), timeout=60)
        self.assertIn("kept", self.functions())


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v"] + sys.argv[1:])
