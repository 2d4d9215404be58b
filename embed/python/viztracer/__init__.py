# SPDX-License-Identifier: Apache-2.0
"""Traces Python programs: see `viztracer --help`."""
import os as _os

from _viztracer import __version__

# As a frozen module the package has neither of these, or what the importer made up.
__file__ = (lambda: None).__code__.co_filename
__path__ = [_os.path.dirname(__file__)]

__all__ = ["__version__"]
