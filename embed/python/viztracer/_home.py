# SPDX-License-Identifier: Apache-2.0
"""Where the native command is."""
from __future__ import annotations

import os

from .viztracer import PYTHON_DIR

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import List, NoReturn, Optional

# From the folder of the package: a wheel, a build folder, a prefix.
_PLACES = ("viztracer/native/bin/viztracer", "../viztracer", "../../../bin/viztracer")


def _is_native(path: str) -> bool:
    """pip makes a script of that name, which leads here."""
    try:
        with open(path, "rb") as f:
            return f.read(4) == b"\x7fELF" and os.access(path, os.X_OK)
    except OSError:
        return False


def find_binary() -> Optional[str]:
    """The command viztracer that belongs to this package; VIZTRACER_BIN may name another;
    None: there is none."""
    places = [os.path.join(PYTHON_DIR, *place.split("/")) for place in _PLACES]
    chosen = os.environ.get("VIZTRACER_BIN")
    for path in places + ([chosen] if chosen else []):
        if _is_native(path):
            return os.path.abspath(path)
    return None


def become(binary: str, name: str, words: List[str]) -> NoReturn:
    """This process goes on as the native command, for this very interpreter."""
    import sys
    sys.stdout.flush()
    sys.stderr.flush()
    environment = dict(os.environ, VIZTRACER_CALLER=sys.executable)
    os.execve(binary, [name, *words], environment)


def interpreter_words() -> List[str]:
    """This interpreter's own options, which are the program's, too."""
    import sys
    flags = sys.flags
    words = ["-O"] * flags.optimize + ["-b"] * flags.bytes_warning
    for option, is_on in (("-B", flags.dont_write_bytecode), ("-I", flags.isolated),
                          ("-E", flags.ignore_environment), ("-s", flags.no_user_site),
                          ("-S", flags.no_site), ("-q", flags.quiet),
                          ("-i", flags.interactive)):
        if is_on:
            words.append(option)
    for warning in sys.warnoptions:
        words += ["-W", warning]
    for name, value in sys._xoptions.items():
        words += ["-X", name if value is True else f"{name}={value}"]
    return words
