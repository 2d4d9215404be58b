# SPDX-License-Identifier: Apache-2.0
"""Requests to a served report: the URLs, the headers, and who is refused."""
import gzip
import json
import re
import struct
import threading
import time
import unittest

from serving import TRACE, Serving, read_answer


class Urls(Serving):
    def setUp(self):
        super().setUp()
        self.write("a.json")
        self.serve("a.json")

    def test_what_scripts_ask_for(self):
        for before in ("", "/x", "/x/y.z"):
            self.assertEqual({}, self.ask(before + "/vizviewer_info").json())
            self.assertEqual(TRACE["file_info"], self.ask(before + "/file_info").json())
            self.assertEqual(TRACE, json.loads(self.ask(before + "/localtrace").body))

    def test_the_page_and_its_files(self):
        for path, kind in (("/", "text/html"), ("/main.js", "text/javascript"),
                           ("/style.css", "text/css"), ("/icon.svg", "image/svg+xml"),
                           ("/engine.wasm", "application/wasm")):
            answer = self.ask(path)
            if path == "/engine.wasm" and answer.status == 404:
                continue  # built without clang for WebAssembly
            self.assertEqual(200, answer.status, path)
            self.assertEqual(kind, answer.headers["content-type"].split(";")[0])
            tag = answer.headers["etag"]
            again = self.ask(path, If_None_Match=tag)
            self.assertEqual((304, b""), (again.status, again.body))
            self.assertEqual(200, self.ask(path, If_None_Match='"0"').status)

    def test_the_index_and_its_state(self):
        index = self.ask("/index")
        self.assertEqual(200, index.status)
        self.assertNotIn("content-encoding", index.headers)
        self.assertTrue(gzip.decompress(index.body))
        info = self.ask("/trace_info").json()
        self.assertEqual({"name": "a.json", "state": "ready", "engine": "page", "error": None,
                          "once": False, "flamegraph": False, "events": 2,
                          "index_bytes": len(index.body), "bytes": info["size"],
                          "size": info["size"]}, info)

    def test_the_engine_answers_queries(self):
        request = struct.pack("<II", 1, 0) + bytes(56)
        answer = self.ask("/query", "POST", request)
        self.assertEqual(200, answer.status)
        status, _, _ = struct.unpack_from("<IId", answer.body)
        meta = json.loads(answer.body[16:].rstrip(b"\0"))
        self.assertEqual((0, 2), (status, meta["slices"]))
        self.assertEqual(405, self.ask("/query").status)
        self.assertEqual(1, struct.unpack_from("<I", self.ask("/query", "POST", b"x").body)[0])

    def test_nothing_else_is_there(self):
        for path in ("/nope", "/index.htm", "/a.json", "/~view/a.json/", "/file_info/"):
            self.assertEqual(404, self.ask(path).status, path)

    def test_head_is_get_without_a_body(self):
        answer = self.ask("/localtrace", "HEAD")
        self.assertEqual((200, b""), (answer.status, answer.body))
        self.assertEqual(len(json.dumps(TRACE)), int(answer.headers["content-length"]))

    def test_every_answer_guards_the_browser(self):
        for path in ("/", "/main.js", "/localtrace", "/nope", "/%00"):
            headers = self.ask(path).headers
            self.assertIn("default-src 'none'", headers["content-security-policy"])
            self.assertNotRegex(headers["content-security-policy"], r"https?:|\*|unsafe-inline")
            self.assertEqual("nosniff", headers["x-content-type-options"])
            self.assertEqual("no-referrer", headers["referrer-policy"])
            self.assertEqual("same-origin", headers["cross-origin-resource-policy"])
            self.assertNotIn("access-control-allow-origin", headers)

    def test_a_report_that_was_saved_anew_is_read_anew(self):
        self.assertEqual(TRACE["file_info"], self.ask("/file_info").json())
        anew = {"files": {"b.py": ["pass\n", 1]}, "functions": {"f (b.py:1)": ["b.py", 1]}}
        self.write("a.json", json.dumps(dict(TRACE, file_info=anew)))
        self.assertEqual(anew, self.ask("/file_info").json())


