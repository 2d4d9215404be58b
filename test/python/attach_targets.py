# SPDX-License-Identifier: Apache-2.0
"""The programs that test_attach.py attaches to: KIND SECONDS.

Each runs about that long, prints "ready" first, and at the end one line of JSON: whether all
that it computed came out right, how long its sleeps lasted beyond what was asked, and how
many descriptors and threads it has. It ends early when its stdin closes.
"""
import asyncio
import hashlib
import json
import os
import queue
import select
import subprocess
import sys
import tempfile
import threading
import time

KIND, SECONDS = sys.argv[1], float(sys.argv[2])
END = time.monotonic() + SECONDS
STATE = {"right": True, "late": 0.0, "rounds": 0}


def marked_work(n):
    return sum(i * i % 7 for i in range(n))


EXPECTED = marked_work(1000)
DIGEST = hashlib.sha256(b"x" * 100000).digest()


def step():
    STATE["rounds"] += 1
    STATE["right"] = STATE["right"] and marked_work(1000) == EXPECTED


def goes_on():
    return time.monotonic() < END


def slept(asked, began):
    took = time.monotonic() - began
    STATE["right"] = STATE["right"] and took >= asked - 0.001
    STATE["late"] = max(STATE["late"], took - asked)


def busy():
    while goes_on():
        step()


def long_sleep():
    while goes_on():
        began = time.monotonic()
        time.sleep(0.5)
        slept(0.5, began)
        step()


def selecting():
    ends = os.pipe()
    while goes_on():
        began = time.monotonic()
        STATE["right"] = select.select([ends[0]], [], [], 0.5)[0] == [] and STATE["right"]
        slept(0.5, began)
        step()
    for end in ends:
        os.close(end)


def reading():
    """Blocks in read(2); a child writes a byte now and then."""
    child = subprocess.Popen(
        ["/bin/sh", "-c", "while sleep 0.2; do printf x || exit; done"],
        stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
    while goes_on():
        STATE["right"] = os.read(child.stdout.fileno(), 1) == b"x" and STATE["right"]
        step()
    child.stdout.close()
    child.kill()
    child.wait()


def allocating():
    while goes_on():
        parts = [bytes(200 + i % 5000) for i in range(2000)]
        STATE["right"] = len(parts) == 2000 and STATE["right"]
        step()


def worker():
    while goes_on():
        step()
        time.sleep(0.01)


def start(count):
    threads = [threading.Thread(target=worker, name=f"Worker{i}") for i in range(count)]
    for thread in threads:
        thread.start()
    return threads


def joining():
    for thread in start(4):
        thread.join()


def busy_with_threads():
    threads = start(3)
    busy()
    for thread in threads:
        thread.join()


async def tick():
    while goes_on():
        await asyncio.sleep(0.05)
        step()


def asynchronous():
    async def main():
        await asyncio.gather(tick(), tick())
    asyncio.run(main())


def queueing():
    items = queue.Queue()

    def produce():
        while goes_on():
            items.put(1)
            time.sleep(0.05)
        items.put(None)
    thread = threading.Thread(target=produce)
    thread.start()
    while items.get() is not None:
        step()
    thread.join()


def starting():
    while goes_on():
        STATE["right"] = subprocess.run(["/bin/true"]).returncode == 0 and STATE["right"]
        step()


def in_c():
    while goes_on():
        STATE["right"] = sum(range(3 * 10**7)) == 449999985000000 and STATE["right"]
        step()


def filing():
    with tempfile.TemporaryFile() as f:
        while goes_on():
            f.seek(0)
            f.write(b"x" * 100000)
            f.seek(0)
            STATE["right"] = hashlib.sha256(f.read()).digest() == DIGEST and STATE["right"]
            step()


def napping():
    while goes_on():
        began = time.monotonic()
        time.sleep(0.001)
        slept(0.001, began)
        step()


KINDS = {"busy": busy, "sleep": long_sleep, "select": selecting, "read": reading,
         "malloc": allocating, "join": joining, "threads": busy_with_threads,
         "asyncio": asynchronous, "queue": queueing, "subprocess": starting, "c": in_c,
         "files": filing, "naps": napping}


def watch_stdin():
    global END
    sys.stdin.read()
    END = 0.0


def open_files():
    """Each descriptor with what it is of; that of the listing itself is closed again."""
    found = set()
    for fd in os.listdir("/proc/self/fd"):
        try:
            found.add(f"{fd} {os.readlink('/proc/self/fd/' + fd)}")
        except FileNotFoundError:
            pass
    return found


def others():
    """How many threads there are besides this one; those that are ending get time to."""
    for _ in range(100):
        count = len(os.listdir("/proc/self/task")) - 1
        if not count:
            break
        time.sleep(0.02)
    return count


if __name__ == "__main__":
    fds = open_files()
    watcher = threading.Thread(target=watch_stdin, daemon=True)
    watcher.start()
    print("ready", flush=True)
    KINDS[KIND]()
    watcher.join()
    STATE["new_fds"] = sorted(open_files() - fds)
    STATE["threads"] = others()
    print(json.dumps(STATE), flush=True)
