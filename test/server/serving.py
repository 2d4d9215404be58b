# SPDX-License-Identifier: Apache-2.0
"""What the tests of the server share: a vizviewer that runs, and requests byte for byte."""
import gzip
import json
import os
import re
import signal
import socket
import subprocess
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
VIZTRACER = os.environ.get("VIZTRACER", os.path.join(ROOT, "build", "viztracer"))
VIZVIEWER = os.path.join(os.path.dirname(VIZTRACER), "vizviewer")
TRACE = {"traceEvents": [
    {"ph": "X", "pid": 7, "tid": 7, "ts": 1000.0, "dur": 5.0, "name": "f (a.py:1)"},
    {"ph": "X", "pid": 7, "tid": 7, "ts": 1001.0, "dur": 2.0, "name": "g (a.py:2)"}],
         "file_info": {"files": {"a.py": ["def f():\n    g()\n", 2]},
                       "functions": {"f (a.py:1)": ["a.py", 1]}}}


class Answer:
    """One HTTP answer: status, headers (lower case) and body."""

    def __init__(self, head, body):
        lines = head.decode("latin-1").split("\r\n")
        self.status = int(lines[0].split()[1])
        self.headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            self.headers[name.lower()] = value.strip()
        self.body = body

    def json(self):
        return json.loads(self.body)


def read_answer(stream, is_head=False):
    """The next answer of a connection; None when it was closed."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = stream.readline()
        if not byte:
            return None
        head += byte
    answer = Answer(head[:-4], b"")
    size = int(answer.headers.get("content-length", 0))
    if not is_head and answer.status not in (204, 304):
        answer.body = stream.read(size)
    return answer


class Serving(unittest.TestCase):
    """A test with a folder of its own and servers that end with it."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="viewer-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.port = 0

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def write(self, name, content=None):
        """A report under that name; text and bytes as they are."""
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        content = json.dumps(TRACE) if content is None else content
        data = content if isinstance(content, bytes) else content.encode()
        with open(path, "wb") as f:
            f.write(gzip.compress(data) if name.endswith(".gz") else data)
        return path

    def environment(self, **more):
        gone = ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")
        return dict({k: v for k, v in os.environ.items() if k not in gone}, **more)

    def start(self, *words, **more):
        viewer = subprocess.Popen([VIZVIEWER, *words], cwd=self.folder, text=True,
                                  env=self.environment(**more), stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(viewer.stderr.close)
        self.addCleanup(viewer.stdout.close)
        self.addCleanup(viewer.wait)
        self.addCleanup(viewer.kill)
        return viewer

    def serve(self, *words, **more):
        """Starts one on a free port and waits until it listens."""
        viewer = self.start("-s", "-p", "0", *words, **more)
        viewer.said = ""
        while "http://" not in viewer.said:
            line = viewer.stdout.readline()
            self.assertTrue(line, viewer.stderr.read() if not line else "")
            viewer.said += line
        self.port = int(re.search(r"http://[^/ ]*:(\d+)", viewer.said).group(1))
        return viewer

    def end(self, viewer, number=signal.SIGINT):
        """Ends it. Returns its exit status and what it said on the two streams."""
        viewer.send_signal(number)
        out, err = viewer.communicate(timeout=20)
        return viewer.returncode, getattr(viewer, "said", "") + out, err

    def run_viewer(self, *words, **more):
        run = subprocess.run([VIZVIEWER, *words], cwd=self.folder, text=True, timeout=60,
                             env=self.environment(**more), stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        return run.returncode, run.stdout, run.stderr

    def connect(self, timeout=20):
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=timeout)
        self.addCleanup(connection.close)
        return connection

    def ask(self, path, method="GET", body=b"", host=None, **headers):
        """One request on a connection of its own; header names are written with "_"."""
        host = host or f"127.0.0.1:{self.port}"
        lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", "Connection: close"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        if body:
            lines.append(f"Content-Length: {len(body)}")
        with self.connect() as connection, connection.makefile("rb") as stream:
            connection.sendall("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body)
            return read_answer(stream, method == "HEAD")
