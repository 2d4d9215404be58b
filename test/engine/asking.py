# SPDX-License-Identifier: Apache-2.0
"""An engine behind a pipe, natively or in WebAssembly: requests as viewer/engine/query.h has
them, replies decoded."""
import json
import struct
import subprocess

NONE = 0xFFFFFFFF
(META, NAMES, TILES, SLICE, AT, NEXT, CHILDREN, SEARCH, AGG, HISTOGRAM, FLAME, COUNTER, INSTANTS,
 INSTANT, FLOWS, OBJECTS, OBJECT, SOURCE, EXPORT, PROFILE) = range(1, 21)


class Engine:
    """Use as a context: the process ends with it."""

    def __init__(self, command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        errors = self.process.stderr.read().decode()
        self.process.stdout.close()
        self.process.stderr.close()
        code = self.process.wait(timeout=60)
        if code or errors:
            raise AssertionError(f"the engine ended with {code}: {errors}")

    def ask(self, kind, *, flags=0, t0=0.0, t1=0.0, d0=0.0, d1=0.0, a=0, b=0, level=0, limit=0,
            numbers=(), text=b""):
        """The reply as (count, total, body); AssertionError: the engine's sentence."""
        request = struct.pack("<II4d6I", kind, flags, t0, t1, d0, d1, a, b, level, limit,
                              len(numbers), len(text))
        request += struct.pack(f"<{len(numbers)}I", *numbers) + text
        self.process.stdin.write(struct.pack("<I", len(request)) + request)
        self.process.stdin.flush()
        head = self.process.stdout.read(4)
        if len(head) < 4:
            raise AssertionError("the engine is gone: " + self.process.stderr.read().decode())
        reply = self.process.stdout.read(struct.unpack("<I", head)[0])
        status, count, total = struct.unpack_from("<IId", reply)
        if status:
            raise AssertionError(reply[16:].decode())
        return count, total, reply[16:]

    def ask_json(self, kind, **options):
        return json.loads(self.ask(kind, **options)[2])

    def export(self):
        """All of the trace, as JSON that is read."""
        text, piece = b"", 0
        while piece or not text:
            piece, _, body = self.ask(EXPORT, a=piece)
            text += body
        return json.loads(text)

    def names(self):
        """[(name, category or None)…]"""
        count, _, body = self.ask(NAMES)
        begin, category, _, text = columns(body, "I", count + 1, "I", count, "d", count, "B", None)
        texts = [bytes(text[begin[i]:begin[i + 1]]).decode("utf-8", "surrogatepass")
                 for i in range(count)]
        return [(texts[i], None if category[i] == NONE else texts[category[i]])
                for i in range(count)]


def columns(body, *layout):
    """Lists of the columns, each a letter of struct and a count; None: all the rest."""
    lists, at = [], 0
    for letter, count in zip(layout[::2], layout[1::2]):
        size = struct.calcsize(letter)
        count = (len(body) - at) // size if count is None else count
        lists.append(list(struct.unpack_from(f"<{count}{letter}", body, at)))
        at += (count * size + 7) // 8 * 8
    return lists


def records(body, at, count):
    """Slice records as (slice, row, name, track, depth, payload, start, duration)."""
    return [struct.unpack_from("<6I2d", body, at + 40 * i) for i in range(count)]
