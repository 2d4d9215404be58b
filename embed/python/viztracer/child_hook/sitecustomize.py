# SPDX-License-Identifier: Apache-2.0
"""What a Python below a traced one imports with --child_hook=sitecustomize.

This folder comes first on PYTHONPATH. The environment and sys.path become what they are without
us, the core is loaded and told what to do, and the sitecustomize that this one shadows is
imported in its place. Written so that every Python can read it, also one without a core.
"""
import os
import sys

FOLDER = os.path.dirname(os.path.abspath(__file__))


def clean():
    """Takes us out of what the program can see; returns the session."""
    others = [p for p in os.environ.get("PYTHONPATH", "").split(":") if p != FOLDER]
    if others:
        os.environ["PYTHONPATH"] = ":".join(others)
    else:
        os.environ.pop("PYTHONPATH", None)
    sys.path[:] = [p for p in sys.path if p != FOLDER]
    sys.path_importer_cache.pop(FOLDER, None)
    os.environ.pop("VIZTRACER_SESSION", None)


def find_core(folder):
    """The path of the core for this Python; None: there is none."""
    if sys.version_info < (3, 8) or sys.implementation.name != "cpython" or "t" in sys.abiflags:
        return None
    start = "_viztracer.cpython-%d%d-" % sys.version_info[:2]
    names = [name for name in os.listdir(folder) if name.startswith(start)]
    return os.path.join(folder, names[0]) if names else None


def load(path):
    """The module `_viztracer`, by what is imported anyway: importlib would be one more."""
    machinery = sys.modules["_frozen_importlib_external"]
    bootstrap = sys.modules["_frozen_importlib"]
    loader = machinery.ExtensionFileLoader("_viztracer", path)
    return bootstrap._load(bootstrap.ModuleSpec("_viztracer", loader, origin=path))


def begin(session):
    folder = os.path.dirname(os.path.dirname(FOLDER))
    try:
        core = find_core(folder)
        why = "no core for Python %d.%d" % sys.version_info[:2]
        if core:
            load(core).attach_session(session)
            return
    except Exception as error:
        why = str(error)
    sys.stderr.write("viztracer: %s: %s; the program runs untraced\n" % (folder, why))


session = getattr(os, "environb", {}).get(b"VIZTRACER_SESSION", b"")
clean()
if session:
    begin(session)
del sys.modules["sitecustomize"]
import sitecustomize  # noqa: E402,F401  (the one that we shadow, if there is one)
