# SPDX-License-Identifier: Apache-2.0
"""What a tracer logs besides calls: print, the garbage collector, audit events, torch.

All of it begins with the recording and is put back as it was at its end. What the program has
replaced meanwhile stays the program's.
"""
from __future__ import annotations

import builtins
import functools
import gc

import _viztracer

from .objtext import safe_repr

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, List, Optional

    from .viztracer import VizTracer


def start_or_exit(start: Callable[[], None]) -> None:
    """For the command line: what cannot be logged is told, and the program does not run."""
    import re
    import sys
    try:
        start()
    except ImportError:
        print("torch is not installed", flush=True)
        sys.exit(1)
    except re.error as error:
        print(f"--log_audit: {error.pattern!r} is not a regular expression: {error}", flush=True)
        sys.exit(1)


class Logs:
    """The logs of one tracer, as its settings want them."""

    def __init__(self, tracer: VizTracer) -> None:
        self._tracer = tracer
        self._undo: List[Callable[[], None]] = []
        self._gc_began: Optional[float] = None
        self._on_gc = self._make_gc_callback()
        self.torch_events: List[Dict[str, Any]] = []

    def start(self) -> None:
        """Begins what the settings ask for; a second call does nothing."""
        if self._undo:
            return
        if self._tracer.log_print:
            self._start_print()
        if self._tracer.log_audit is not None:
            self._start_audit(self._tracer.log_audit)
        if self._tracer.log_torch:
            self._start_torch()
        self.follow_gc(self._tracer.log_gc)
        self._undo.append(functools.partial(self.follow_gc, False))

    def stop(self) -> None:
        """Puts everything back."""
        while self._undo:
            self._undo.pop()()

    # ---- print

    def _start_print(self) -> None:
        import io
        original = builtins.print
        tracer = self._tracer

        @functools.wraps(original)
        def log_print(*args: Any, sep: Optional[str] = " ", end: Optional[str] = "\n",
                      file: Any = None, flush: bool = False) -> None:
            if not tracer._in_region():
                original(*args, sep=sep, end=end, file=file, flush=flush)
                return
            text = io.StringIO()
            original(*args, sep=sep, end=end, file=text)
            tracer.add_instant("print - " + text.getvalue())

        def restore() -> None:
            if builtins.print is log_print:
                builtins.print = original

        builtins.print = log_print
        self._undo.append(restore)

    # ---- garbage collector

    def follow_gc(self, wanted: bool) -> None:
        """Begins or ends the log of collections."""
        if wanted and self._on_gc not in gc.callbacks:
            gc.callbacks.append(self._on_gc)
        elif not wanted and self._on_gc in gc.callbacks:
            gc.callbacks.remove(self._on_gc)

    def _make_gc_callback(self) -> Callable[[str, Dict[str, int]], None]:
        tracer = self._tracer

        def log_counter(ts: float, **values: int) -> None:
            tracer.add_raw({"ph": "C", "ts": ts, "name": "garbage collection",
                            "args": values})

        def on_gc(phase: str, info: Dict[str, int]) -> None:
            """What a collection found is known when it is over: then its start is logged."""
            if phase == "start":
                self._gc_began = tracer.getts() if tracer.enable else None
            elif self._gc_began is not None:
                began, self._gc_began = self._gc_began, None
                log_counter(began, collecting=1, collected=info["collected"],
                            uncollectable=info["uncollectable"])
                log_counter(tracer.getts(), collecting=0, collected=0, uncollectable=0)

        return on_gc

    # ---- audit events

    def _start_audit(self, regexes: List[str]) -> None:
        import re
        patterns = [re.compile(regex) for regex in regexes]
        verdicts: Dict[str, bool] = {}
        tracer = self._tracer

        def show(value: Any) -> str:
            try:
                return str(value)
            except Exception:
                return safe_repr(value)

        def on_audit(event: str, args: Any) -> None:
            if event not in verdicts:
                verdicts[event] = not patterns or any(p.fullmatch(event) for p in patterns)
            if verdicts[event]:
                tracer.add_instant(event, {"args": [show(value) for value in args]}, "t")

        _viztracer.listen_to_audit(on_audit)
        self._undo.append(functools.partial(_viztracer.listen_to_audit, None))

    # ---- torch

    def _start_torch(self) -> None:
        from .torchlog import TorchLog
        log = TorchLog(self._tracer)

        def end() -> None:
            self.torch_events += log.end()

        self._undo.append(end)
