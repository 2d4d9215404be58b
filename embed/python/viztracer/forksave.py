# SPDX-License-Identifier: Apache-2.0
"""tracer.fork_save(): a child process writes the report."""
from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from multiprocessing.process import BaseProcess

    from .viztracer import VizTracer


def fork_save(tracer: VizTracer, output_file: str) -> BaseProcess:
    """Starts the child, which has the log as it is now, and returns it."""
    import multiprocessing
    if multiprocessing.get_start_method() != "fork":
        raise RuntimeError("fork_save is only supported in fork start method")
    if not isinstance(output_file, str):
        raise ValueError("output_file should be a string or None")
    tracer.stop()
    tracer._check()
    path = os.path.abspath(tracer._with_pid(output_file))
    process = multiprocessing.get_context("fork").Process(
        target=tracer._write_inherited,
        args=(path, tracer.dump_raw, tracer.file_info, bool(tracer.verbose)))
    tracer._share_with_child(True)
    try:
        process.start()
    finally:
        tracer._share_with_child(False)
    return process
