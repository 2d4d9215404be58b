# SPDX-License-Identifier: Apache-2.0
"""VizLoggingHandler: what `logging` logs becomes moments of the report."""
from __future__ import annotations

from logging import NOTSET, Handler, LogRecord

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Optional, Union

    from .viztracer import VizTracer

__all__ = ["VizLoggingHandler"]


class VizLoggingHandler(Handler):
    """Without a tracer it does nothing."""

    def __init__(self, level: Union[int, str] = NOTSET,
                 tracer: Optional[VizTracer] = None) -> None:
        super().__init__(level)
        self._tracer = tracer

    def setTracer(self, tracer: Optional[VizTracer]) -> None:
        """The tracer that gets the records from now on."""
        self._tracer = tracer

    def emit(self, record: LogRecord) -> None:
        """Logs one record."""
        if self._tracer is None:
            return
        try:
            self._tracer.log_instant(f"logging - {self.format(record)}", scope="p")
        except Exception:
            self.handleError(record)
