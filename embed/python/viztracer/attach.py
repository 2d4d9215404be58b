# SPDX-License-Identifier: Apache-2.0
"""What `viztracer --attach` has a running program do; see embed/attach.h."""
from __future__ import annotations

import os
import sys

import _viztracer

from .viztracer import VizTracer, get_tracer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable, Dict, Optional

_tracer: Optional[VizTracer] = None  # the attacher's, while it records


def serve(path: bytes, verb: str, argument: bytes) -> None:
    """Does what the attacher asks, and answers in the file `path`: "+", or "-" and the
    reason why not."""
    answer = _verbs[verb](argument)
    with open(path, "xb") as out:
        out.write(answer.encode("utf-8", "replace"))
    if verb == "begin" and answer == "+":
        _start(path)


def _start(path: bytes) -> None:
    """Recording begins with the last that we do, so that none of that is recorded."""
    assert _tracer is not None
    try:
        _tracer.start()
    except BaseException as error:
        with open(path, "wb") as out:
            out.write(f"-{type(error).__name__}: {error}".encode("utf-8", "replace"))
        _forget()


def _say(text: str, verbose: int = 1) -> None:
    """A line on the program's stdout, if it can take one now."""
    if not verbose:
        return
    try:
        print(text, flush=True)
    except Exception:  # closed, full, or in the middle of another write
        pass


def _begin(settings: bytes) -> str:
    global _tracer
    registered = get_tracer()
    pattern = registered if isinstance(registered, _viztracer.Tracer) else None
    tracer = VizTracer(register_global=registered is None)
    try:
        tracer._take_settings(settings, pattern)
    except RuntimeError as error:
        tracer.unregister_global()
        print("Can't attach when VizTracer is already running.", file=sys.stderr,
              flush=True)
        return f"-{error}"
    is_quiet = any(line.startswith(b"quiet") for line in settings.splitlines())
    tracer.verbose = 0 if is_quiet else 1
    _say("Detected attaching viztracer, start tracing.", tracer.verbose)
    _tracer = tracer
    return "+"


def _forget() -> bool:
    """Stops the attacher's tracer; what it recorded stays in its log."""
    global _tracer
    tracer, _tracer = _tracer, None
    if tracer is None:
        return False
    tracer.stop()
    tracer.cleanup()
    tracer.unregister_global()
    tracer.terminate()
    return True


def _end(unused: bytes) -> str:
    _forget()
    return "+"


def _tell(path: bytes) -> str:
    _say(f"Saved report to {os.fsdecode(path)}")
    return "+"


def _uninstall(unused: bytes) -> str:
    registered = get_tracer()
    if not _forget() and registered is None:
        return "-it has no tracer"
    if isinstance(registered, VizTracer):
        registered.stop()
        registered.cleanup()
        registered.unregister_global()
        registered.terminate()
    return "+"


_verbs: Dict[str, Callable[[bytes], str]] = {
    "begin": _begin, "end": _end, "tell": _tell, "uninstall": _uninstall}
