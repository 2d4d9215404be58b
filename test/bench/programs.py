# SPDX-License-Identifier: Apache-2.0
"""The programs that the benchmark traces: programs.py NAME ROUNDS SIZE.

Runs the work ROUNDS times and writes the CPU seconds of each round, as a JSON list, to the file
$BENCH_OUT. Work grows linearly with SIZE; SIZE 100 is about 100,000 calls and returns.
"""
import asyncio
import json
import os
import re
import sys
import textwrap
import time


def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


def work_fib(size):
    """Python calls and nothing else."""
    for _ in range(size):
        fib(13)
        fib(10)


def work_ccalls(size):
    """C calls of functions and methods of several types."""
    items, table, text = list(range(8)), {}, "some words of text"
    for i in range(size * 125):
        len(items)
        items.append(i)
        items.pop()
        table.get(i)
        abs(i)
        text.upper()
        isinstance(i, int)
        text.startswith("some")


def work_mixed(size):
    """What programs do with the standard library: json, re, sorting, text."""
    record = {"name": "bench", "tags": ["a", "b", "c"], "nested": {"x": [1.5, 2, None]}}
    pattern = re.compile(r"(\w+)-(\d+)")
    for i in range(size * 5):
        text = json.dumps(record, sort_keys=True, indent=1)
        record = json.loads(text)
        words = [pattern.sub(r"\2 \1", f"word-{i} other-{n}") for n in range(4)]
        sorted(words, key=str.lower)
        if i % 20 == 0:
            textwrap.fill(" ".join(words * 2), 30)


def numbers(count):
    for i in range(count):
        yield i


def doubled(count):
    for i in numbers(count):
        yield 2 * i


def passed_on(count):
    yield from doubled(count)


def work_generators(size):
    """Generators of generators: every step enters and leaves three frames."""
    for _ in range(size):
        for _ in passed_on(320):
            pass


async def producer(queue, count):
    for i in range(count):
        await queue.put(i)
        await asyncio.sleep(0)


async def consumer(queue, count):
    for _ in range(count):
        await queue.get()


async def exchange(count):
    queue = asyncio.Queue(maxsize=4)
    await asyncio.gather(producer(queue, count), consumer(queue, count))


def work_asyncio(size):
    """A producer, a consumer and the event loop between them."""
    asyncio.run(exchange(size * 16))


def main():
    work = globals()["work_" + sys.argv[1]]
    rounds, size = int(sys.argv[2]), int(sys.argv[3])
    seconds = []
    for _ in range(rounds):
        begin = time.process_time()
        work(size)
        seconds.append(time.process_time() - begin)
    with open(os.environ["BENCH_OUT"], "w", encoding="utf-8") as f:
        json.dump(seconds, f)


if __name__ == "__main__":
    main()
