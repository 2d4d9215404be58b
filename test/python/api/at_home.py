# SPDX-License-Identifier: Apache-2.0
"""at_home.py BUILD HOME TEST [WORDS…]: runs a test of the API in one of its homes.

HOME is "stock" (this python3, the package on PYTHONPATH), or "embed" or "exec" (a program that
the binary runs, in its own process or in the real python3). There the binary records nothing
itself (--log_sparse), so that a tracer of the test is the only one.
"""
import os
import subprocess
import sys
import tempfile


SKIPPED, NO_TESTS_RAN = 77, 5  # the latter is what unittest of 3.12 says when it skipped all


def run(words, environment):
    status = subprocess.run(words, env=environment, check=False).returncode
    return SKIPPED if status == NO_TESTS_RAN else status


def main():
    build, home, test, *words = sys.argv[1:]
    words.insert(0, os.path.abspath(test))
    build = os.path.abspath(build)
    environment = dict(os.environ, VIZTRACER_TEST_HOME=home, VIZTRACER_TEST_BUILD=build,
                       VIZTRACER_PYTHON=sys.executable, PYTHONDONTWRITEBYTECODE="1")
    if home == "stock":
        environment["PYTHONPATH"] = os.path.join(build, "python")
        return run([sys.executable, *words], environment)
    environment["VIZTRACER_LAUNCH"] = home
    with tempfile.TemporaryDirectory(prefix="at-home-") as folder:
        return run([os.path.join(build, "viztracer"), "--quiet", "--log_sparse", "-o",
                    os.path.join(folder, "unused.json"), "--", *words], environment)


if __name__ == "__main__":
    sys.exit(main())
