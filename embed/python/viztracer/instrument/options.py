# SPDX-License-Identifier: Apache-2.0
"""What to instrument, built from the settings of the same names."""
import re
from typing import Iterable, List, Optional, Pattern


class Names:
    """Names that one of some regular expressions matches in full."""

    def __init__(self, regexes: Optional[Iterable[str]] = None) -> None:
        self._patterns: List[Pattern[str]] = [re.compile(regex) for regex in regexes or ()]

    def __bool__(self) -> bool:
        return bool(self._patterns)

    def __contains__(self, name: str) -> bool:
        return any(pattern.fullmatch(name) for pattern in self._patterns)


class Options:
    """The settings log_var, log_number, log_attr, log_func_exec, log_func_entry,
    log_exception and magic_comment. A malformed regular expression raises re.error."""

    def __init__(self, log_var: Optional[Iterable[str]] = None,
                 log_number: Optional[Iterable[str]] = None,
                 log_attr: Optional[Iterable[str]] = None,
                 log_func_exec: Optional[Iterable[str]] = None,
                 log_func_entry: Optional[Iterable[str]] = None,
                 log_exception: bool = False, magic_comment: bool = False) -> None:
        self.log_var = Names(log_var)
        self.log_number = Names(log_number)
        self.log_attr = Names(log_attr)
        self.log_func_exec = Names(log_func_exec)
        self.log_func_entry = Names(log_func_entry)
        self.log_exception = log_exception
        self.magic_comment = magic_comment

    def __bool__(self) -> bool:
        """Is there anything to do?"""
        return any(bool(value) for value in vars(self).values())
