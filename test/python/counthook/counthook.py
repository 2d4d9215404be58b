# SPDX-License-Identifier: Apache-2.0
"""Builds the counting hook for a Python and reads what it counted."""
import collections
import os
import shutil
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))
ASK = ("import sysconfig as s; print(s.get_path('include'), s.get_path('platinclude'), "
       "s.get_config_var('EXT_SUFFIX'), sep='\\n')")
FLAGS = ["-O2", "-g", "-shared", "-fPIC", "-std=c11", "-Wall", "-Wextra", "-Werror",
         "-Wno-cast-function-type"]


class NotBuildable(Exception):
    """There are no headers for that Python here."""


def build(python, folder):
    """Makes `folder` a PYTHONPATH entry that holds the hook for `python`."""
    answer = subprocess.run([python, "-c", ASK], text=True, stdout=subprocess.PIPE, check=True)
    include, platform_include, suffix = answer.stdout.splitlines()
    if not os.path.exists(os.path.join(include, "Python.h")):
        raise NotBuildable(f"{python} has no headers in {include}")
    os.makedirs(folder, exist_ok=True)
    shutil.copy(os.path.join(HERE, "sitecustomize.py"), folder)
    subprocess.run(["cc", *FLAGS, f"-I{include}", f"-I{platform_include}",
                    os.path.join(HERE, "counthook.c"),
                    "-o", os.path.join(folder, "_counthook" + suffix)], check=True)
    return folder


def read(path):
    """The counts in a file that the hook wrote: a Counter by function name."""
    counts = collections.Counter()
    with open(path, "rb") as f:
        while line := f.readline():
            count, size = map(int, line.split())
            counts[f.read(size).decode("utf-8", "surrogatepass")] += count
            f.read(1)
    return counts