class Kinds(Serving):
    def test_gzip_stays_gzip(self):
        self.write("a.json.gz")
        self.serve("a.json.gz")
        self.assertEqual(TRACE, json.loads(gzip.decompress(self.ask("/localtrace").body)))
        self.assertEqual(TRACE["file_info"], self.ask("/file_info").json())

    def test_html_is_shown_where_it_can_read_nothing(self):
        self.write("a.html", "<script>1</script>")
        self.serve("a.html")
        for path in ("/", "/x", "/file_info"):
            answer = self.ask(path)
            self.assertEqual((200, b"<script>1</script>"), (answer.status, answer.body))
            policy = answer.headers["content-security-policy"]
            self.assertTrue(policy.startswith("sandbox allow-scripts "), policy)
            self.assertNotIn("allow-same-origin", policy)
            self.assertNotRegex(policy, r"https?:")

    def test_the_engine_stays_in_the_server_when_asked(self):
        self.write("a.json")
        viewer = self.serve("--use_external_processor", "--flamegraph", "a.json")
        self.assertIn("Loading and parsing trace data, this could take a while...\n", viewer.said)
        self.assertEqual((204, b""), (self.ask("/index").status, self.ask("/index").body))
        info = self.ask("/trace_info").json()
        self.assertEqual(("server", True), (info["engine"], info["flamegraph"]))

    def test_requests_wait_until_the_trace_is_ready(self):
        event = '{"ph":"X","pid":1,"tid":1,"ts":%d,"dur":1,"name":"f"}'
        text = ",".join(event % i for i in range(0, 800000, 2))
        self.write("big.json", f'{{"traceEvents":[{text}]}}')
        self.serve("big.json")
        answers = []
        threads = [threading.Thread(target=lambda: answers.append(self.ask("/index").status))
                   for _ in range(8)]
        for thread in threads:
            thread.start()
        states = [self.ask("/trace_info").json()["state"]]
        for thread in threads:
            thread.join()
        self.assertEqual([200] * 8, answers)
        states.append(self.ask("/trace_info").json()["state"])
        self.assertIn(states[0], ("loading", "ready"))
        self.assertEqual("ready", states[1])

    def test_what_is_no_trace_is_told_to_who_waits(self):
        text = '{"traceEvents":[' + '{"ph":"M"},' * 300000 + "}"
        self.write("bad.json", text)
        viewer = self.serve("bad.json")
        answer = self.ask("/index")
        self.assertEqual(422, answer.status)
        self.assertRegex(answer.body, rb"^bad\.json: [^/]+\n$")
        self.assertEqual(1, viewer.wait(timeout=20))


class Attacks(Serving):
    def setUp(self):
        super().setUp()
        self.write("a.json")
        self.serve("a.json")

    def test_other_hosts_are_refused(self):
        for host in ("evil.example", "evil.example:9001", "127.0.0.1.evil.example",
                     "localhost.evil.example", "127.0.0.1@evil.example", "0.0.0.0", "[::1",
                     "[::]", "127.0.0.1:", "127.0.0.1:x", "localhost:123456", "localhost.",
                     "127.0.0.2", "[::1]x", "[::ffff:127.0.0.1]", "2130706433", ":80"):
            self.assertEqual(421, self.ask("/file_info", host=host).status, host)
        for host in ("localhost", "LocalHost:1", "127.0.0.1", "[::1]:65535"):
            self.assertEqual(200, self.ask("/file_info", host=host).status, host)

    def test_other_sites_are_refused(self):
        own = f"http://127.0.0.1:{self.port}"
        for origin in ("https://evil.example", "null", "http://localhost:1", own + "0",
                       own + "/", "https" + own[4:], "https://ui.perfetto.dev.evil.example"):
            answer = self.ask("/localtrace", Origin=origin)
            self.assertEqual(403, answer.status, origin)
            self.assertNotIn("access-control-allow-origin", answer.headers)
        self.assertEqual(200, self.ask("/localtrace", Origin=own).status)
        for site in ("cross-site", "same-site", "nonsense"):
            self.assertEqual(403, self.ask("/", Sec_Fetch_Site=site).status)
            self.assertEqual(403, self.ask("/localtrace", Sec_Fetch_Site=site,
                                           Sec_Fetch_Mode="no-cors").status)
            self.assertEqual(403, self.ask("/", Sec_Fetch_Site=site, Sec_Fetch_Dest="iframe",
                                           Sec_Fetch_Mode="navigate").status)
            link = self.ask("/", Sec_Fetch_Site=site, Sec_Fetch_Dest="document",
                            Sec_Fetch_Mode="navigate")
            self.assertEqual(200, link.status)  # somebody followed a link
        self.assertEqual(200, self.ask("/", Sec_Fetch_Site="same-origin").status)

    def test_methods(self):
        for method in ("PUT", "DELETE", "TRACE", "CONNECT", "OPTIONS", "PATCH", "FOO", "get"):
            self.assertEqual(405, self.ask("/", method).status, method)
        self.assertEqual(405, self.ask("/", "POST", b"abc").status)

    def test_paths(self):
        for path in ("/../etc/passwd", "/%2e%2e/etc/passwd", "/..%2fetc%2fpasswd", "/a/./b",
                     "//etc/passwd", "/%00", "/localtrace%00.html", "/%", "/%4", "/%zz", "*",
                     "file:///etc/passwd", "http://evil.example/"):
            self.assertEqual(400, self.ask(path).status, path)
        self.assertEqual(200, self.ask(f"http://127.0.0.1:{self.port}/file_info").status)
        self.assertEqual(414, self.ask("/" + "a" * 5000).status)
        self.assertEqual(404, self.ask("/" + "a" * 4000).status)

    def test_bodies_that_are_too_large_are_not_read(self):
        with self.connect() as connection, connection.makefile("rb") as stream:
            connection.sendall(b"POST /query HTTP/1.1\r\nHost: localhost\r\n"
                               b"Content-Length: 9000000\r\n\r\n")
            try:
                for _ in range(90):
                    connection.sendall(bytes(100000))
                self.assertIsNone(read_answer(stream))
            except (BrokenPipeError, ConnectionResetError):
                pass
        self.assertEqual(200, self.ask("/file_info").status)

    def test_a_header_that_never_ends_is_not_waited_for(self):
        with self.connect() as silent, self.connect() as dribbling:
            silent.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1")
            dribbling.sendall(b"GET / HTTP/1.1\r\n")
            began = time.monotonic()
            silent.settimeout(0.5)
            dribbling.settimeout(0.5)
            open_ones = {silent, dribbling}
            while open_ones and time.monotonic() - began < 12:
                for one in list(open_ones):
                    try:
                        if one is dribbling:
                            one.sendall(b"X")
                        if not one.recv(100):
                            open_ones.remove(one)
                    except TimeoutError:
                        pass
                    except OSError as error:
                        if "timed out" not in str(error):
                            open_ones.remove(one)
            self.assertFalse(open_ones)
            self.assertLess(time.monotonic() - began, 10.9)


