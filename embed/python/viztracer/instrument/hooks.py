# SPDX-License-Identifier: Apache-2.0
"""Who is instrumented in a running program: imported source files, and compile(text).

Importing asks SourceLoader.get_code for code; ours compiles the source of eligible files itself
and neither reads nor writes a .pyc. importlib keeps the real compile(), so whatever it compiles
for a .pyc (py_compile, too) is clean. marshal gets the clean code of instrumented code: a program
that stores what it compiled (a template engine's cache) stores nothing of ours.
"""
import __future__

import ast
import builtins
import functools
import marshal
import os
import sys
import sysconfig
import weakref
from types import CodeType
from typing import Any, Callable, Dict, List, Optional, Tuple

from .code import instrument_source
from .logger import Logger, logger as process_logger
from .options import Options

FUTURES = functools.reduce(
    lambda mask, name: mask | getattr(__future__, name).compiler_flag,
    __future__.all_feature_names, 0)
# The code's own word, which holds for frozen code, too.
OUR_FOLDER = os.path.dirname(os.path.dirname(
    os.path.abspath((lambda: None).__code__.co_filename)))


def _library_folders() -> Tuple[str, ...]:
    paths = sysconfig.get_paths()
    folders = {paths[name] for name in ("stdlib", "platstdlib")} | {OUR_FOLDER}
    folders |= {os.path.realpath(folder) for folder in folders}
    return tuple(os.path.join(folder, "") for folder in folders)


def is_user_file(path: str, library: Tuple[str, ...]) -> bool:
    """Is it outside the standard library (its site-packages are) and our package?"""
    for folder in library:
        if path.startswith(folder):
            first = path[len(folder):].split(os.sep, 1)[0]
            return first in ("site-packages", "dist-packages")
    return True


class Hooks:
    """Instruments what a program imports and compiles, between install() and remove()."""

    def __init__(self, options: Options, logger: Logger = process_logger) -> None:
        self._options = options
        self._logger = logger
        self._library = _library_folders()
        self._undo: List[Callable[[], None]] = []
        self._clean: Dict[int, Tuple[Any, Callable[[], CodeType]]] = {}
        self._compile = builtins.compile

    def install(self) -> None:
        """Begins; a second call does nothing."""
        if self._undo:
            return
        importer: Any = sys.modules["_frozen_importlib_external"]
        self._compile = builtins.compile
        self._replace(importer.SourceLoader, "get_code",
                      self._make_get_code(importer.SourceLoader.get_code))
        self._replace(importer, "compile", self._compile)
        self._replace(builtins, "compile", self._make_compile())
        self._replace(marshal, "dumps", self._make_marshal(marshal.dumps))
        self._replace(marshal, "dump", self._make_marshal(marshal.dump))

    def remove(self) -> None:
        """Puts back what install() replaced. Code that is instrumented stays so."""
        while self._undo:
            self._undo.pop()()

    def _replace(self, owner: Any, name: str, value: Any) -> None:
        if name in vars(owner):
            self._undo.append(functools.partial(setattr, owner, name, getattr(owner, name)))
        else:
            self._undo.append(functools.partial(delattr, owner, name))
        setattr(owner, name, value)

    # ---- imports

    def code_of_module(self, loader: Any, name: str) -> Optional[CodeType]:
        """Instrumented code, None: the loader shall do as ever, and raise what it raises."""
        try:
            path = loader.get_filename(name)
            if not is_user_file(os.path.abspath(path), self._library):
                return None
            return instrument_source(loader.get_data(path), path, self._options,
                                     logger=self._logger)
        except Exception:
            return None

    def _make_get_code(self, original: Callable[[Any, str], Any]) -> Callable[[Any, str], Any]:
        code_of_module = self.code_of_module

        def get_code(self: Any, fullname: str) -> Any:
            code = code_of_module(self, fullname)
            return original(self, fullname) if code is None else code

        # Tracebacks of a module that does not compile leave out importlib's own frames.
        get_code.__code__ = get_code.__code__.replace(co_filename=original.__code__.co_filename)
        return functools.update_wrapper(get_code, original)

    # ---- compile()

    def _make_compile(self) -> Callable[..., Any]:
        original = self._compile

        # pylint: disable=redefined-builtin
        def compile(source: Any, filename: Any, mode: str, flags: int = 0,
                    dont_inherit: bool = False, optimize: int = -1, **more: Any) -> Any:
            if not dont_inherit and isinstance(flags, int):
                flags |= sys._getframe(1).f_code.co_flags & FUTURES
            plain = functools.partial(original, source, filename, mode, flags, True, optimize,
                                      **more)
            if more or mode not in ("exec", "single") or flags & ast.PyCF_ONLY_AST \
                    or not isinstance(source, (str, bytes)):
                return plain()
            return self._compile_text(plain, source, os.fsdecode(filename), mode, flags, optimize)

        return functools.update_wrapper(compile, original)

    def _compile_text(self, plain: Callable[[], CodeType], source: Any, filename: str, mode: str,
                      flags: int, optimize: int) -> CodeType:
        try:
            code = instrument_source(source, filename, self._options, mode, flags, optimize,
                                     self._logger)
        except Exception:
            return plain()
        key = id(code)
        forget = functools.partial(self._forget, key)
        self._clean[key] = (weakref.ref(code, forget), plain)
        return code

    def _forget(self, key: int, _: Any) -> None:
        self._clean.pop(key, None)

    def _make_marshal(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def dump(value: Any, *args: Any) -> Any:
            known = self._clean.get(id(value)) if isinstance(value, CodeType) else None
            return original(known[1]() if known else value, *args)

        return functools.update_wrapper(dump, original)
