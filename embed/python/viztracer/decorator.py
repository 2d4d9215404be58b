# SPDX-License-Identifier: Apache-2.0
"""Decorators: ignore_function, log_sparse, trace_and_save."""
from __future__ import annotations

import os

import _viztracer

from .viztracer import VizTracer, get_tracer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Optional, TypeVar, overload

    F = TypeVar("F", bound=Callable[..., Any])
else:
    def overload(signature):
        """typing.overload, without the import of typing."""
        return signature

__all__ = ["ignore_function", "log_sparse", "trace_and_save"]


@overload
def ignore_function(method: F, tracer: Optional[VizTracer] = None) -> F: ...


@overload
def ignore_function(method: None = None,
                    tracer: Optional[VizTracer] = None) -> Callable[[F], F]: ...


def ignore_function(method: Optional[Callable[..., Any]] = None,
                    tracer: Optional[VizTracer] = None) -> Callable[..., Any]:
    """Neither the function nor what it calls is recorded, by the given tracer or the
    one that is registered when it is called."""
    import functools
    if method is None:
        return functools.partial(ignore_function, tracer=tracer)
    ignored = method

    @functools.wraps(ignored)
    def ignore_wrapper(*args: Any, **kwargs: Any) -> Any:
        used = get_tracer() if tracer is None else tracer
        if used is None:
            raise NameError("ignore_function only works with global tracer")
        paused = used.pause()
        try:
            return ignored(*args, **kwargs)
        finally:
            if paused:
                used.resume()

    return ignore_wrapper


@overload
def log_sparse(func: F, stack_depth: int = 0, dynamic_tracer_check: bool = False) -> F: ...


@overload
def log_sparse(func: None = None, stack_depth: int = 0,
               dynamic_tracer_check: bool = False) -> Callable[[F], F]: ...


def log_sparse(func: Optional[Callable[..., Any]] = None, stack_depth: int = 0,
               dynamic_tracer_check: bool = False) -> Callable[..., Any]:
    """With a tracer that is in log_sparse mode, only functions decorated with this are
    recorded, and with `stack_depth` so many levels of calls from each on. Otherwise the
    function is as it was. The tracer is looked for now, or at each call."""
    import functools
    if func is None:
        return functools.partial(log_sparse, stack_depth=stack_depth,
                                 dynamic_tracer_check=dynamic_tracer_check)
    tracer = None if dynamic_tracer_check else get_tracer()
    if not dynamic_tracer_check and (tracer is None or not tracer.log_sparse):
        return func
    logged = func
    if not hasattr(func, "__code__"):
        return func
    code = func.__code__

    @functools.wraps(logged)
    def sparse_wrapper(*args: Any, **kwargs: Any) -> Any:
        used = get_tracer() if dynamic_tracer_check else tracer
        if used is None or not used.enable or not used.log_sparse or used._in_region():
            return logged(*args, **kwargs)
        if stack_depth <= 0:
            with _viztracer.Event(used, code.co_name, code.co_filename,
                                  code.co_firstlineno):
                return logged(*args, **kwargs)
        begun = used._sparse_begin(stack_depth)
        try:
            return logged(*args, **kwargs)
        finally:
            if begun:
                used._sparse_end()

    _viztracer.see_through(sparse_wrapper.__code__)
    return sparse_wrapper


@overload
def trace_and_save(method: F, output_dir: str = "./", **viztracer_kwargs: Any) -> F: ...


@overload
def trace_and_save(method: None = None, output_dir: str = "./",
                   **viztracer_kwargs: Any) -> Callable[[F], F]: ...


def trace_and_save(method: Optional[Callable[..., Any]] = None, output_dir: str = "./",
                   **viztracer_kwargs: Any) -> Callable[..., Any]:
    """Each call of the function is recorded by a tracer of its own, whose report goes to
    <output_dir>/result_<function>_<time>.json."""
    import functools
    if method is None:
        return functools.partial(trace_and_save, output_dir=output_dir,
                                 **viztracer_kwargs)
    traced = method

    @functools.wraps(traced)
    def trace_wrapper(*args: Any, **kwargs: Any) -> Any:
        tracer = VizTracer(**viztracer_kwargs)
        tracer.start()
        try:
            return traced(*args, **kwargs)
        finally:
            tracer.stop()
            _save_call(tracer, traced.__name__, output_dir)

    return trace_wrapper


def _save_call(tracer: VizTracer, name: str, output_dir: str) -> None:
    import multiprocessing
    import time
    if not os.path.isdir(output_dir):
        os.mkdir(output_dir)
    path = os.path.join(output_dir, f"result_{name}_{int(time.time() * 100000)}.json")
    if (multiprocessing.get_start_method() == "fork"
            and not multiprocessing.current_process().daemon):
        tracer.fork_save(path)
    else:
        tracer.save(path)
    tracer.cleanup()
