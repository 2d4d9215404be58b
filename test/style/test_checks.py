#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The style checks can fail: each rule finds the bad sample that is made for it."""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
LICENCE = "/* SPDX-License-Identifier: Apache-2.0 */\n"
sys.path.insert(0, HERE)
import check_layers  # noqa: E402  (stands beside this file)


class Tree(unittest.TestCase):
    """A temporary tree that a test fills with samples."""

    def setUp(self):
        self.root = tempfile.mkdtemp(prefix="style-")
        self.addCleanup(shutil.rmtree, self.root)

    def put(self, path, text):
        full = os.path.join(self.root, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", encoding="utf-8") as f:
            f.write(text)

    def run_check(self, script, *words):
        return subprocess.run([sys.executable, os.path.join(HERE, script), *words,
                               "--root", self.root], text=True, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def calling(call):
    return f"{LICENCE}void vt_a(void) {{\n    {call};\n}}\n"


class Layers(Tree):
    def offences(self, path, text):
        self.put(path, text)
        return {(where, rule) for where, _, rule, _ in check_layers.check(self.root)[0]}

    def assert_offence(self, rule, path, text):
        self.assertIn((path, rule), self.offences(path, text))

    def test_a_clean_file_has_no_offence(self):
        self.put("core/base/ok.h",
                 LICENCE + "#ifndef VT_BASE_OK_H\n#define VT_BASE_OK_H\n#endif\n")
        self.assertEqual(set(), self.offences(
            "core/record/fine.c", LICENCE + '#include "core/base/ok.h"\n\n#include <string.h>\n\n'
            "/* Says printf( and strcpy( in a comment and in a literal. */\n"
            'const char *vt_fine(void) {\n    return "exit(1); strcpy(a, b)";\n}\n'))

    def test_every_climb_of_a_layer_is_found(self):
        for path, header in (
                ("core/base/a.c", "core/record/x.h"), ("core/record/a.c", "core/trace/x.h"),
                ("core/trace/a.c", "core/record/x.h"), ("core/io/a.c", "core/record/x.h"),
                ("embed/a.c", "cmd/x.h"), ("core/record/b.c", "embed/x.h")):
            with self.subTest(path=path, header=header):
                self.put(header, "")
                self.assert_offence("layer", path, f'{LICENCE}#include "{header}"\n')

    def test_an_include_that_is_not_from_the_root_is_found(self):
        self.assert_offence("include", "core/base/a.c", LICENCE + '#include "a.h"\n')

    def test_an_include_of_a_missing_file_is_found(self):
        self.assert_offence("include", "core/base/a.c", LICENCE + '#include "core/base/no.h"\n')

    def test_a_library_header_outside_its_fence_is_found(self):
        for path, header in (
                ("cmd/a.c", "Python.h"), ("core/trace/a.c", "zlib.h"), ("cmd/a.c", "cJSON.h"),
                ("core/io/a.c", "microhttpd.h"), ("core/trace/b.c", "pthread.h"),
                ("core/base/a.c", "openssl/ssl.h")):
            with self.subTest(path=path, header=header):
                self.assert_offence("fence", path, f"{LICENCE}#include <{header}>\n")

    def test_each_banned_call_is_found(self):
        for name in check_layers.BANNED:
            with self.subTest(name=name):
                self.assert_offence("banned", "cmd/a.c", calling(f"{name}(x)"))

    def test_speaking_and_leaving_outside_cmd_is_found(self):
        for call in ("printf(x)", "exit(1)", "perror(x)", "fprintf(stderr, x)", "puts(x)",
                     "dprintf(2, x)", "fputs(x, stderr)", "warn(x)"):
            with self.subTest(call=call):
                self.assert_offence("voice", "core/io/a.c", calling(call))

    def test_cmd_may_speak(self):
        self.assertEqual(set(), self.offences("cmd/a.c", calling("printf(x)")))

    def test_a_stream_in_the_trace_core_is_found(self):
        self.assert_offence("stream", "core/trace/a.c", LICENCE + "static FILE *f;\n")

    def test_a_function_without_the_prefix_is_found(self):
        self.assert_offence("name", "cmd/a.c", LICENCE + "int helper(int a) {\n    return a;\n}\n")

    def test_a_static_function_with_the_prefix_is_found(self):
        self.assert_offence("name", "cmd/a.c",
                            LICENCE + "static int vt_a(int a) {\n    return a;\n}\n")

    def test_a_long_function_is_found_at_its_limit(self):
        for lines, rule in ((67, set()), (69, {("cmd/a.c", "size")})):
            body = "    x++;\n" * lines
            short = "".join(f"void vt_s{i}(void) {{\n}}\n\n" for i in range(10))
            with self.subTest(lines=lines):
                long = f"void vt_a(int x,\n          int y) {{\n{body}}}\n"
                self.assertEqual(rule, self.offences("cmd/a.c", LICENCE + short + long))

    def test_many_middling_functions_are_found(self):
        body = "    x++;\n" * 12
        text = LICENCE + "".join(f"void vt_s{i}(void) {{\n{body}}}\n\n" for i in range(9))
        self.assertIn((".", "size"), self.offences("cmd/a.c", text))

    def test_a_long_file_and_a_long_header_are_found(self):
        self.assert_offence("size", "cmd/a.c", LICENCE + "\n" * 500)
        self.assert_offence("size", "cmd/a.h", LICENCE + "\n" * 200)

    def test_a_wide_line_is_found(self):
        self.assert_offence("width", "cmd/a.c", LICENCE + "/* " + "x" * 90 + " */\n")

    def test_a_missing_licence_is_found(self):
        self.assert_offence("licence", "cmd/a.c", "int a;\n")
        self.assert_offence("licence", "test/python/a.py", "a = 1\n")

    def test_a_stem_that_stands_twice_is_found(self):
        self.put("core/io/same.c", LICENCE)
        self.assert_offence("stem", "core/trace/same.c", LICENCE)

    def test_a_typedef_of_a_struct_is_found(self):
        self.assert_offence("typedef", "cmd/a.c", LICENCE + "typedef struct vt_a vt_a;\n")

    def test_a_wrong_guard_is_found(self):
        self.assert_offence("guard", "core/io/a.h", LICENCE + "#ifndef A_H\n#define A_H\n#endif\n")

    def test_a_label_that_was_reflowed_into_a_line_is_found(self):
        contract = "/* It is.\n *\n * Threads:   any. Ownership: none.\n */\n"
        self.assert_offence("label", "cmd/a.h", LICENCE + contract)

    def test_a_mark_of_unfinished_work_is_found(self):
        self.assert_offence("unfinished", "cmd/a.c", LICENCE + "/* TO" "DO */\n")

    def test_a_stranger_at_the_top_is_found(self):
        self.assertIn(("utils", "top level"), self.offences("utils/a.c", ""))

    def test_an_exception_that_nobody_needs_is_found(self):
        self.assert_offence("exception", "core/base/error.c", LICENCE)

    def test_the_script_prints_the_place_and_fails(self):
        self.put("cmd/a.c", LICENCE + "int helper(int a) {\n    return a;\n}\n")
        run = self.run_check("check_layers.py")
        self.assertEqual(1, run.returncode)
        self.assertIn("cmd/a.c:2: name: helper", run.stdout)


class Manual(Tree):
    def check(self, row):
        self.put("test/python/test_a.py", "def test_it(self):\n    pass\n")
        self.put("test/cli/a.case", "=== it works\n")
        self.put("test/manual.md", f"| feature | test |\n|---|---|\n| f | {row} |\n")
        return self.run_check("check_manual.py")

    def test_tests_that_exist_pass(self):
        for row in ("`test/python/test_a.py: test_it`", "`test/cli/a.case: it works`"):
            self.assertEqual(0, self.check(row).returncode, row)

    def test_what_is_not_there_is_found(self):
        for row in ("`test/python/test_b.py: test_it`", "`test/python/test_a.py: test_i`",
                    "`test/cli/a.case: it`", "none"):
            run = self.check(row)
            self.assertEqual(1, run.returncode, row)
            self.assertIn("test/manual.md:3: ", run.stdout)


@unittest.skipUnless(shutil.which("clang-format"), "clang-format is not installed")
class Format(Tree):
    def setUp(self):
        super().setUp()
        shutil.copy(os.path.join(ROOT, ".clang-format"), self.root)

    def test_a_well_formatted_file_passes(self):
        self.put("cmd/a.c", LICENCE + "int a(int b) {\n    return b;\n}\n")
        self.assertEqual(0, self.run_check("check_format.py").returncode)

    def test_a_badly_formatted_file_fails_and_is_mended(self):
        self.put("cmd/a.c", LICENCE + "int a(int b)\n{\n  return b;\n}\n")
        run = self.run_check("check_format.py")
        self.assertNotEqual(0, run.returncode)
        self.assertIn("cmd/a.c:2", run.stdout)
        self.assertEqual(0, self.run_check("check_format.py", "--fix").returncode)
        self.assertEqual(0, self.run_check("check_format.py").returncode)


@unittest.skipUnless(shutil.which("clang-tidy"), "clang-tidy is not installed")
class Tidy(Tree):
    def setUp(self):
        super().setUp()
        shutil.copy(os.path.join(ROOT, ".clang-tidy"), self.root)
        self.build = os.path.join(self.root, "build")
        os.mkdir(self.build)

    def tidy(self, text):
        self.put("cmd/a.c", LICENCE + text)
        database = os.path.join(self.build, "compile_commands.json")
        with open(database, "w", encoding="utf-8") as f:
            json.dump([{"directory": self.root, "file": "cmd/a.c",
                        "command": "cc -c cmd/a.c"}], f)
        return self.run_check("check_tidy.py", self.build)

    def test_a_clean_file_passes_and_is_remembered(self):
        self.assertEqual(0, self.tidy("int vt_a(int b) {\n    return b;\n}\n").returncode)
        self.assertEqual(1, len(os.listdir(os.path.join(self.build, "tidy-clean"))))

    def test_a_null_dereference_fails_every_time(self):
        for _ in range(2):
            run = self.tidy("int vt_a(int b) {\n    int *p = 0;\n    return b ? *p : 0;\n}\n")
            self.assertEqual(1, run.returncode)
            self.assertIn("clang-analyzer-core.NullDereference", run.stdout)

    def test_a_bug_prone_loop_fails(self):
        run = self.tidy("int vt_a(long n) {\n    int s = 0;\n    for (short i = 0; i < n; i++)\n"
                        "        s++;\n    return s;\n}\n")
        self.assertIn("bugprone-too-small-loop-variable", run.stdout)

    def test_a_function_of_71_statements_fails(self):
        run = self.tidy("int vt_a(int b) {\n" + "    b++;\n" * 71 + "    return b;\n}\n")
        self.assertIn("readability-function-size", run.stdout)


if __name__ == "__main__":
    unittest.main()
