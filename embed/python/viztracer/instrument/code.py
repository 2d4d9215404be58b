# SPDX-License-Identifier: Apache-2.0
"""Text or tree to instrumented code object."""
import ast
import builtins
from types import CodeType
from typing import Any, Union

from .logger import Logger, logger as process_logger
from .magic import MagicComments
from .options import Options
from .transform import MARK, Transformer

_compile = builtins.compile


def instrument_tree(tree: Any, options: Options, source: Union[str, bytes, None] = None,
                    filename: str = "<unknown>") -> Any:
    """Rewrites a parsed module. Comments are not in a tree: they need its source."""
    if options.magic_comment and source is not None:
        MagicComments(source, filename).apply(tree)
    return Transformer(options).visit(tree)


def put_logger(code: CodeType, logger: Logger) -> CodeType:
    """The code with the logger in the place of the mark, within nested code, too."""
    consts = tuple(put_logger(item, logger) if isinstance(item, CodeType)
                   else logger if isinstance(item, str) and item == MARK else item
                   for item in code.co_consts)
    return code.replace(co_consts=consts)


def instrument_source(source: Union[str, bytes], filename: str, options: Options,
                      mode: str = "exec", flags: int = 0, optimize: int = -1,
                      logger: Logger = process_logger) -> CodeType:
    """Compiles as compile() does, instrumented; nothing is inherited from the caller.

    Errors of the program's source are raised as compile() raises them."""
    tree = _compile(source, filename, mode, flags | ast.PyCF_ONLY_AST, True, optimize)
    tree = instrument_tree(tree, options, source, filename)
    return put_logger(_compile(tree, filename, mode, flags, True, optimize), logger)
