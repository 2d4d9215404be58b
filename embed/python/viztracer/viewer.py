# SPDX-License-Identifier: Apache-2.0
"""`python3 -m viztracer.viewer`: the native command vizviewer."""
from __future__ import annotations

import sys

__all__ = ["viewer_main"]


def viewer_main() -> int:
    """Reads sys.argv. Does not return where the native command is found."""
    from ._home import become, find_binary
    binary = find_binary()
    if binary is None:
        sys.stderr.write("vizviewer: the native command viztracer was not found beside "
                         "the package; VIZTRACER_BIN may name it\n")
        return 1
    become(binary, "vizviewer", sys.argv[1:])


if __name__ == "__main__":
    sys.exit(viewer_main())
