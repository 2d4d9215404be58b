# SPDX-License-Identifier: Apache-2.0
"""The command vizviewer: its options, what it says, its exit statuses, and when it ends."""
import os
import signal
import socket
import stat
import subprocess
import sys
import time
import unittest

from serving import VIZTRACER, Serving


class Words(Serving):
    def test_one_file_is_needed(self):
        for words in ((), ("a.json", "b.json"), ("--port",), ("--nonsense", "a.json"),
                      ("-p", "x", "a.json"), ("--o=1", "a.json"), ("--ho",)):
            status, out, err = self.run_viewer(*words)
            self.assertEqual((2, ""), (status, out), words)
            self.assertIn("usage: vizviewer", err)
            self.assertIn("vizviewer: error: ", err)

    def test_help_names_every_option(self):
        status, out, _ = self.run_viewer("-h")
        self.assertEqual(0, status)
        for option in ("--server_only", "--port", "--host", "--once", "--timeout",
                       "--use_external_processor", "--flamegraph", "--perfetto"):
            self.assertIn(option, out)

    def test_files_that_cannot_be_shown(self):
        self.write("hello.py", "print()")
        for words, told in (
                (("nofile.json",), "File nofile.json does not exist!\n"),
                (("hello.py",), "Do not support file type hello.py\n"),
                ((".", "--use_external_processor"),
                 "You can't use --use_external_processor on a directory\n"),
                (("hello.json", "--once", "--use_external_processor"),
                 "You can't use --once with --use_external_processor\n")):
            self.assertEqual((1, told, ""), self.run_viewer("-s", "-p", "0", *words))

    def test_ports_that_cannot_be(self):
        self.write("a.json")
        for port in ("-3", "65536", "99999999999999999999"):
            status, out, err = self.run_viewer("-s", "--port", port, "a.json")
            self.assertEqual((1, ""), (status, out))
            self.assertEqual(f"vizviewer: --port {port}: it must be 0 to 65535\n", err)

    def test_a_busy_port_and_the_next_one(self):
        self.write("a.json")
        with socket.socket() as busy:
            busy.bind(("127.0.0.1", 0))
            busy.listen()
            port = busy.getsockname()[1]
            status, out, err = self.run_viewer("-s", "--port", str(port), "a.json")
        self.assertEqual(1, status)
        self.assertEqual(f'Error! Port {port} is already in use, try another port with '
                         '"--port"\n', out)
        self.assertRegex(err, r"^vizviewer: port (\d+) is free: --port \1\n$")

    def test_what_is_no_trace_ends_it(self):
        for name, text in (("bad.json", '{"traceEvents": [}'), ("cut.json.gz", None),
                           ("empty.json", "")):
            path = self.write(name, text)
            if text is None:
                os.truncate(path, os.path.getsize(path) - 9)
            status, out, err = self.run_viewer("-s", "-p", "0", name)
            self.assertEqual(1, status)
            self.assertIn("Running vizviewer\n", out)
            self.assertRegex(err, rf"^vizviewer: {name}: [^\n]+\n$")


class Browser(Serving):
    def browser(self):
        """A $BROWSER that writes down what it was called with."""
        path = self.path("browser")
        with open(path, "w", encoding="utf-8") as f:
            f.write(f'#!/bin/sh\necho "$@" > {self.folder}/opened.new\n'
                    f"mv {self.folder}/opened.new {self.folder}/opened\n")
        os.chmod(path, stat.S_IRWXU)
        return path

    def opened(self):
        for _ in range(100):
            if os.path.exists(self.path("opened")):
                with open(self.path("opened"), encoding="utf-8") as f:
                    return f.read()
            time.sleep(0.05)
        return self.fail("no browser was opened")

    def test_the_browser_gets_the_address(self):
        self.write("a.json")
        for pattern, words in (("{}", ""), ("/nonsense:{} --new %s now", "--new ")):
            viewer = self.start("-p", "0", "a.json", BROWSER=pattern.format(self.browser()))
            self.assertRegex(self.opened(), rf"^{words}http://127\.0\.0\.1:\d+")
            os.remove(self.path("opened"))
            self.assertEqual(0, self.end(viewer)[0])

    def test_perfetto_is_opened_with_the_trace(self):
        self.write("a.json")
        viewer = self.start("-p", "0", "--perfetto", "a.json", BROWSER=self.browser())
        self.assertRegex(self.opened(), r"^https://ui\.perfetto\.dev/#!/\?url="
                                        r"http://127\.0\.0\.1:\d+/localtrace\n$")
        self.end(viewer)

    def test_without_a_display_the_way_is_told(self):
        self.write("a.json")
        viewer = self.start("-p", "0", "a.json")
        lines = [viewer.stdout.readline() for _ in range(4)]
        self.assertEqual("Running vizviewer\n", lines[0])
        self.assertRegex(lines[1], r"^You can also view your trace on http://localhost:\d+\n$")
        self.assertEqual("Press Ctrl+C to quit\n", lines[2])
        self.assertRegex(lines[3], r"ssh -L (\d+):127\.0\.0\.1:\1 \S+\n$")
        self.assertEqual((0, "", ""), self.end(viewer))


