# SPDX-License-Identifier: Apache-2.0
"""What torch does, by its own profiler, as events of our report.

torch writes one of two forms: an object whose times are those of the wall clock, counted from
`baseTimeNanoseconds`; or, where it was built without kineto (as Debian's is), a list whose times
count from when its profiler began. A mark of ours, whose time we know, ties these to our clock.
"""
from __future__ import annotations

import json
import os
import tempfile

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List, Union

    from .viztracer import VizTracer

MARK = "viztracer.mark"


class TorchLog:
    """torch's profiler for everything that it supports, running from here on."""

    def __init__(self, tracer: VizTracer) -> None:
        from torch import profiler
        self._tracer = tracer
        self._profile = profiler.profile(activities=profiler.supported_activities())
        self._profile.__enter__()
        for _ in range(2):  # the first one takes long
            before = tracer.getts()
            with profiler.record_function(MARK):
                pass
            self._mark_us = (before + tracer.getts()) / 2

    def end(self) -> List[Dict[str, Any]]:
        """Stops the profiler; its events, on our clock."""
        self._profile.__exit__(None, None, None)
        handle, path = tempfile.mkstemp(suffix=".json", prefix="viztracer-torch-")
        os.close(handle)
        try:
            self._profile.export_chrome_trace(path)
            with open(path, encoding="utf-8") as file:
                return convert(json.load(file), self._tracer.get_base_time(), self._mark_us)
        finally:
            os.unlink(path)


def convert(trace: Union[Dict[str, Any], List[Dict[str, Any]]], base_time_ns: int,
            mark_us: float) -> List[Dict[str, Any]]:
    """The events of torch's trace with our times, but for the marks and what they did;
    `mark_us` is the middle of the last mark."""
    recorded = trace if isinstance(trace, list) else trace.get("traceEvents", [])
    marks = [event for event in recorded if event.get("name") == MARK and "dur" in event]
    mark = max(marks, key=lambda event: float(event["ts"]), default={"ts": 0, "dur": 0})
    if isinstance(trace, list):
        shift_us = mark_us - (mark["ts"] + mark["dur"] / 2)
    else:
        shift_us = (trace.get("baseTimeNanoseconds", 0) - base_time_ns) / 1000
    events = []
    for event in recorded:
        event = dict(event)
        if event.get("ph") == "M":
            event.pop("ts", None)
        elif "ts" in event:
            if marks and float(event["ts"]) < mark["ts"] + mark["dur"]:
                continue
            event["ts"] = float(event["ts"]) + shift_us
        events.append(event)
    return events
