#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Gives every malformed file of ../shared/badinputs to the tools that read such files.

    test_badinputs.py --bin BUILD [TOOL…]

MANIFEST.tsv there says what each must get. Accepted: exit 0, and what was made is JSON to the letter.
Refused: one line on stderr that names the file, exit 1, and nothing was made. Always: no signal,
at most 2 seconds and 64 MB + 20 times the file of memory. Exit status 77: there is no such folder.
"""
import argparse
import json
import os
import shlex
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "cli"))
from cvf_decoder import Cvf  # noqa: E402 (it stands in another folder)

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

# A tool -> the folders of badinputs that it reads, and its command.
TOOLS = {
    "combine": (("json", "gz", "cvf"), "viztracer --quiet --combine {file} -o {out}/made.json"),
    "align_combine": (("json", "gz", "cvf"),
                      "viztracer --quiet --align_combine {file} -o {out}/made.json.gz"),
    "compress": (("json", "gz", "cvf"), "viztracer --compress {file} -o {out}/made.cvf"),
    "decompress": (("cvf",), "viztracer --decompress {file} -o {out}/made.json"),
}
MOST_SECONDS = 2.0
BASE_BYTES, BYTES_PER_BYTE = 64 << 20, 20


def shared_folder():
    given = os.environ.get("VIZTRACER_SHARED")
    folder = given or os.path.join(os.path.dirname(ROOT), "shared")
    return os.path.join(folder, "badinputs")


def cases(folder):
    """(file, what it is, what it must get) of each line of the manifest."""
    with open(os.path.join(folder, "MANIFEST.tsv"), encoding="utf-8") as f:
        for line in list(f)[1:]:
            yield line.rstrip("\n").split("\t")


def run(command, env):
    """Exit status, stderr, seconds of the clock and of the processor, peak memory in bytes."""
    with tempfile.TemporaryFile() as stderr:
        begin = time.monotonic()
        process = subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=stderr)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.monotonic() - begin
        stderr.seek(0)
        text = stderr.read().decode("utf-8", "surrogateescape")
    return process.returncode, text, min(seconds, usage.ru_utime + usage.ru_stime), \
        usage.ru_maxrss * 1024


def refuse_constant(name):
    raise ValueError(f"{name} is no JSON")


def check_made(path):
    """What is wrong with what a tool made, or None."""
    if path.endswith(".cvf"):
        with open(path, "rb") as f:
            try:
                Cvf(f.read())
            except (ValueError, RecursionError, IndexError) as e:
                return f"made no compressed report: {e}"
        return None
    if path.endswith(".gz"):
        result = subprocess.run(["gzip", "-cd", path], stdout=subprocess.PIPE, check=False)
        if result.returncode:
            return "made no whole gzip file"
        data = result.stdout
    else:
        with open(path, "rb") as f:
            data = f.read()
    try:
        report = json.loads(data.decode("utf-8"), parse_constant=refuse_constant)
        return None if isinstance(report["traceEvents"], list) else "made no list of events"
    except (ValueError, RecursionError, KeyError) as e:
        return f"made no report: {e}"


def faults(path, expected, result, out):
    """What is wrong with a run."""
    status, stderr, seconds, memory = result
    made = os.listdir(out)
    if status < 0 or status > 100 or "Sanitizer" in stderr or "runtime error" in stderr:
        yield f"died: status {status}: {stderr.strip()[-2000:]}"
        return
    if seconds > MOST_SECONDS:
        yield f"took {seconds:.1f} s"
    if memory > BASE_BYTES + BYTES_PER_BYTE * os.path.getsize(path):
        yield f"took {memory >> 20} MB"
    accepted = status == 0
    if expected.startswith("accept or reject"):
        pass
    elif accepted != expected.startswith("accept"):
        yield f"expected: {expected}; got status {status}: {stderr.strip()}"
    if accepted:
        yield from [check_made(os.path.join(out, name)) for name in made]
        if len(made) != 1:
            yield f"made {made}"
    else:
        if made:
            yield f"was refused and left {made}"
        if stderr.count("\n") != 1 or os.path.basename(path) not in stderr:
            yield f"no clear error: {stderr!r}"


def check_tool(tool, folder, env):
    """Runs all files through one tool; returns how many there are and how many were wrong."""
    folders, command = TOOLS[tool]
    count = wrong = 0
    for name, _, expected in cases(folder):
        if name.split("/")[0] not in folders:
            continue
        path = os.path.join(folder, name)
        with tempfile.TemporaryDirectory(prefix="bad-") as out:
            words = [word.format(file=path, out=out) for word in shlex.split(command)]
            found = [fault for fault in faults(path, expected, run(words, env), out) if fault]
        count += 1
        wrong += bool(found)
        for fault in found:
            print(f"{tool}: {name}: {fault}")
    print(f"{tool}: {count} files, {wrong} wrong")
    return count, wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", required=True, help="the folder of viztracer")
    parser.add_argument("tools", nargs="*", choices=[[], *TOOLS], default=[])
    options = parser.parse_args()
    folder = shared_folder()
    if not os.path.isdir(folder):
        print(f"skipped: no {folder}")
        return 77
    env = dict(os.environ, PATH=f"{os.path.abspath(options.bin)}:{os.environ['PATH']}")
    results = [check_tool(tool, folder, env) for tool in options.tools or TOOLS]
    return 1 if any(wrong or not count for count, wrong in results) else 0


if __name__ == "__main__":
    sys.exit(main())
