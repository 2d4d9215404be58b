#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes a report as a run of a program with many calls leaves it, for measuring readers.

    make_trace.py FILE [EVENTS] [--pid PID]

1,000,000 events (the default) are about 136 MB: call trees of a fixed random seed over 300
functions in two threads, in the order in which the calls ended, with the metadata and the sources
that a report has. The same arguments give the same bytes.
"""
import argparse
import json
import random


def function_names(rng):
    names = []
    for number in range(300):
        if number % 3:
            names.append(f"Class{number % 17}.method_{number} "
                         f"(/home/me/project/package/module_{number % 23}.py:{rng.randint(1, 900)})")
        else:
            names.append(rng.choice(["builtins", "posix", "list", "dict", "str"]) + f".call_{number}")
    return names


def calls(rng, names, start_ns, count):
    """Yields (start, duration, name), callees before their callers."""
    now, stack = start_ns, []
    while count:
        now += rng.randint(40, 900)
        if stack and (len(stack) > 12 or rng.random() < 0.52):
            start, name = stack.pop()
            yield start, now - start, name
            count -= 1
        else:
            stack.append((now, rng.choice(names)))


def write(out, events, pid):
    rng = random.Random(4711)
    names = [json.dumps(name) for name in function_names(rng)]
    out.write('{"traceEvents": [{"ph": "M", "pid": %d, "tid": %d, "name": "process_name", '
              '"args": {"name": "MainProcess"}}' % (pid, pid))
    for tid in (pid, pid + 1):
        out.write(', {"ph": "M", "pid": %d, "tid": %d, "name": "thread_name", '
                  '"args": {"name": "Thread-%d"}}' % (pid, tid, tid - pid))
    for tid, share in ((pid, events - events // 4), (pid + 1, events // 4)):
        for start, duration, name in calls(rng, names, 986155916764, share):
            out.write(f', {{"pid": {pid}, "tid": {tid}, "ts": {start // 1000}.{start % 1000:03}, '
                      f'"ph": "X", "dur": {duration // 1000}.{duration % 1000:03}, '
                      f'"name": {name}, "cat": "FEE"}}')
    source = "".join(f"    value_{line} = compute({line}, \"text\")\n" for line in range(900))
    files = {f"/home/me/project/package/module_{number}.py": [source, 900] for number in range(23)}
    functions = {}
    for name in map(json.loads, names):
        if name.endswith(")"):
            path, _, line = name[name.index("(") + 1:-1].rpartition(":")
            functions[name] = [path, int(line)]
    out.write('], "viztracer_metadata": {"version": "2.0.0", "overflow": false, '
              '"baseTimeNanoseconds": 1795373287793843552}, "file_info": ')
    out.write(json.dumps({"files": files, "functions": functions}) + "}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file")
    parser.add_argument("events", type=int, nargs="?", default=1000000)
    parser.add_argument("--pid", type=int, default=26683)
    options = parser.parse_args()
    with open(options.file, "w", encoding="utf-8") as out:
        write(out, options.events, options.pid)


if __name__ == "__main__":
    main()
