# SPDX-License-Identifier: Apache-2.0
"""The Python API by mypy: the package itself, and a program that uses it (typed_program.py).

Needs mypy (Debian: mypy); exit status 77 without it. viztracer.instrument is looked at as far as
the rest of the package sees it.
"""
import glob
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCES = os.path.join(os.path.dirname(os.path.dirname(HERE)), "embed", "python")

# What the package uses where it is there; what is installed here must not matter.
OPTIONAL = """[mypy]
[mypy-IPython.*,ipywidgets.*,objprint.*,torch.*]
follow_imports = skip
ignore_missing_imports = True
disallow_any_unimported = False
disallow_subclassing_any = False
"""


def main():
    if not shutil.which("mypy"):
        print("mypy is not installed")
        return 77
    files = sorted(glob.glob(os.path.join(SOURCES, "viztracer", "*.py")))
    with tempfile.TemporaryDirectory(prefix="check-types-") as cache:
        config = os.path.join(cache, "mypy.ini")
        with open(config, "w", encoding="utf-8") as f:
            f.write(OPTIONAL)
        run = subprocess.run(
            ["mypy", "--strict", "--config-file", config, "--follow-imports=silent", "--cache-dir", cache, *files,
             os.path.join(SOURCES, "_viztracer.pyi"), os.path.join(HERE, "typed_program.py")],
            cwd=cache, env=dict(os.environ, MYPYPATH=SOURCES), check=False)
    return run.returncode


if __name__ == "__main__":
    sys.exit(main())
