# SPDX-License-Identifier: Apache-2.0
"""A second reader of compressed reports, written from behaviour.md 20 alone: it shares nothing with
ours but the layout. Numbers come as int or Decimal, so that none is changed by reading it."""
import json
import struct
import zlib
from decimal import Decimal


class Cvf:
    """events: (record, event) as they stand in the file; file_info: the object or None."""

    def __init__(self, data):
        self.data, self.at = data, 0
        self.events, self.file_info = [], None
        if self.u64() != 1:
            raise ValueError("another version")
        readers = {1: self.slices, 2: self.process_name, 3: self.thread_name, 4: self.counters,
                   5: self.others, 0x11: self.read_file_info}
        while self.at < len(data):
            readers[self.take(1)[0]]()

    def take(self, size):
        piece = self.data[self.at:self.at + size]
        if len(piece) != size:
            raise ValueError(f"cut at {self.at}")
        self.at += size
        return piece

    def u64(self):
        return struct.unpack("<Q", self.take(8))[0]

    def i64(self):
        return struct.unpack("<q", self.take(8))[0]

    def cstr(self):
        end = self.data.index(b"\0", self.at)
        text = self.data[self.at:end].decode("utf-8")
        self.at = end + 1
        return text

    def varint(self):
        size = 1 << (self.data[self.at] & 3)
        return int.from_bytes(self.take(size), "little") >> 2

    def zjson(self):
        size = self.u64()
        text = zlib.decompress(self.take(self.u64()))
        if len(text) != size:
            raise ValueError("wrong size of a block")
        return json.loads(text.decode("utf-8"), parse_float=Decimal)

    def name(self, kind):
        event = {"ph": "M", "pid": self.u64(), "tid": self.u64(), "name": kind}
        event["args"] = {"name": self.cstr()}
        self.events.append((kind, event))

    def process_name(self):
        self.name("process_name")

    def thread_name(self):
        self.name("thread_name")

    def slices(self):
        pid, tid, name, count, offset = self.u64(), self.u64(), self.cstr(), self.u64(), self.u64()
        events, ts = [], None
        for _ in range(count):
            ts = self.i64() if ts is None else ts + self.varint()
            events.append({"ph": "X", "pid": pid, "tid": tid, "name": name, "cat": "FEE",
                           "ts": Decimal(ts) / 100, "dur": Decimal(self.varint()) / 100})
        if offset:
            if offset != self.at:
                raise ValueError(f"args at {offset}, not at {self.at}")
            args = self.zjson()
            if len(args) != count:
                raise ValueError(f"{len(args)} args of {count} slices")
            for event, one in zip(events, args):
                event["args"] = one
        self.events.extend(("slices", event) for event in events)

    def counters(self):
        pid, tid, name = self.u64(), self.u64(), self.cstr()
        keys = [self.cstr() for _ in range(self.u64())]
        values = {}
        for _ in range(self.u64()):
            ts, args = self.i64(), {}
            for key in keys:
                kind = self.take(1)[0]
                if kind == 0x23:
                    values[key] = self.i64()
                elif kind == 0x24:
                    values[key] = Decimal(repr(struct.unpack("<d", self.take(8))[0]))
                elif kind == 0x25:
                    values[key] = int(self.cstr())
                elif kind not in (0x21, 0x22):
                    raise ValueError(f"value of kind {kind}")
                if kind != 0x21:
                    args[key] = values[key]
            self.events.append(("counters", {"ph": "C", "pid": pid, "tid": tid, "name": name,
                                             "ts": Decimal(ts) / 1000, "args": args}))

    def others(self):
        self.events.extend(("others", event) for event in self.zjson())

    def read_file_info(self):
        self.file_info = self.zjson()
