# SPDX-License-Identifier: Apache-2.0
"""VizObject: an object whose attributes are shown over time."""
from __future__ import annotations

from .eventbase import _EventBase

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, List, Optional

    from .viztracer import VizTracer

__all__ = ["VizObject"]

_SHOWN = (list, dict, int, float, str)


class VizObject(_EventBase):
    """Each public attribute that is a list, dict, int, float or str is logged; setting
    one logs all of them. Lists and dicts are shown as they are when the report is
    saved."""

    def __init__(
        self,
        tracer: Optional[VizTracer],
        name: Optional[str] = None,
        trigger_on_change: bool = True,
        include_attributes: Optional[List[str]] = None,
        exclude_attributes: Optional[List[str]] = None,
    ) -> None:
        super().__init__(tracer, name, trigger_on_change, include_attributes,
                         exclude_attributes)
        self._viztracer_put("N")

    def _viztracer_put(self, phase: str, args: Any = None) -> None:
        if self._viztracer_tracer is not None:
            self._viztracer_tracer.add_object(phase, str(id(self)), self._viztracer_name,
                                              args)

    def _viztracer_log(self) -> None:
        if self._viztracer_tracer is None:
            return
        shown = {name: value for name, value in self._logged_attributes().items()
                 if type(value) in _SHOWN}
        self._viztracer_put("O", {"snapshot": shown})

    def __del__(self) -> None:
        if "_viztracer_config" in self.__dict__:
            self._viztracer_put("D")
