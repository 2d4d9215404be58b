# SPDX-License-Identifier: Apache-2.0
"""test_linkage.py BUILD: user code that runs in our process gets no library of ours.

The executable needs libc and the loader only, the preload library needs nothing at all, and what
the report library carries stays inside it.
"""
import glob
import os
import re
import shutil
import subprocess
import sys
import unittest

BUILD = os.path.abspath(sys.argv.pop(1))
LIBC = re.compile(r"libc\.so\.6|libm\.so\.6|ld-linux.*\.so\.\d+")


def needed(path):
    out = subprocess.run(["readelf", "-dW", path], text=True, stdout=subprocess.PIPE,
                         check=True).stdout
    return re.findall(r"\(NEEDED\).*\[(.*)\]", out)


def exported(path):
    out = subprocess.run(["nm", "-D", "--defined-only", path], text=True, stdout=subprocess.PIPE,
                         check=True).stdout
    return {line.split()[-1] for line in out.splitlines()}


@unittest.skipUnless(shutil.which("readelf"), "readelf is not installed")
class Linkage(unittest.TestCase):
    def test_the_executable_needs_libc_only(self):
        for library in needed(os.path.join(BUILD, "viztracer")):
            self.assertRegex(library, LIBC)

    def test_the_preload_library_needs_nothing(self):
        self.assertEqual([], needed(os.path.join(BUILD, "lib", "libviztracer_preload.so")))

    def test_every_core_needs_libc_only(self):
        cores = glob.glob(os.path.join(BUILD, "python", "_viztracer*.so"))
        self.assertTrue(cores)
        for core in cores:
            for library in needed(core):
                self.assertRegex(library, LIBC, core)

    def test_the_libraries_export_names_of_ours_only(self):
        for path in (os.path.join(BUILD, "lib", "libviztracer_report.so"),
                     *glob.glob(os.path.join(BUILD, "python", "_viztracer*.so"))):
            for name in exported(path):
                self.assertRegex(name, r"^(vt_\w+|PyInit__viztracer|_init|_fini)$", path)


if __name__ == "__main__":
    unittest.main()
