# SPDX-License-Identifier: Apache-2.0
"""Plugins: what they derive from, and who talks to them.

A plugin is told what happens to its tracer (initialize, pre-start, post-stop, pre-save)
and may answer with a handler that changes the report; in the end it is told to
terminate.
"""
from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List, Tuple, Union

    from .viztracer import VizTracer

__all__ = ["VizPluginBase", "VizPluginError"]


class VizPluginError(Exception):
    """A plugin cannot be loaded, or did not do what it was told."""


class VizPluginBase:
    """Derive from this, and give the module a function get_vizplugin(arg)."""

    def support_version(self) -> str:
        """The newest version of viztracer that the plugin knows, as "x.y.z"."""
        raise NotImplementedError

    def message(self, m_type: str, payload: Dict[str, Any]) -> Dict[str, Any]:
        """Hears of an event ("event") or gets an order ("command"); the manual's chapter
        VizPlugin says what may be answered."""
        if m_type == "command" and payload.get("cmd_type") == "terminate":
            return {"success": True}
        return {}


class VizPluginManager:
    """The plugins of one tracer."""

    def __init__(self, tracer: VizTracer,
                 plugins: List[Union[VizPluginBase, str]]) -> None:
        self._tracer = tracer
        self._plugins = [_load(plugin) for plugin in plugins]
        for plugin in self._plugins:
            _look_at_version(plugin)
        self.event("initialize")

    def event(self, when: str) -> None:
        """Tells all plugins, and does what they answer."""
        for plugin in self._plugins:
            self._act(plugin.message("event", {"when": when}))

    def _act(self, answer: Dict[str, Any]) -> None:
        if answer and answer.get("action") == "handle_data":
            answer["handler"](self._tracer.data)

    def terminate(self) -> None:
        """Tells all plugins to end; they are forgotten."""
        command = {"cmd_type": "terminate"}
        plugins, self._plugins = self._plugins, []
        for plugin in plugins:
            answer = plugin.message("command", dict(command))
            if not answer or answer.get("success") is not True:
                raise VizPluginError(f"{plugin} failed to process {command}")


def _load(plugin: Union[VizPluginBase, str]) -> VizPluginBase:
    if isinstance(plugin, VizPluginBase):
        return plugin
    if isinstance(plugin, str):
        return _load_by_name(plugin)
    raise TypeError("Invalid plugin!")


def _load_by_name(words: str) -> VizPluginBase:
    """The words are a module and what its get_vizplugin() may want to know."""
    import importlib
    name = words.split()[0] if words.split() else words
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not (name + ".").startswith(error.name + "."):
            raise  # the module is there; it misses another one
        raise VizPluginError(f"There's no module named {name}, maybe you need to install "
                             "it") from None
    make = getattr(module, "get_vizplugin", None)
    if make is None:
        raise VizPluginError(f"Unable to find get_vizplugin in {name}. Incorrect plugin.")
    if not callable(make):
        raise VizPluginError(f"Unable to find get_vizplugin as a callable in {name}. "
                             "Incorrect plugin.")
    plugin = make(words)
    if not isinstance(plugin, VizPluginBase):
        raise TypeError("Invalid plugin!")
    return plugin


def _numbers(version: str) -> Tuple[int, ...]:
    return tuple(int(number) for number in version.split("."))


def _look_at_version(plugin: VizPluginBase) -> None:
    from _viztracer import __version__
    if _numbers(plugin.support_version()) > _numbers(__version__):
        sys.stdout.write(
            "\x1b[93mThe plugin support version is higher than viztracer version. "
            "Consider update your viztracer\x1b[0m\n")
