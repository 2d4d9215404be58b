# SPDX-License-Identifier: Apache-2.0
"""Objects as readable text: by objprint where it is installed, else by our own means."""
from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Iterator, List, Optional, Tuple

_MAX_DEPTH = 4  # of objects within objects
_MAX_ITEMS = 100  # of one container
_INDENT = "  "
_text: Optional[Callable[[Any], str]] = None


def safe_repr(value: Any) -> str:
    """repr(value), or "Not Displayable" where that fails."""
    try:
        return repr(value)
    except Exception:
        return "Not Displayable"


def find_object_text() -> Callable[[Any], str]:
    """What shows what is in an object: objprint's function, or our own."""
    try:
        from objprint import objstr
    except Exception:
        return _own_text
    return lambda value: str(objstr(value, color=False))


def _own_text(value: Any) -> str:
    return "\n".join(_lines(value, 0, []))


def object_text(value: Any) -> str:
    """A text that shows what is in the object."""
    global _text
    if _text is None:
        _text = find_object_text()
    try:
        return _text(value)
    except Exception:
        return safe_repr(value)


def _lines(value: Any, depth: int, around: List[int]) -> List[str]:
    """The text of a value, line by line; `around` are the ids of what it stands in."""
    parts = _parts(value)
    if parts is None or depth == _MAX_DEPTH or id(value) in around:
        return [safe_repr(value)] if id(value) not in around else ["..."]
    opening, members, closing = parts
    lines = [opening]
    around.append(id(value))
    for name, member in members:
        inner = _lines(member, depth + 1, around)
        lines.append(f"{_INDENT}{name}{inner[0]}")
        lines.extend(_INDENT + line for line in inner[1:])
        lines[-1] += ","
    around.pop()
    if len(lines) == 1:
        return [opening + closing]
    lines[-1] = lines[-1][:-1]
    return lines + [closing]


def _parts(value: Any) -> Any:
    """(opening, members, closing) of what is shown member by member; None: by repr."""
    kind: Any = type(value)
    if kind in (list, tuple, set, frozenset):
        brackets = "[]" if kind is list else "()" if kind is tuple else "{}"
        return brackets[0], _cut(("", item) for item in value), brackets[1]
    if kind is dict:
        return "{", _cut((safe_repr(key) + ": ", item) for key, item in value.items()), "}"
    if kind.__repr__ is not object.__repr__:
        return None
    attributes = getattr(value, "__dict__", None)
    if type(attributes) is not dict:
        return None
    members = _cut((f".{name} = ", item) for name, item in attributes.items())
    return f"<{kind.__name__}", members, ">"


def _cut(members: Iterator[Tuple[str, Any]]) -> List[Tuple[str, Any]]:
    kept: List[Tuple[str, Any]] = []
    for member in members:
        if len(kept) == _MAX_ITEMS:
            kept.append(("", _Ellipsis()))
            break
        kept.append(member)
    return kept


class _Ellipsis:
    def __repr__(self) -> str:
        return "..."
