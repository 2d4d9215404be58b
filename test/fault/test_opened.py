#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Whatever a trace names, no tool opens another file than its inputs, its output and itself.

    test_opened.py --bin BUILD

Each tool runs under strace on a trace whose events name files, devices and modules that a careless
reader would open. Exit status 77: there is no strace that may trace.
"""
import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

NAMES = ["f (/etc/passwd:1)", "f (/dev/zero:1)", "f (/dev/stdin:1)", "f (/proc/self/environ:1)",
         "f (<frozen this>:1)", "f (../../lure.py:3)", "f (lure.py:3)", "/etc/passwd"]
TOOLS = {
    "combine": "--combine {json} {gz} {cvf} -o {out}",
    "align_combine": "--align_combine {json} {gz} {cvf} -o {out}.gz",
    "compress": "--compress {json} -o {out}",
    "compress gzip": "--compress {gz} -o {out}",
    "decompress": "--decompress {cvf} -o {out}",
}
# What any program of this system opens before it runs: the loader, libc and its libraries.
SYSTEM = re.compile(r"/etc/ld\.so\.|/(usr/)?lib(64)?/|/sys/devices/system/cpu|/proc/self/(exe|fd)|/dev/tty$")
OPENED = re.compile(r'^\d+ +open(?:at|at2)?\((?:AT_FDCWD(?:<[^>]*>)?, |\d+(?:<[^>]*>)?, )?"([^"]*)"')


def make_inputs(folder, viztracer):
    events = [{"ph": "X", "pid": 1, "tid": 1, "ts": i, "dur": 1, "name": name, "cat": "FEE"}
              for i, name in enumerate(NAMES)]
    report = {"traceEvents": events,
              "file_info": {"files": {"/etc/shadow": ["x", 1]},
                            "functions": {name: ["/etc/shadow", 1] for name in NAMES}}}
    paths = {kind: os.path.join(folder, "in." + kind) for kind in ("json", "cvf")}
    paths["gz"] = os.path.join(folder, "in.json.gz")
    with open(paths["json"], "w", encoding="utf-8") as f:
        json.dump(report, f)
    with open(os.path.join(folder, "lure.py"), "w", encoding="utf-8") as f:
        f.write("raise SystemExit('imported')\n")
    subprocess.run(["gzip", "-k", paths["json"]], check=True)
    subprocess.run([viztracer, "--compress", paths["json"], "-o", paths["cvf"]], check=True)
    return paths


def opened(command, folder):
    """The paths that the command opened."""
    log = os.path.join(folder, "strace")
    run = subprocess.run(["strace", "-f", "-e", "trace=open,openat,openat2", "-o", log, *command],
                         cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT, text=True, check=False, timeout=60)
    if run.returncode:
        raise AssertionError(f"{command}: {run.returncode}: {run.stdout}")
    with open(log, encoding="utf-8") as f:
        lines = [line for line in f if "ENOENT" not in line]
    return [match.group(1) for match in map(OPENED.match, lines) if match]


def check(tool, words, folder, bin_folder):
    """Prints what is wrong; returns how many things are."""
    viztracer = os.path.join(bin_folder, "viztracer")
    inputs = make_inputs(folder, viztracer)
    out = os.path.join(folder, "out.json")
    command = [viztracer] + [word.format(out=out, **inputs) for word in words.split()]
    paths = opened(command, folder)
    allowed = [*inputs.values(), folder, out, out + ".gz"]
    others = [path for path in paths if os.path.join(folder, path).rstrip("/.") not in allowed
              and not path.startswith(bin_folder) and not SYSTEM.search(path)]
    for path in others:
        print(f"{tool}: opens {path}")
    read = sum(path in inputs.values() for path in paths)
    if not read:
        print(f"{tool}: no input seen: this test sees nothing")
    return len(others) + (not read)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", required=True, help="the folder of viztracer")
    bin_folder = os.path.abspath(parser.parse_args().bin)
    if not shutil.which("strace") or subprocess.run(["strace", "-o", "/dev/null", "true"],
                                                    stderr=subprocess.DEVNULL, check=False).returncode:
        print("skipped: strace cannot trace here")
        return 77
    wrong = 0
    for tool, words in TOOLS.items():
        with tempfile.TemporaryDirectory(prefix="opened-") as folder:
            wrong += check(tool, words, os.path.realpath(folder), bin_folder)
    print(f"{len(TOOLS)} tools, {wrong} faults")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
