#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Real programs traced and untraced: the same exit status, the same output.

    test/real/compare.py [--build BUILD] [--python PYTHON] [--tenth] [NAME…]

Runs CPython's own test modules (Debian: libpython3.11-testsuite), test by test with -v, and
applications of Debian, each twice under the stock Python and once under viztracer, and prints a
table. Where two untraced runs differ in a line, that line is left out of the comparison. A
program that is not installed is skipped by name. --tenth: the few that CI runs. Exits 1 when
one differs that DIFFERING does not explain.
"""
import argparse
import os
import re
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))

MODULES = """generators exceptions threading contextlib functools dataclasses runpy atexit gc
             coroutines asyncgen weakref descr re collections inspect traceback sys fork1 unittest
             argparse tempfile subprocess json""".split()

APPLICATIONS = {
    "pyflakes": ("pyflakes", "import pyflakes.api, textwrap; "
                 "print(pyflakes.api.checkPath(textwrap.__file__))"),
    "pygments": ("pygments", "import pygments.cmdline as c, shlex; "
                 "c.main(['pygmentize', '-f', 'html', shlex.__file__])"),
    "docutils": ("docutils", "import docutils.core as c; print(c.publish_string("
                 "'T\\n=\\n\\n* a *b* ``c``\\n\\n.. note:: x\\n', writer_name='html').decode())"),
    "sympy": ("sympy", "from sympy import *; x = Symbol('x'); "
              "print(integrate(sin(x)**2*exp(x), x), factor(x**6-1), series(tan(x), x))"),
    "django": ("django", "import django; from django.conf import settings as s; "
               "s.configure(ROOT_URLCONF='__main__', ALLOWED_HOSTS=['*']); django.setup(); "
               "from django.http import HttpResponse as R; from django.urls import path; "
               "urlpatterns = [path('a/<int:n>', lambda request, n: R(f'n={n}'))]; "
               "from django.test import Client; c = Client(); "
               "print(c.get('/a/7').content, c.get('/b').status_code)"),
    "flask": ("flask", "import flask; a = flask.Flask('x'); "
              "a.route('/<n>')(lambda n: f'hello {n}'); c = a.test_client(); "
              "print(c.get('/you').data, c.get('/a/b').status_code)"),
    "black": ("black", "import black, textwrap; "
              "print(black.format_str(open(textwrap.__file__).read(), mode=black.Mode()))"),
    "pylint": ("pylint", "import pylint.lint, shlex; pylint.lint.Run(['-j1', "
               "'--disable=all', '--enable=W,E', shlex.__file__])"),
    "networkx": ("networkx", "import networkx as n; g = n.gnm_random_graph(60, 200, seed=1); "
                 "print(n.pagerank(g, max_iter=200)[0], sorted(n.betweenness_centrality(g).items()))"),
    "numpy": ("numpy", "import numpy as n; a = n.arange(900.).reshape(30, 30); "
              "print((a @ a.T).sum(), n.linalg.matrix_rank(a), n.sort(a[3])[::7])"),
    "joblib": ("joblib", "from joblib import Parallel, delayed; from math import sqrt; "
               "print(Parallel(n_jobs=2)(delayed(sqrt)(i) for i in range(20)))"),
    "gevent": ("gevent", "import gevent, gevent.queue as q; a = q.Queue(2); out = []; "
               "p = gevent.spawn(lambda: [a.put(i) for i in range(50)]); "
               "c = gevent.spawn(lambda: [out.append(a.get()) for i in range(50)]); "
               "gevent.joinall([p, c]); print(out)"),
}

TENTH = ("test_generators", "test_contextlib", "test_atexit", "pyflakes", "pygments")

# name -> why it cannot be equal. A line of a table of unequal things; nothing hides behind it.
DIFFERING = {}

# Lines that threads of a program write in no order, into each other's.
UNORDERED = {"test_threading": r"\btasks?\b|<thread \d|^\s*done\s*$|^test_various_ops "}

# What differs between any two runs of one program.
CHANGING = ((r"0x[0-9a-f]+", "0x"), (r"\bin \d+\.\d+s", "in Ts"), (r"\b\d+\.\d+ ?s(ec)?\b", "Ts"),
            (r"/tmp/\S+", "/tmp/x"), (r"@test_\d+_tmp\S*", "@test"), (r"\bpid[ =]\d+", "pid"))


def words_of(name, ours):
    """After "--" viztracer takes no option: the rest is the program's."""
    if name in APPLICATIONS:
        return ["-c", APPLICATIONS[name][1]]
    return ["-m", "unittest", *["--"] * ours, "-v", "test." + name]


