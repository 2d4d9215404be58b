# SPDX-License-Identifier: Apache-2.0
"""What VizCounter and VizObject have in common: attributes that log themselves."""
from __future__ import annotations

import functools

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, List, Optional, TypeVar, overload

    from .viztracer import VizTracer

    F = TypeVar("F", bound=Callable[..., Any])
else:
    def overload(signature):
        """typing.overload, without the import of typing."""
        return signature

_CONFIGS = ("trigger_on_change", "include_attributes", "exclude_attributes")
_WHEN = ("after", "before", "both")


class _EventBase:
    """Without a tracer (None) every operation does nothing but what an ordinary object
    does. Attributes whose names begin with an underscore are never logged."""

    def __init__(
        self,
        tracer: Optional[VizTracer],
        name: Optional[str] = None,
        trigger_on_change: bool = True,
        include_attributes: Optional[List[str]] = None,
        exclude_attributes: Optional[List[str]] = None,
    ) -> None:
        self._viztracer_tracer = tracer
        self._viztracer_name = type(self).__name__ if name is None else name
        self._viztracer_config: Dict[str, Any] = {
            "trigger_on_change": trigger_on_change,
            "include_attributes": list(include_attributes or []),
            "exclude_attributes": list(exclude_attributes or []),
        }

    def config(self, key: str, value: Any) -> None:
        """Sets "trigger_on_change", "include_attributes" or "exclude_attributes"."""
        if key not in _CONFIGS:
            raise ValueError(f"No config named {key}")
        self._viztracer_config[key] = value

    def log(self) -> None:
        """Logs the attributes as they are now."""
        self._viztracer_log()

    def _viztracer_set_config(self, key: str, value: Any) -> None:
        _EventBase.config(self, key, value)

    def _viztracer_log(self) -> None:
        """The same, for classes that have a config() or log() of their own."""
        raise NotImplementedError

    def _is_logged(self, name: str) -> bool:
        if name.startswith("_"):
            return False
        include = self._viztracer_config["include_attributes"]
        if include:
            return name in include
        return name not in self._viztracer_config["exclude_attributes"]

    def _logged_attributes(self) -> Dict[str, Any]:
        return {name: value for name, value in list(self.__dict__.items())
                if self._is_logged(name)}

    def _check(self, name: str, value: Any) -> None:
        """Refuses what cannot be logged."""

    def __setattr__(self, name: str, value: Any) -> None:
        # An object that is being made has no config yet: nothing of it is logged.
        config = self.__dict__.get("_viztracer_config")
        if config is None or self._viztracer_tracer is None or not self._is_logged(name):
            object.__setattr__(self, name, value)
            return
        self._check(name, value)
        object.__setattr__(self, name, value)
        if config["trigger_on_change"]:
            self._viztracer_log()

    @overload
    @staticmethod
    def triggerlog(method: F, when: str = "after") -> F: ...

    @overload
    @staticmethod
    def triggerlog(method: None = None, when: str = "after") -> Callable[[F], F]: ...

    @staticmethod
    def triggerlog(method: Optional[Callable[..., Any]] = None,
                   when: str = "after") -> Callable[..., Any]:
        """Decorates a method: it logs the attributes after it ran, before, or both."""
        if when not in _WHEN:
            raise ValueError("when has to be one of 'after', 'before' or 'both', "
                             f"not {when}")
        if method is None:
            return functools.partial(_EventBase.triggerlog, when=when)
        return _make_triggerlog(method, when)


def _make_triggerlog(method: Callable[..., Any], when: str) -> Callable[..., Any]:
    @functools.wraps(method)
    def triggerlog_wrapper(self: _EventBase, *args: Any, **kwargs: Any) -> Any:
        if when != "after":
            self._viztracer_log()
        result = method(self, *args, **kwargs)
        if when != "before":
            self._viztracer_log()
        return result

    return triggerlog_wrapper
