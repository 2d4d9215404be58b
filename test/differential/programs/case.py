# SPDX-License-Identifier: Apache-2.0
"""One case of the differential test: a small program, and how it is started."""
import dataclasses
import re
import textwrap
from typing import Callable, Dict, List, Optional, Tuple

CASES = []

# Words of python3 that viztracer's command line takes, too: flags, then one option with a value.
SHARED_OPTIONS = re.compile(r"-([BEIsSiqbO]*)([XWcm]?)(.*)", re.DOTALL)


@dataclasses.dataclass
class Case:
    """`words` are python3's, without its name. A program of our own is the file main.py."""
    name: str
    words: List[object]                 # str, or bytes
    files: Dict[str, object] = dataclasses.field(default_factory=dict)
    stdin: str = ""
    env: Dict[str, Optional[str]] = dataclasses.field(default_factory=dict)  # None: unset
    versions: Tuple[Tuple[int, int], Tuple[int, int]] = ((3, 8), (3, 99))
    same: Callable[[str], str] = str    # makes texts equal that may differ
    signals: Tuple[int, ...] = ()       # sent one by one, after each READY line
    redirect: str = ""                  # for sh, behind the command
    needs: str = ""                     # a module that must be importable
    traced: Optional[bool] = True       # is there a report afterwards; None: as it happens
    launcher: bool = False              # by the launcher: the command line answers otherwise

    def split(self):
        """(interpreter options, -c or -m with its value or None, words of the program), or
        None: viztracer's command line has no such words, only the launcher does."""
        words, options = list(self.words), []
        if self.launcher:
            return None
        while words and isinstance(words[0], str) and SHARED_OPTIONS.match(words[0]):
            flags, letter, value = SHARED_OPTIONS.match(words[0]).groups()
            if not flags + letter or value and not letter:
                break
            size = 2 if letter and not value else 1
            if letter in ("c", "m"):
                return options, words[:size], words[size:]
            options, words = options + words[:size], words[size:]
        if not words:
            return None
        if isinstance(words[0], str) and words[0].startswith("-") and words[0] != "-":
            return None
        return options, None, words


def add(name, words, **rest):
    """A case that is nothing but a command line."""
    CASES.append(Case(name, words, **rest))


def program(name, text, *args, options=(), files=None, **rest):
    """A case that runs `text` as the script main.py."""
    files = dict(files or {}, **{"main.py": textwrap.dedent(text).lstrip("\n")})
    CASES.append(Case(name, [*options, "main.py", *args], files, **rest))


def without_times(text):
    """Seconds and counts that a clock made."""
    return re.sub(r"\d+\.\d+", "N", text)


def sorted_lines(text):
    """For threads and processes that write in any order."""
    return "".join(sorted(text.splitlines(keepends=True)))