def module_of(name):
    return APPLICATIONS[name][0] if name in APPLICATIONS else "test." + name


def settled(name, text):
    for pattern, replacement in CHANGING:
        text = re.sub(pattern, replacement, text)
    unordered = UNORDERED.get(name)
    return [line for line in text.splitlines()
            if not unordered or not re.search(unordered, line)]


class Runner:
    def __init__(self, options, folder):
        self.python, self.folder, self.limit = options.python, folder, options.limit
        self.viztracer = os.path.join(options.build, "viztracer")
        self.report = os.path.join(folder, "result.json")

    def run(self, before, name):
        """(exit status, output, seconds); a program that takes too long is ended: None."""
        place = tempfile.mkdtemp(dir=self.folder)
        begun = time.monotonic()
        with open(os.path.join(place, "said"), "w+", encoding="utf-8",
                  errors="backslashreplace") as said:
            with subprocess.Popen(before + words_of(name, len(before) > 1), cwd=place,
                                  stdin=subprocess.DEVNULL, stdout=said,
                                  stderr=subprocess.STDOUT,
                                  env=dict(os.environ, VIZTRACER_PYTHON=self.python,
                                           PYTHONHASHSEED="0", PYTHONDONTWRITEBYTECODE="1",
                                           PYTHONUNBUFFERED="1")) as program:
                try:
                    status = program.wait(self.limit)
                except subprocess.TimeoutExpired:
                    program.kill()
                    status = None
            said.seek(0)
            return status, settled(name, said.read()), time.monotonic() - begun

    def compare(self, name):
        """(verdict, details, seconds untraced, seconds traced)."""
        first, again = (self.run([self.python], name) for _ in range(2))
        traced = self.run([self.viztracer, "--quiet", "-o", self.report], name)
        times = again[2], traced[2]
        if None in (first[0], again[0], traced[0]):
            return "too slow", [], *times
        if traced[0] != again[0]:
            return "DIFFERS", [f"exit status {again[0]}, traced {traced[0]}",
                               *traced[1][-15:]], *times
        unstable = set(first[1]) ^ set(again[1])
        missing = [line for line in again[1] if line not in traced[1] and line not in unstable]
        added = [line for line in traced[1] if line not in again[1] and line not in unstable]
        details = ["- " + line for line in missing[:8]] + ["+ " + line for line in added[:8]]
        return "DIFFERS" if details else "equal", details, *times

    def is_there(self, name):
        asked = subprocess.run(
            [self.python, "-c", "import importlib.util as u, sys; "
             "sys.exit(not u.find_spec(sys.argv[1]))", module_of(name)],
            stderr=subprocess.DEVNULL, check=False)
        return asked.returncode == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=os.path.abspath, default=os.path.join(ROOT, "build"))
    parser.add_argument("--python", default="/usr/bin/python3")
    parser.add_argument("--limit", type=float, default=600, help="seconds for one run")
    parser.add_argument("--tenth", action="store_true")
    parser.add_argument("names", nargs="*", metavar="NAME")
    options = parser.parse_args()
    everything = [f"test_{module}" for module in MODULES] + list(APPLICATIONS)
    for name in options.names:
        if name not in everything:
            parser.error(f"no program {name}: one of {', '.join(everything)}")
    names = options.names or (TENTH if options.tenth else everything)
    counts = {"equal": 0, "differs": 0, "skipped": 0}
    print(f"{'program':18}{'untraced s':>11}{'traced s':>10}  verdict", flush=True)
    with tempfile.TemporaryDirectory(prefix="real-") as folder:
        runner = Runner(options, folder)
        for name in names:
            if not runner.is_there(name):
                counts["skipped"] += 1
                print(f"{name:18}{'-':>11}{'-':>10}  skipped: not installed", flush=True)
                continue
            verdict, details, plain, traced = runner.compare(name)
            excused = verdict != "equal" and name in DIFFERING
            counts["equal" if verdict == "equal" else "differs"] += not excused
            why = f"differs: {DIFFERING[name]}" if excused else verdict
            print(f"{name:18}{plain:11.2f}{traced:10.2f}  {why}", flush=True)
            for line in [] if excused else details:
                print("    " + line, flush=True)
    print(", ".join(f"{count} {what}" for what, count in counts.items()))
    return 1 if counts["differs"] else 0


if __name__ == "__main__":
    sys.exit(main())
