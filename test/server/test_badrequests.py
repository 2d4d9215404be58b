# SPDX-License-Identifier: Apache-2.0
"""Every request of the shared collection of bad ones gets what its MANIFEST.tsv says.

VIZTRACER_SHARED names the folder that holds it (default: ../shared beside this tree); exit status
77 without it. Afterwards the server must still answer.
"""
import io
import os
import re
import socket
import sys
import time
import unittest

from serving import ROOT, Serving, read_answer

BADINPUTS = os.path.join(os.environ.get("VIZTRACER_SHARED") or
                         os.path.join(os.path.dirname(ROOT), "shared"), "badinputs")
PORT = b"9001"  # in the requests as they were written
ACCEPTED_ORIGIN = "origin_perfetto"
CLOSES_AFTER_S = 10
SECRET = b"root:"  # what /etc/passwd begins with


def read_manifest():
    """name -> what is to become of it."""
    rows = {}
    with open(os.path.join(BADINPUTS, "MANIFEST.tsv"), encoding="utf-8") as f:
        for line in f:
            path, _, wanted = line.rstrip("\n").split("\t")
            if path.startswith("http/"):
                rows[path[5:-5]] = wanted
    return rows


def read_answers(received):
    """The status codes of the answers, up to the one that closes the connection: behind the head
    of an error of its own libmicrohttpd 0.9.75 sends the head once more."""
    stream, statuses = io.BytesIO(received), []
    while answer := read_answer(stream):
        statuses.append(answer.status)
        if answer.headers.get("connection") == "close":
            break
    return statuses


def read_statuses(wanted):
    """The status codes that the sentence names."""
    return {int(word) for word in re.findall(r"\b[1-5]\d\d\b", wanted) if int(word) >= 200}


class BadRequests(Serving):
    def send(self, name):
        """All that comes back until the connection is closed, and after how many seconds."""
        with open(os.path.join(BADINPUTS, "http", name + ".http"), "rb") as f:
            request = f.read().replace(b":" + PORT, b":%d" % self.port)
        began = time.monotonic()
        answer = b""
        with self.connect(timeout=3 * CLOSES_AFTER_S) as connection:
            try:
                connection.sendall(request)
                if name in ("http09", "pipeline_100"):  # else the server may wait for more
                    connection.shutdown(socket.SHUT_WR)
                while more := connection.recv(65536):
                    answer += more
            except ConnectionError:
                pass  # closed by the server before it read all
        return answer, time.monotonic() - began

    def check(self, name, wanted):
        answer, seconds = self.send(name)
        statuses = read_answers(answer)
        self.assertNotIn(SECRET, answer)
        if name == "pipeline_100":
            self.assertEqual(statuses, [200] * 100)
            return
        self.assertLessEqual(len(statuses), 1, answer[:500])
        may_close = "close" in wanted
        if not may_close or statuses:
            self.assertIn(statuses[0] if statuses else None, read_statuses(wanted), answer[:300])
        self.assertLess(seconds, CLOSES_AFTER_S + 5)
        allows = b"access-control-allow-origin" in answer.lower()
        self.assertEqual(allows, name == ACCEPTED_ORIGIN, answer[:500])

    def test_every_request_of_the_collection(self):
        rows = read_manifest()
        files = {name[:-5] for name in os.listdir(os.path.join(BADINPUTS, "http"))}
        self.assertEqual(set(rows), files)
        self.write("a.json")
        viewer = self.serve("--perfetto", "a.json")
        for name, wanted in rows.items():
            with self.subTest(name=name, wanted=wanted):
                self.check(name, wanted)
        self.assertEqual(self.ask("/").status, 200)
        self.assertEqual(self.end(viewer)[0], 0)


if __name__ == "__main__":
    if not os.path.isdir(os.path.join(BADINPUTS, "http")):
        print(f"skipped: there is no {BADINPUTS}")
        sys.exit(77)
    unittest.main(argv=[sys.argv[0], "-v"] + sys.argv[1:])
