# SPDX-License-Identifier: Apache-2.0
"""A program that uses the API, for check_types.py: never run."""
from typing import Dict, List, Optional

from viztracer import (
    VizCounter, VizEvent, VizLoggingHandler, VizObject, VizTracer, get_tracer, ignore_function,
    log_sparse, trace_and_save)
from viztracer.vizplugin import VizPluginBase


@ignore_function
def ignored(x: int) -> int:
    return x


@log_sparse(stack_depth=3)
def sparse(x: int) -> str:
    return str(x)


@trace_and_save(output_dir="x", ignore_c_function=True)
def saved(x: int) -> List[int]:
    return [x]


class Stock(VizObject):
    def __init__(self, tracer: Optional[VizTracer]) -> None:
        super().__init__(tracer, "stock", trigger_on_change=False)
        self.items: List[str] = []

    @VizObject.triggerlog
    def add(self, item: str) -> int:
        self.items.append(item)
        return len(self.items)

    @VizObject.triggerlog(when="both")
    def empty(self) -> None:
        self.items.clear()


class Plugin(VizPluginBase):
    def support_version(self) -> str:
        return "1.0.0"


def main() -> int:
    with VizTracer(verbose=0, max_stack_depth=3, plugins=[Plugin(), "a.module"]) as tracer:
        counter = VizCounter(tracer, "n")
        counter.a = 1
        event: VizEvent = tracer.log_event("piece")
        with event:
            tracer.log_instant("moment", {"k": [1]}, scope="p")
        data: Dict[str, object] = tracer.data
    handler = VizLoggingHandler()
    handler.setTracer(get_tracer())
    numbers: List[int] = saved(ignored(1))
    return len(numbers) + len(sparse(2)) + Stock(tracer).add("x") + len(data)
