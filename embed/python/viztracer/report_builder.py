# SPDX-License-Identifier: Apache-2.0
"""ReportBuilder: one report out of a dict, or out of several report files."""
from __future__ import annotations

import json
import os
import sys

import _viztracer

from .viztracer import PYTHON_DIR

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List, Optional, Sequence, TextIO, Union

__all__ = ["ReportBuilder"]


class ReportBuilder:
    """`data` is a report as a dict, or a list of paths of .json reports, which become
    one report; `align` makes each of those begin at 0."""

    def __init__(
        self,
        data: Union[Sequence[str], Dict[str, Any]],
        verbose: int = 1,
        *,
        align: bool = False,
        minimize_memory: bool = False,
        base_time: Optional[int] = None,
    ) -> None:
        if not isinstance(data, (dict, list, tuple)):
            raise TypeError("data must be a dict or a list of paths")
        self.data = data
        self.verbose = verbose
        self.align = align
        self.minimize_memory = minimize_memory
        self.base_time = base_time
        self._endpoint: Optional[str] = None

    def sent_to(self, endpoint: Optional[str]) -> ReportBuilder:
        """The same, which goes to the report server there instead of a file."""
        self._endpoint = endpoint
        return self

    def save(self, output_file: Union[str, TextIO] = "result.json") -> None:
        """Writes the report: .json, .gz, .html, or to a text stream."""
        report = self._report()
        if self.base_time is not None:
            report["viztracer_metadata"]["baseTimeNanoseconds"] = self.base_time
        text = json.dumps(report)
        if not isinstance(output_file, str):
            output_file.write(text)
            return
        _viztracer.save_text(PYTHON_DIR, os.path.abspath(output_file), text,
                             len(report["traceEvents"]), bool(self.verbose), self._endpoint)

    def _report(self) -> Dict[str, Any]:
        if isinstance(self.data, dict):
            report = dict(self.data)
            report.setdefault("traceEvents", [])
            report.setdefault("viztracer_metadata", {})
            return report
        return _combine(_load_all(self.data, self.verbose), self.align)


def _load_all(paths: Sequence[str], verbose: int) -> List[Dict[str, Any]]:
    if not paths:
        raise ValueError("No json files to combine")
    for path in paths:
        if not os.path.exists(path):
            raise ValueError(f"{path} does not exist")
        if not path.endswith(".json"):
            raise ValueError(f"{path} is not a json file")
    reports, invalid = [], []
    for path in paths:
        report = _load(path)
        if report is None:
            invalid.append(path)
        else:
            reports.append(report)
    if invalid and verbose:
        _tell_invalid(invalid)
    if not reports:
        raise ValueError("No valid json files found")
    return reports


def _load(path: str) -> Optional[Dict[str, Any]]:
    try:
        with open(path, encoding="utf-8") as f:
            report = json.load(f)
    except ValueError:
        return None
    return report if isinstance(report, dict) else None


def _tell_invalid(paths: List[str]) -> None:
    sys.stdout.write("\x1b[93mFound and ignored invalid json file, you may lost some "
                     "process data.\x1b[0m\nInvalid json file:\n")
    for path in paths:
        sys.stdout.write(f"    {path}\n")


def _combine(reports: List[Dict[str, Any]], align: bool) -> Dict[str, Any]:
    """The other members of the first report are kept."""
    combined = dict(reports[0])
    combined["traceEvents"] = events = []
    combined["viztracer_metadata"] = metadata = {
        "version": _viztracer.__version__, "overflow": False}
    files: Dict[str, Any] = {}
    functions: Dict[str, Any] = {}
    for report in reports:
        if align:
            _align(report)
        events.extend(report.get("traceEvents", []))
        other = report.get("viztracer_metadata", {})
        metadata["overflow"] = bool(metadata["overflow"] or other.get("overflow", False))
        if "baseTimeNanoseconds" in other:
            metadata["baseTimeNanoseconds"] = other["baseTimeNanoseconds"]
        sources = report.get("file_info", {})
        files.update(sources.get("files", {}))
        functions.update(sources.get("functions", {}))
    combined["file_info"] = {"files": files, "functions": functions}
    return combined


def _align(report: Dict[str, Any]) -> None:
    """Its first moment, or its synchronization marker, becomes 0."""
    events = [event for event in report.get("traceEvents", []) if "ts" in event]
    zero = report.get("viztracer_metadata", {}).get("sync_marker")
    if zero is None:
        zero = min((event["ts"] for event in events), default=0)
    for event in events:
        event["ts"] -= zero
