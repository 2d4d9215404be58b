# SPDX-License-Identifier: Apache-2.0
"""%%viztracer in a real kernel, with and without widgets."""
import importlib.util
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import unittest
import urllib.request

import inlinetest
from inlinetest import InlineTest, load, names, wait_until

HAS_KERNEL = all(importlib.util.find_spec(name) for name in ("ipykernel", "jupyter_client"))


@unittest.skipUnless(inlinetest.HOME == "stock", "a kernel is a program of its own")
@unittest.skipUnless(HAS_KERNEL, "no ipykernel (Debian: python3-ipykernel)")
class Jupyter(InlineTest):
    @classmethod
    def setUpClass(cls):
        """One kernel for all."""
        from jupyter_client.kernelspec import KernelSpec
        from jupyter_client.manager import KernelManager
        home = tempfile.mkdtemp(prefix="jupyter-")
        cls.addClassCleanup(shutil.rmtree, home, ignore_errors=True)
        manager = KernelManager()
        manager._kernel_spec = KernelSpec(argv=[
            sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"])
        manager.start_kernel(stderr=subprocess.DEVNULL,
                             env=dict(os.environ, IPYTHONDIR=home, HOME=home))
        cls.addClassCleanup(manager.shutdown_kernel, now=True)
        cls.client = manager.blocking_client()
        cls.client.start_channels()
        cls.addClassCleanup(cls.client.stop_channels)
        cls.client.wait_for_ready(timeout=120)

    def setUp(self):
        super().setUp()
        self.cell(f"import os, sys; os.chdir({self.folder!r})")
        self.cell("%reload_ext viztracer")

    def cell(self, text):
        """What the cell shows, as texts; a failing cell fails the test."""
        shown = []

        def hear(message):
            content = message["content"]
            if message["msg_type"] == "error":
                shown.append(f"error: {content['ename']}: {content['evalue']}")
            elif message["msg_type"] == "stream":
                shown.append(content["text"])
            elif message["msg_type"] in ("display_data", "execute_result"):
                shown.append(content["data"])
        self.client.execute_interactive(text, timeout=60, output_hook=hear)
        return shown

    def test_a_cell_is_recorded_and_a_button_offered(self):
        shown = self.cell("%%viztracer\ndef f(n):\n    return n + 1\nkept = f(1)\nprint('hello')")
        self.assertEqual("hello\n", shown[0])
        if importlib.util.find_spec("ipywidgets"):
            self.assertTrue(any("application/vnd.jupyter.widget-view+json" in data
                                for data in shown if isinstance(data, dict)), shown)
            self.assertIn("Show VizTracer Report", self.cell(
                "from ipywidgets import Widget\n"
                "print([w.description for w in Widget.widgets.values()\n"
                "       if hasattr(w, 'description')])")[0])
        report = load("viztracer_report.json")
        shown_names = names(report)
        self.assertEqual(1, shown_names.count("f"))
        self.assertIn("builtins.print", shown_names)
        self.assertEqual(["2\n"], self.cell("print(kept)"))

    @unittest.skipUnless(importlib.util.find_spec("ipywidgets"), "no ipywidgets")
    def test_the_button_opens_the_report_once(self):
        browser = os.path.join(self.folder, "browser")
        with open(browser, "w", encoding="utf-8") as f:
            f.write(f'#!/bin/sh\ncd {self.folder}\necho "$1" > new\nmv new address\n')
        os.chmod(browser, 0o700)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.cell(f"os.environ['BROWSER'] = {browser!r}; os.environ['DISPLAY'] = ':0'")
        shown = self.cell(f"%%viztracer -p {port}\nlen('')")
        view = next(data["application/vnd.jupyter.widget-view+json"] for data in shown
                    if isinstance(data, dict))
        click = {"method": "custom", "content": {"event": "click"}}
        self.client.shell_channel.send(self.client.session.msg(
            "comm_msg", {"comm_id": view["model_id"], "data": click}))
        wait_until(lambda: os.path.exists("address"))
        with open("address", encoding="utf-8") as f:
            address = f.read().strip()
        self.assertIn(f":{port}", address)
        with urllib.request.urlopen(address, timeout=30) as page:
            self.assertIn(b"viztracer", page.read().lower())
        self.cell("from viztracer import cellmagic\ncellmagic._viewers[-1].terminate()\n"
                  "cellmagic._viewers[-1].wait(30)")

    def test_without_widgets_a_link_is_offered(self):
        self.cell("sys.modules['ipywidgets'] = None")
        shown = self.cell("%%viztracer --output_file other.json\nlen('')")
        self.assertIn("other.json", shown[-1]["text/html"])
        self.cell("del sys.modules['ipywidgets']")
        self.assertIn("builtins.len", names(load("other.json")))

    def test_the_arguments_of_the_manual(self):
        self.cell("def g(): return len('')\ndef f(): return g()")
        self.cell("%%viztracer -p 8888 --max_stack_depth 2 --ignore_c_function --ignore_frozen\nf()")
        shown = names(load("viztracer_report.json"))
        self.assertEqual((1, 0, 0), (shown.count("f"), shown.count("g"),
                                     shown.count("builtins.len")))
        self.cell("from viztracer import log_sparse\n"
                  "@log_sparse(dynamic_tracer_check=True)\ndef h(): return f()")
        self.cell("%%viztracer --log_sparse\nh()")
        self.assertEqual(["h"], names(load("viztracer_report.json")))

    def test_magics_shell_commands_and_globals_work_in_the_cell(self):
        shown = self.cell("%%viztracer\n!echo from the shell\nx = 5\nexec('y = x')\n"
                          "def use(): return x + y\nprint(use())")
        texts = [text for text in shown if isinstance(text, str)]
        self.assertIn("from the shell", "".join(texts))
        self.assertIn("10\n", "".join(texts))

    def test_a_failing_cell_still_leaves_a_report(self):
        shown = self.cell("%%viztracer\nlen('')\n1 / 0")
        self.assertIn("error: ZeroDivisionError: division by zero", shown)
        self.assertIn("builtins.len", names(load("viztracer_report.json")))

    def test_an_unknown_argument_is_a_usage_error(self):
        self.assertTrue(self.cell("%%viztracer --nonsense\nlen('')")[0].startswith(
            ("error: UsageError", "UsageError")))
        self.assertFalse(os.path.exists("viztracer_report.json"))


if __name__ == "__main__":
    unittest.main()