class Perfetto(Serving):
    def test_its_page_may_read_the_trace_only_and_only_when_asked_for(self):
        self.write("a.json")
        site = {"Origin": "https://ui.perfetto.dev", "Sec_Fetch_Site": "cross-site",
                "Sec_Fetch_Mode": "cors"}
        self.serve("a.json")
        self.assertEqual(403, self.ask("/localtrace", **site).status)
        plain = self.ask("/localtrace", Origin=site["Origin"])
        self.assertNotIn("access-control-allow-origin", plain.headers)
        self.serve("--perfetto", "a.json")
        answer = self.ask("/localtrace", **site)
        self.assertEqual((200, site["Origin"]),
                         (answer.status, answer.headers["access-control-allow-origin"]))
        self.assertEqual(204, self.ask("/localtrace", "OPTIONS", **site).status)
        for path in ("/", "/file_info", "/query"):
            answer = self.ask(path, **site)
            self.assertEqual(403, answer.status, path)
            self.assertNotIn("access-control-allow-origin", answer.headers)
        self.assertEqual(403, self.ask("/localtrace", Origin="https://evil.example").status)


class OtherMachines(Serving):
    def test_they_need_the_token(self):
        self.write("a.json")
        viewer = self.serve("--host", "0.0.0.0", "a.json")
        token = re.search(r"\?token=([0-9a-f]{32})\n", viewer.said).group(1)
        for path in ("/", "/file_info", "/?token=", "/?token=" + "0" * 32, "/?token=" + token[:-1]):
            self.assertEqual(403, self.ask(path).status, path)
        answer = self.ask("/?token=" + token)
        self.assertEqual((302, "/"), (answer.status, answer.headers["location"]))
        cookie = answer.headers["set-cookie"]
        self.assertRegex(cookie, rf"^viztracer_{self.port}={token}; HttpOnly; SameSite=Strict;")
        cookie = cookie.split(";", maxsplit=1)[0]
        self.assertEqual(200, self.ask("/file_info", Cookie="a=b; " + cookie).status)
        self.assertEqual(403, self.ask("/file_info", Cookie=cookie[:-1]).status)
        self.assertEqual(403, self.ask("/file_info", Cookie="x" + cookie).status)
        self.assertEqual(200, self.ask("/file_info", host="10.1.2.3", Cookie=cookie).status)
        self.assertEqual(421, self.ask("/file_info", host="evil.example", Cookie=cookie).status)
        self.assertIn("other machines can reach this", self.end(viewer)[2])

    def test_loopback_needs_none(self):
        self.write("a.json")
        self.serve("--host", "127.0.0.1", "a.json")
        self.assertEqual(200, self.ask("/file_info").status)


if __name__ == "__main__":
    unittest.main()
