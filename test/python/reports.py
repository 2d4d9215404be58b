# SPDX-License-Identifier: Apache-2.0
"""Reads reports for tests: strict JSON, events by phase, names of functions."""
import gzip
import json


def refuse_constant(name):
    raise ValueError(f"{name} is not JSON")


def load(path):
    with (gzip.open if path.endswith(".gz") else open)(path, "rt", encoding="utf-8") as f:
        return json.load(f, parse_constant=refuse_constant)


def events(report, phases="XBiCNOD"):
    """Without metadata, in the order of their times; an outer call before its inner ones."""
    return sorted((e for e in report["traceEvents"] if e["ph"] in phases),
                  key=lambda e: (e.get("ts", 0), -e.get("dur", 0)))


def names(report, phases="XB"):
    """Names of functions without their places."""
    return [e["name"].split(" (")[0] for e in events(report, phases)]
