# SPDX-License-Identifier: Apache-2.0
"""The interpreters of several versions that tests can use here.

VIZTRACER_TEST_PYTHONS names them, separated by colons; without it they are looked for as python3.X
on PATH and among pyenv's.
"""
import functools
import os
import shutil
import subprocess
import sys

VERSIONS = [(3, minor) for minor in range(8, 14)]
ASK = "import sys; print(*sys.version_info[:2], sys.executable)"


def identify(python):
    """((major, minor), sys.executable) of what `python` starts; None: it does not start."""
    run = subprocess.run([python, "-c", ASK], text=True, stdout=subprocess.PIPE,
                         stderr=subprocess.DEVNULL, check=False)
    if run.returncode != 0:
        return None
    major, minor, path = run.stdout.split(maxsplit=2)
    return (int(major), int(minor)), path.strip()


def candidates():
    named = os.environ.get("VIZTRACER_TEST_PYTHONS")
    if named:
        return named.split(":")
    found = [shutil.which("python%d.%d" % version) for version in VERSIONS]
    pyenv = os.path.join(os.environ.get("PYENV_ROOT", "/nowhere"), "versions")
    if os.path.isdir(pyenv):
        found += [os.path.join(pyenv, name, "bin", "python3") for name in sorted(os.listdir(pyenv))]
    return [path for path in found if path and os.path.exists(path)]


@functools.lru_cache(maxsize=None)
def find():
    """{version: executable}, the one that runs the tests first."""
    pythons = {sys.version_info[:2]: sys.executable}
    for path in candidates():
        known = identify(path)
        if known:
            pythons.setdefault(*known)
    return pythons


def has_core(viztracer, version):
    """Whether the viztracer of a build tree or an installation has a core for that version."""
    tag = "_viztracer.cpython-%d%d-" % version
    top = os.path.dirname(os.path.realpath(viztracer))
    folders = [os.path.join(top, "python"), os.path.join(top, "..", "lib", "viztracer", "python")]
    return any(name.startswith(tag)
               for folder in folders if os.path.isdir(folder) for name in os.listdir(folder))