class Open(Serving):
    """viztracer --open, on both rungs of the ladder."""
    opened = Browser.opened

    def test_an_html_report_is_opened_and_waited_for(self):
        self.write("x.py", "print(abs(-1))")
        browser = self.path("fetch")
        with open(browser, "w", encoding="utf-8") as f:
            f.write(f"#!{sys.executable}\nimport os, sys, urllib.request\n"
                    "page = urllib.request.urlopen(sys.argv[1]).read()\n"
                    f"open('{self.folder}/opened.new', 'wb').write(page)\n"
                    f"os.rename('{self.folder}/opened.new', '{self.folder}/opened')\n")
        os.chmod(browser, stat.S_IRWXU)
        environment = self.environment(BROWSER=browser, VIZTRACER_PYTHON=sys.executable,
                                       TMPDIR=self.folder)
        run = subprocess.run([VIZTRACER, "--open", "-o", "r.html", "x.py"], env=environment,
                             cwd=self.folder, stdin=subprocess.DEVNULL, timeout=60,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        self.assertEqual((0, b""), (run.returncode, run.stderr))
        with open(self.path("r.html"), encoding="utf-8") as f:
            self.assertEqual(f.read(), self.opened())

    def test_the_report_of_a_run_is_opened_and_waited_for(self):
        self.write("x.py", "raise SystemExit(3)")
        browser = self.path("fetch")
        with open(browser, "w", encoding="utf-8") as f:
            f.write(f"#!{sys.executable}\nimport os, sys, urllib.request\n"
                    "text = urllib.request.urlopen(sys.argv[1] + '/file_info').read()\n"
                    "text += str([k for k in os.environ if k.startswith('VIZTRACER_S')]).encode()\n"
                    f"open('{self.folder}/opened.new', 'wb').write(text)\n"
                    f"os.rename('{self.folder}/opened.new', '{self.folder}/opened')\n")
        os.chmod(browser, stat.S_IRWXU)
        for rung in ("embed", "exec"):
            environment = self.environment(BROWSER=browser, VIZTRACER_LAUNCH=rung,
                                           VIZTRACER_PYTHON=sys.executable, TMPDIR=self.folder)
            run = subprocess.run([VIZTRACER, "--open", "-o", "r.json", "x.py"], env=environment,
                                 cwd=self.folder, stdin=subprocess.DEVNULL, timeout=60,
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
            self.assertEqual((3, b""), (run.returncode, run.stderr))
            self.assertIn(b"Use the following command to open the report:", run.stdout)
            text = self.opened()
            self.assertIn("raise SystemExit(3)", text)
            self.assertTrue(text.endswith("[]"), text)  # the browser is not recorded
            os.remove(self.path("opened"))


class Ending(Serving):
    def test_signals_end_it_well(self):
        self.write("a.json")
        for number in (signal.SIGINT, signal.SIGTERM):
            viewer = self.serve("a.json")
            self.connect()
            self.assertEqual((0, ""), self.end(viewer, number)[::2])

    def test_killed_and_started_again_on_the_same_port(self):
        self.write("a.json")
        viewer = self.serve("a.json")
        self.assertEqual(200, self.ask("/file_info").status)
        self.connect()
        viewer.kill()
        viewer.wait()
        again = self.start("-s", "-p", str(self.port), "a.json")
        self.assertEqual("Running vizviewer\n", again.stdout.readline())
        again.stdout.readline()
        self.assertEqual(200, self.ask("/file_info").status)

    def ends_within(self, viewer, seconds):
        began = time.monotonic()
        self.assertEqual(0, viewer.wait(timeout=seconds + 20))
        self.assertLess(time.monotonic() - began, seconds)

    def test_once_ends_when_the_page_has_all(self):
        self.write("a.json")
        viewer = self.serve("--once", "a.json")
        for path in ("/", "/main.js", "/trace_info", "/localtrace", "/index"):
            self.assertEqual(200, self.ask(path).status, path)
        self.assertIsNone(viewer.poll())
        self.assertEqual(200, self.ask("/file_info").status)
        self.ends_within(viewer, 2)

    def test_once_ends_after_an_html_report(self):
        self.write("a.html", "<html>")
        viewer = self.serve("--once", "a.html")
        self.assertEqual(b"<html>", self.ask("/whatever").body)
        self.ends_within(viewer, 2)

    def test_once_ends_when_nobody_comes(self):
        self.write("a.json")
        self.ends_within(self.serve("--once", "--timeout", "1", "a.json"), 2)

    def test_once_ends_with_clients_that_are_idle_or_gone(self):
        self.write("a.json")
        viewer = self.serve("--once", "--timeout", "1", "a.json")
        connections = [self.connect() for _ in range(5)]
        connections[0].sendall(b"GET / HT")
        connections[1].sendall(b"GET /localtrace HTTP/1.1\r\nHost: localhost\r\n\r\n")
        connections[1].close()
        self.ends_within(viewer, 2.5)

    def test_once_ends_with_a_client_that_takes_nothing(self):
        self.write("a.json", '{"traceEvents": [], "x": "%s"}' % ("y" * 30000000))
        viewer = self.serve("--once", "--timeout", "1", "a.json")
        self.connect().sendall(b"GET /localtrace HTTP/1.1\r\nHost: localhost\r\n\r\n")
        self.ends_within(viewer, 4)


if __name__ == "__main__":
    unittest.main()
