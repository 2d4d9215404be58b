# SPDX-License-Identifier: Apache-2.0
"""Where the native command is."""
from __future__ import annotations

import os

from .viztracer import PYTHON_DIR

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import List, NoReturn, Optional

# From the folder of the package: a build folder, a prefix, a wheel.
_PLACES = ("../viztracer", "../../../bin/viztracer", "viztracer/native/bin/viztracer")


def find_binary() -> Optional[str]:
    """The command viztracer that belongs to this package; VIZTRACER_BIN may name another;
    None: there is none."""
    places = [os.path.join(PYTHON_DIR, *place.split("/")) for place in _PLACES]
    chosen = os.environ.get("VIZTRACER_BIN")
    for path in places + ([chosen] if chosen else []):
        if os.path.isfile(path) and os.access(path, os.X_OK):
            return os.path.abspath(path)
    return None


def become(binary: str, name: str, words: List[str]) -> NoReturn:
    """This process goes on as the native command, for this very interpreter."""
    import sys
    sys.stdout.flush()
    sys.stderr.flush()
    environment = dict(os.environ, VIZTRACER_PYTHON=sys.executable)
    os.execve(binary, [name, *words], environment)
