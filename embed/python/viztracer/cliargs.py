# SPDX-License-Identifier: Apache-2.0
"""The settings of a tracer as words of the command line."""
from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import List

    from .viztracer import VizTracer

_FLAGS = ("pid_suffix", "ignore_c_function", "ignore_frozen", "log_func_args",
          "log_func_retval", "log_func_with_objprint", "log_print", "log_gc", "log_sparse",
          "log_async", "log_torch", "ignore_multiprocess", "minimize_memory", "dump_raw",
          "sanitize_function_name", "trace_self")
_LISTS = ("include_files", "exclude_files", "log_audit")


def words_of(tracer: VizTracer) -> List[str]:
    """Only what is not at its default."""
    words: List[str] = []
    if not tracer.verbose:
        words.append("--quiet")
    if tracer.tracer_entries != 1000000:
        words += ["--tracer_entries", str(tracer.tracer_entries)]
    if tracer.max_stack_depth >= 0:
        words += ["--max_stack_depth", str(tracer.max_stack_depth)]
    if tracer.min_duration:
        words += ["--min_duration", f"{round(tracer.min_duration * 1000)}ns"]
    for name in _FLAGS:
        if getattr(tracer, name):
            words.append("--" + name)
    for name in _LISTS:
        values = getattr(tracer, name)
        if values is not None:
            words += ["--" + name, *values]
    if tracer.report_endpoint is not None:
        words += ["--report_endpoint", tracer.report_endpoint]
    if tracer.output_file != "result.json":
        words += ["--output_file", tracer.output_file]
    return words
