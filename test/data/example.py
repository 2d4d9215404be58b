# SPDX-License-Identifier: Apache-2.0
"""A small program to trace: recursion, the standard library, a generator, two threads."""
import json
import threading
import time


def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


def squares(count):
    for i in range(count):
        yield i * i


def parse_and_print():
    document = {"name": "example", "squares": list(squares(20))}
    for _ in range(5):
        document = json.loads(json.dumps(document))
    return document


def worker(pause_s):
    for _ in range(3):
        time.sleep(pause_s)
        parse_and_print()


def main():
    threads = [threading.Thread(target=worker, args=(pause_s,)) for pause_s in (0.01, 0.02)]
    for thread in threads:
        thread.start()
    print("fib(16) is", fib(16))
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()
