# SPDX-License-Identifier: Apache-2.0
"""What instrumented code calls: one object among the constants of its code.

It is no builtin name, so that code keeps working under any `__builtins__`, after the tracer is
gone, and in a namespace that the program lists. It never fails a program but by log_number's
stated ValueError. A value's repr may run instrumented code: nothing is logged meanwhile.
"""
import builtins
from typing import Any, Callable, Dict, Optional

from _thread import _local

UNSHOWABLE = "Not Displayable"
STEPS_CHARS = 8000  # of one call's exec_steps, as JSON has them; the log takes 16 KB
MORE = "..."


class _State(_local):
    """Of one thread: is a value being shown, and objects whose attribute is being stored."""

    def __init__(self) -> None:
        self.showing = False
        self.kept: Dict[int, Any] = {}


def find_tracer() -> Any:
    """The tracer of the process, None when there is none."""
    return getattr(builtins, "__viz_tracer__", None)


class Logger:
    """Logs to the tracer that `find` returns at that moment."""

    def __init__(self, find: Callable[[], Any] = find_tracer) -> None:
        self._find = find
        self._state = _State()

    def __reduce__(self) -> str:
        """Code that is pickled by value carries the process's own logger by name."""
        return "logger"

    def _tracer(self) -> Optional[Any]:
        return None if self._state.showing else self._find()

    def _show(self, value: Any, how: Callable[[Any], str] = repr) -> str:
        self._state.showing = True
        try:
            return how(value)
        except Exception:
            return UNSHOWABLE
        finally:
            self._state.showing = False

    def instant(self, name: str, value: Any) -> None:
        """An instant `name = repr(value)`."""
        tracer = self._tracer()
        if tracer is not None:
            tracer.add_instant(f"{name} = {self._show(value)}", None, "p")

    def bound(self, name: str, value: Any) -> Any:
        """The same inside an expression."""
        self.instant(name, value)
        return value

    def number(self, name: str, value: Any) -> None:
        """A counter; ValueError if the value is no number."""
        tracer = self._tracer()
        if tracer is None:
            return
        if not isinstance(value, (int, float)):
            raise ValueError(f"{name}({self._show(value)}) is not a number")
        tracer.add_variable(name, value, "counter")

    def bound_number(self, name: str, value: Any) -> Any:
        """The same inside an expression."""
        self.number(name, value)
        return value

    def keep(self, place: int, value: Any) -> Any:
        """Remembers an object until its attribute is stored: it is evaluated once."""
        self._state.kept[place] = value
        return value

    def kept_attribute(self, name: str, place: int, attribute: str) -> None:
        """The attribute of the object that `keep` remembered."""
        if place in self._state.kept:
            self.attribute(name, self._state.kept.pop(place), attribute)

    def attribute(self, name: str, owner: Any, attribute: str) -> None:
        """An instant with the attribute as it reads after the assignment."""
        tracer = self._tracer()
        if tracer is not None:
            text = self._show(owner, lambda value: repr(getattr(value, attribute)))
            tracer.add_instant(f"{name} = {text}", None, "p")

    def step(self, name: str, value: Any) -> None:
        """One more of the function's exec_steps, as long as there is room."""
        tracer = self._tracer()
        if tracer is None:
            return
        steps = (tracer.get_func_args() or {}).get("exec_steps", [])
        if not isinstance(steps, list) or steps[-1:] == [MORE]:
            return
        text = f"{name} = {self._show(value, str)}"
        room = STEPS_CHARS - sum(len(ascii(step)) for step in steps)
        steps.append(text if len(ascii(text)) < room else MORE)
        tracer.add_func_args("exec_steps", steps)

    def call(self, method: str, *args: Any, **kwargs: Any) -> None:
        """A magic comment's call of a method of the tracer."""
        tracer = self._tracer()
        if tracer is not None:
            getattr(tracer, method)(*args, **kwargs)


logger = Logger()
