# SPDX-License-Identifier: Apache-2.0
"""Traces Python programs: see `viztracer --help`, or use VizTracer in your own code.

    from viztracer import VizTracer
    with VizTracer(output_file="result.json"):
        ...
"""
from __future__ import annotations

import os as _os

try:
    from _viztracer import __version__
except ModuleNotFoundError as _error:
    import sys as _sys
    raise ImportError(
        "this viztracer was built without a core for Python %d.%d; configure the build with "
        "-DVIZTRACER_ADD_PYTHON=..." % _sys.version_info[:2]) from _error

# As a frozen module the package has neither of these, or what the importer made up.
__file__ = (lambda: None).__code__.co_filename
__path__ = [_os.path.dirname(__file__)]

from .decorator import ignore_function, log_sparse, trace_and_save  # noqa: E402
from .viztracer import VizTracer, get_tracer  # noqa: E402

__all__ = [
    "VizTracer",
    "__version__",
    "get_tracer",
    "ignore_function",
    "load_ipython_extension",
    "log_sparse",
    "trace_and_save",
]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .viewer import viewer_main as viewer_main
    from .vizcounter import VizCounter as VizCounter
    from .vizevent import VizEvent as VizEvent
    from .vizlogging import VizLoggingHandler as VizLoggingHandler
    from .vizobject import VizObject as VizObject
    from .vizplugin import VizPluginBase as VizPluginBase
    from .vizplugin import VizPluginError as VizPluginError

# What the manual imports from here, and where it is.
_ELSEWHERE = {
    "VizCounter": "vizcounter",
    "VizObject": "vizobject",
    "VizLoggingHandler": "vizlogging",
    "VizEvent": "vizevent",
    "VizPluginBase": "vizplugin",
    "VizPluginError": "vizplugin",
    "viewer_main": "viewer",
}


def load_ipython_extension(ipython: object) -> None:
    """What `%load_ext viztracer` calls: the cell magic %%viztracer."""
    from .cellmagic import load_ipython_extension as load
    load(ipython)


def __getattr__(name: str) -> object:
    module = _ELSEWHERE.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib
    return getattr(importlib.import_module(f"{__name__}.{module}"), name)
