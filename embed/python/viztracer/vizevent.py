# SPDX-License-Identifier: Apache-2.0
"""VizEvent: what tracer.log_event() returns, for a with-statement."""
from _viztracer import Event as VizEvent

__all__ = ["VizEvent"]
