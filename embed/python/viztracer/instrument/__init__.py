# SPDX-License-Identifier: Apache-2.0
"""Source instrumentation: programs log what they assign, enter and raise.

Reading order: options (what is wanted), targets (which names a statement binds), transform (the
tree's rewriting), magic (comments), logger (what the rewritten code calls), code (text to code
object), hooks (who gets instrumented in a running program). Nothing here needs the core.
"""
from .code import instrument_source, instrument_tree
from .hooks import Hooks
from .logger import Logger
from .options import Options

__all__ = ["Hooks", "Logger", "Options", "instrument_source", "instrument_tree"]
