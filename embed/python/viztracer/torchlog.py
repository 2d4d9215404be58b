# SPDX-License-Identifier: Apache-2.0
"""What torch does, by its own profiler, as events of our report."""
from __future__ import annotations

import json
import os
import tempfile

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List


def begin() -> Any:
    """Starts torch's profiler for everything that it supports."""
    from torch import profiler
    profile = profiler.profile(activities=profiler.supported_activities())
    profile.__enter__()
    return profile


def end(profile: Any, base_time_ns: int) -> List[Dict[str, Any]]:
    """Stops the profiler; its events, on our clock."""
    profile.__exit__(None, None, None)
    handle, path = tempfile.mkstemp(suffix=".json", prefix="viztracer-torch-")
    os.close(handle)
    try:
        profile.export_chrome_trace(path)
        with open(path, encoding="utf-8") as file:
            return convert(json.load(file), base_time_ns)
    finally:
        os.unlink(path)


def convert(trace: Dict[str, Any], base_time_ns: int) -> List[Dict[str, Any]]:
    """The events of torch's trace with our times: theirs count from their own base, or are
    those of the wall clock."""
    shift_us = (trace.get("baseTimeNanoseconds", 0) - base_time_ns) / 1000
    events = []
    for event in trace.get("traceEvents", []):
        event = dict(event)
        if event.get("ph") == "M":
            event.pop("ts", None)
        elif "ts" in event:
            event["ts"] = float(event["ts"]) + shift_us
        events.append(event)
    return events
