# SPDX-License-Identifier: Apache-2.0
"""A directory that is served: its listing, its reports, and nothing outside of it."""
import json
import os
import re
import unittest

from serving import TRACE, Serving


class Directory(Serving):
    def setUp(self):
        super().setUp()
        self.write("Beta.json")
        self.write("alpha.html", "<html>")
        self.write("sub/deep/c.json.gz")
        self.write("notes.txt", "x")
        self.write("index.html", "<html>index")
        self.write("<img src=x onerror=alert(1)>&.json")
        self.serve(".")

    def names(self, path="/"):
        """The links of a listing."""
        answer = self.ask(path)
        self.assertEqual(200, answer.status)
        self.assertIn(b"Directory listing for /", answer.body)
        return re.findall(r'<td><a href="\./([^"?]*)"', answer.body.decode())

    def test_reports_and_directories_are_listed_by_name(self):
        self.assertEqual(["%3cimg%20src%3dx%20onerror%3dalert%281%29%3e%26.json", "alpha.html",
                          "Beta.json", "index.html", "sub/"], self.names())
        self.assertNotIn(b"<img", self.ask("/").body)
        self.assertEqual(["c.json.gz"], self.names("/sub/deep/"))
        self.assertIn(b"Directory listing for /sub/deep/", self.ask("/sub/deep/").body)

    def test_new_reports_appear(self):
        self.write("new.json")
        self.assertIn("new.json", self.names())
        os.remove(self.path("new.json"))
        self.assertNotIn("new.json", self.names())

    def test_a_directory_without_its_slash(self):
        answer = self.ask("/sub/deep")
        self.assertEqual((301, "/sub/deep/"), (answer.status, answer.headers["location"]))

    def test_a_report_is_shown_on_the_same_port(self):
        for path in ("/Beta.json", "/sub/deep/c.json.gz",
                     "/%3cimg%20src%3dx%20onerror%3dalert%281%29%3e%26.json"):
            answer = self.ask(path)
            page = answer.headers["location"]
            self.assertEqual((302, f"/~view{path}/"), (answer.status, page))
            self.assertIn(b"<!DOCTYPE html>", self.ask(page).body)
            self.assertEqual(200, self.ask(page + "main.js").status)
            self.assertEqual(TRACE["file_info"], self.ask(page + "file_info").json())
            self.assertEqual(2, self.ask(page + "trace_info").json()["events"])
            self.assertEqual(200, self.ask(page + "index").status)
            self.assertEqual(200, self.ask(page + "query", "POST", bytes(64)).status)

    def test_files_can_be_saved(self):
        answer = self.ask("/Beta.json?download")
        self.assertEqual(TRACE, json.loads(answer.body))
        self.assertEqual("attachment", answer.headers["content-disposition"])
        html = self.ask("/alpha.html")
        self.assertEqual(b"<html>", html.body)
        self.assertIn("sandbox", html.headers["content-security-policy"])

    def test_events_are_counted(self):
        self.write("bad.json", "[")
        self.assertEqual({"events": 2}, self.ask("/~count/Beta.json").json())
        self.assertEqual({"events": 2}, self.ask("/~count/sub/deep/c.json.gz").json())
        self.assertEqual({"events": 2}, self.ask("/~count/Beta.json").json())
        self.assertEqual({"events": None}, self.ask("/~count/bad.json").json())
        self.assertEqual(404, self.ask("/~count/notes.txt").status)

    def test_nothing_is_where_nothing_is(self):
        for path in ("/nofile.json", "/~view/nofile.json/file_info", "/~view/nofile.json/index",
                     "/~count/nofile.json", "/~web/nofile.js", "/Beta.json/", "/~view/sub/index",
                     "/~view/notes.txt/localtrace/"):
            self.assertEqual(404, self.ask(path).status, path)

    def test_fifteen_reports_with_ten_open(self):
        for i in range(15):
            self.write(f"r{i}.json")
            self.assertEqual(2, len(self.ask(f"/~view/r{i}.json/file_info").json()))
        for i in (0, 14):
            self.assertEqual(200, self.ask(f"/~view/r{i}.json/query", "POST", bytes(64)).status)

    def test_a_report_that_is_none_is_told_and_others_go_on(self):
        self.write("bad.json", "{")
        answer = self.ask("/~view/bad.json/index")
        self.assertEqual(422, answer.status)
        self.assertTrue(answer.body.startswith(b"bad.json: "), answer.body)
        self.assertEqual("failed", self.ask("/~view/bad.json/trace_info").json()["state"])
        self.assertEqual(200, self.ask("/~view/Beta.json/index").status)


class Outside(Serving):
    def test_links_out_of_the_directory_lead_nowhere(self):
        secret = self.write("secret.json")
        self.write("outside/secret.json")
        self.write("in/real.json")
        os.symlink(secret, self.path("in", "absolute.json"))
        os.symlink("../secret.json", self.path("in", "relative.json"))
        os.symlink("../outside", self.path("in", "folder"))
        os.symlink("/proc/self/root", self.path("in", "root"))
        os.symlink("real.json", self.path("in", "inside.json"))
        os.mkfifo(self.path("in", "pipe.json"))
        self.serve("in")
        for path in ("/absolute.json", "/relative.json", "/folder/", "/folder/secret.json", "/root/",
                     "/root/etc/passwd", "/pipe.json", "/~view/absolute.json/localtrace",
                     "/~view/relative.json/file_info", "/~view/folder/secret.json/index",
                     "/~count/absolute.json", "/~view/pipe.json/index"):
            self.assertEqual(404, self.ask(path).status, path)
        for path in ("/../secret.json", "/%2e%2e/secret.json", "/~view/../secret.json/localtrace",
                     "/~view/..%2fsecret.json/localtrace"):
            self.assertEqual(400, self.ask(path).status, path)
        self.assertEqual(200, self.ask("/~view/inside.json/localtrace").status)


if __name__ == "__main__":
    unittest.main()
