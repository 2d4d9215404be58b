# SPDX-License-Identifier: Apache-2.0
"""`python3 -m viztracer`: the native command, with this interpreter.

Where the command is not to be found (only the package was copied somewhere), scripts,
modules and code run in this process, with the options that VizTracer has.
"""
from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from types import CodeType
    from typing import Any, Dict, List, Optional, Tuple

__all__ = ["main"]


def main() -> int:
    """Reads sys.argv. Does not return where the native command is found."""
    from ._home import become, find_binary, interpreter_words
    binary = find_binary()
    if binary is not None:
        become(binary, binary, interpreter_words() + sys.argv[1:])
    return _run_here(sys.argv[1:])


def _parser() -> argparse.ArgumentParser:
    import argparse
    parser = argparse.ArgumentParser(
        prog="python -m viztracer",
        description="The native command was not found: a program is run in this process.")
    parser.add_argument("--version", action="store_true")
    parser.add_argument("-c", dest="cmd_string", metavar="CODE")
    parser.add_argument("-m", dest="module", metavar="MODULE")
    parser.add_argument("-o", "--output_file", default="result.json")
    parser.add_argument("--quiet", action="store_true")
    parser.add_argument("--tracer_entries", type=int, default=1000000)
    parser.add_argument("--max_stack_depth", type=int, default=-1)
    parser.add_argument("--min_duration", type=float, default=0, metavar="US")
    parser.add_argument("--include_files", nargs="*")
    parser.add_argument("--exclude_files", nargs="*")
    for flag in ("ignore_c_function", "ignore_frozen", "log_sparse", "pid_suffix"):
        parser.add_argument("--" + flag, action="store_true")
    parser.add_argument("--plugins", nargs="*", default=[])
    parser.add_argument("command", nargs=argparse.REMAINDER)
    return parser


def _run_here(words: List[str]) -> int:
    from _viztracer import __version__

    from .vizplugin import VizPluginError
    parser = _parser()
    options = vars(parser.parse_args(words))
    if options.pop("version"):
        print(__version__)
        return 0
    command = options.pop("command")
    if command[:1] == ["--"]:
        del command[0]
    what = options.pop("cmd_string"), options.pop("module")
    if not command and what == (None, None):
        parser.print_help()
        return 0
    quiet = options.pop("quiet")
    try:
        return _trace(what, command, dict(options, verbose=int(not quiet)))
    except VizPluginError as error:
        print(error)
        return 1


def _trace(what: Tuple[Optional[str], Optional[str]], command: List[str],
           options: Dict[str, Any]) -> int:
    from .viztracer import VizTracer
    program = _Program(what, command)
    tracer = VizTracer(**options)
    tracer.start()
    try:
        program.run()
    finally:
        tracer.stop("flush_as_finish")
        tracer.save()
        tracer.terminate()
    return 0


class _Program:
    """The words of a command as something that runs as __main__."""

    def __init__(self, what: Tuple[Optional[str], Optional[str]],
                 command: List[str]) -> None:
        import os
        text, self.module = what
        if text is not None:
            sys.argv = ["-c", *command]
            sys.path[0] = ""
            self.code: Optional[CodeType] = compile(text, "<string>", "exec")
            self.file = "<string>"
        elif self.module is not None:
            sys.argv = [self.module, *command]
            sys.path[0] = os.getcwd()
            self.code = None
        else:
            sys.argv = command
            self.file = os.path.abspath(command[0])
            sys.path[0] = os.path.dirname(self.file)
            with open(self.file, "rb") as f:
                self.code = compile(f.read(), self.file, "exec")

    def run(self) -> None:
        """Runs it; its exceptions are the caller's."""
        import runpy
        import types
        if self.code is None:
            runpy.run_module(str(self.module), run_name="__main__", alter_sys=True)
            return
        module = types.ModuleType("__main__")
        module.__dict__.update(__file__=self.file, __builtins__=__builtins__)
        sys.modules["__main__"] = sys.modules["__mp_main__"] = module
        exec(self.code, module.__dict__)


if __name__ == "__main__":
    sys.exit(main())
