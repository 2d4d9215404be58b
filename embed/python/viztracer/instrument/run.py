# SPDX-License-Identifier: Apache-2.0
"""The instrumentation of the program that the command line runs."""
import re
import sys
from types import CodeType
from typing import Any, Callable, Dict, Optional, Tuple

from .code import instrument_source
from .hooks import Hooks
from .options import Options


def _refuse_nonsense(settings: Dict[str, Any]) -> None:
    for name, value in settings.items():
        for regex in value if isinstance(value, list) else ():
            try:
                re.compile(regex)
            except re.error as error:
                print(f"--{name}: {regex!r} is not a regular expression: {error}", flush=True)
                sys.exit(1)


def begin(settings: Dict[str, Any], event: str,
          args: Tuple[Any, ...]) -> Optional[Callable[[CodeType], Optional[CodeType]]]:
    """Instruments what is imported and compiled from here on; returns what instruments the
    program's own code, which the interpreter compiles, None where imports do that."""
    _refuse_nonsense(settings)
    options = Options(**settings)
    Hooks(options).install()
    if event not in ("cpython.run_file", "cpython.run_command") or len(args) != 1:
        return None
    program = args[0]

    def instrument_main(code: CodeType) -> Optional[CodeType]:
        if event == "cpython.run_command":
            return instrument_source(program, code.co_filename, options)
        if code.co_filename != program:
            return None  # a .pyc: it names the source that it was made of
        with open(program, "rb") as file:
            return instrument_source(file.read(), program, options)

    return instrument_main
