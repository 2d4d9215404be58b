# SPDX-License-Identifier: Apache-2.0
"""VizCounter: numbers, shown over time."""
from __future__ import annotations

from .eventbase import _EventBase

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["VizCounter"]


def _is_number(value: Any) -> bool:
    return type(value) is int or type(value) is float


class VizCounter(_EventBase):
    """Each public attribute is a number; setting one logs all of them."""

    def _check(self, name: str, value: Any) -> None:
        if not _is_number(value) and not callable(value):
            raise Exception("Counter can only take numeric values")

    def _viztracer_log(self) -> None:
        if self._viztracer_tracer is None:
            return
        numbers = {}
        for name, value in self._logged_attributes().items():
            if callable(value):
                continue
            self._check(name, value)
            numbers[name] = value
        self._viztracer_tracer.add_counter(self._viztracer_name, numbers)
