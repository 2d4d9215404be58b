# SPDX-License-Identifier: Apache-2.0
# mypy: disallow-untyped-decorators=False, disallow-subclassing-any=False
"""The cell magic %%viztracer of Jupyter and IPython."""
from __future__ import annotations

from IPython.core.magic import Magics, cell_magic, magics_class
from IPython.core.magic_arguments import (
    argument, magic_arguments, parse_argstring)

TYPE_CHECKING = False
if TYPE_CHECKING:
    import subprocess
    from typing import Any, Dict, List

__all__ = ["VizTracerMagics", "load_ipython_extension"]

_SETTINGS = ("max_stack_depth", "ignore_c_function", "ignore_frozen", "log_func_args",
             "log_print", "log_sparse")
_viewers: List[subprocess.Popen[bytes]] = []  # that buttons started, and that still show


@magics_class
class VizTracerMagics(Magics):
    """%%viztracer: records one cell."""

    @magic_arguments()
    @argument("--port", "-p", type=int, default=9001, help="of the viewer")
    @argument("--output_file", default="./viztracer_report.json",
              help="where the report goes")
    @argument("--max_stack_depth", type=int, default=-1,
              help="record only so many levels of calls")
    @argument("--ignore_c_function", action="store_true",
              help="record no functions that are written in C")
    @argument("--ignore_frozen", action="store_true",
              help="record no functions of frozen modules")
    @argument("--log_func_args", action="store_true", help="log arguments")
    @argument("--log_print", action="store_true", help="log print() instead of printing")
    @argument("--log_sparse", action="store_true",
              help="record functions decorated with @log_sparse only")
    @cell_magic
    def viztracer(self, line: str, cell: str) -> None:
        """Records what the cell does, and offers the report."""
        from .viztracer import VizTracer
        options = parse_argstring(self.viztracer, line)
        settings: Dict[str, Any] = {name: getattr(options, name) for name in _SETTINGS}
        assert self.shell is not None
        code = self.shell.transform_cell(cell)
        with VizTracer(verbose=0, output_file=options.output_file, **settings):
            exec(code, self.shell.user_ns)
        _offer(options.output_file, options.port)


def _offer(path: str, port: int) -> None:
    """Below the cell: a button that shows the report, a link where there are no
    widgets."""
    import os

    from IPython.display import FileLink, display
    try:
        from ipywidgets import Button
    except ImportError:
        display(FileLink(path))
        return
    button = Button(description="Show VizTracer Report")
    where = os.path.abspath(path)  # the next cell may go to another folder
    button.on_click(lambda clicked: _show(where, port))
    display(button)


def _show(path: str, port: int) -> None:
    """A viewer that ends when it has shown the report once."""
    import subprocess

    from ._home import find_binary
    binary = find_binary()
    if binary is None:
        print(f"viztracer: no vizviewer was found to show {path}; VIZTRACER_BIN may name viztracer")
        return
    _viewers[:] = [viewer for viewer in _viewers if viewer.poll() is None]
    _viewers.append(subprocess.Popen(
        ["vizviewer", "--once", "--port", str(port), path],
        executable=binary, stdin=subprocess.DEVNULL))


def load_ipython_extension(ipython: Any) -> None:
    """What `%load_ext viztracer` calls."""
    ipython.register_magics(VizTracerMagics)
