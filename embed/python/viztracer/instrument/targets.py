# SPDX-License-Identifier: Apache-2.0
"""Which variables and attributes a statement binds, and how an expression is shown."""
import ast
import sys
from typing import Iterator, List, Optional


def _children(target: ast.AST) -> Optional[List[ast.expr]]:
    if isinstance(target, (ast.Tuple, ast.List)):
        return target.elts
    return [target.value] if isinstance(target, ast.Starred) else None


def variables(target: ast.AST) -> Iterator[str]:
    """The root variables of an assignment's target: `a` of `a[1].b`, each part of a tuple."""
    parts = _children(target)
    if parts is not None:
        for part in parts:
            yield from variables(part)
        return
    while isinstance(target, (ast.Attribute, ast.Subscript)):
        target = target.value
    if isinstance(target, ast.Name):
        yield target.id


def attributes(target: ast.AST) -> Iterator[ast.Attribute]:
    """The attributes that a target stores to."""
    parts = _children(target)
    if parts is not None:
        for part in parts:
            yield from attributes(part)
    elif isinstance(target, ast.Attribute):
        yield target


def captures(pattern: ast.AST) -> Iterator[str]:
    """The names that a match pattern binds."""
    for node in ast.walk(pattern):
        is_named = type(node).__name__ in ("MatchAs", "MatchStar")
        name = getattr(node, "name" if is_named else "rest", None)
        if isinstance(name, str):
            yield name


def parameters(args: ast.arguments) -> List[str]:
    """Names in the order positional-only, positional, keyword-only, *args, **kwargs."""
    found = [*args.posonlyargs, *args.args, *args.kwonlyargs]
    return [arg.arg for arg in [*found, args.vararg, args.kwarg] if arg is not None]


def mangle(name: str, class_name: Optional[str]) -> str:
    """A private name as the compiler stores it inside a class."""
    if not class_name or not name.startswith("__") or name.endswith("__") or "." in name:
        return name
    stripped = class_name.lstrip("_")
    return f"_{stripped}{name}" if stripped else name


def _render_slice(node: ast.AST) -> str:
    if isinstance(node, ast.Slice):
        text = ":".join(render(part) if part else "" for part in (node.lower, node.upper))
        return f"{text}:{render(node.step)}" if node.step else text
    if sys.version_info < (3, 9):
        if isinstance(node, ast.Index):
            return render(node.value)
        if isinstance(node, ast.ExtSlice):
            return ",".join(_render_slice(part) for part in node.dims)
    if isinstance(node, ast.Tuple):
        return ",".join(_render_slice(part) for part in node.elts)
    return render(node)


def render(node: ast.AST) -> str:
    """An expression in short: calls without their arguments, other operations as `...`."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Constant):
        return repr(node.value)
    if isinstance(node, ast.Attribute):
        return f"{render(node.value)}.{node.attr}"
    if isinstance(node, ast.Subscript):
        return f"{render(node.value)}[{_render_slice(node.slice)}]"
    if isinstance(node, ast.Call):
        return f"{render(node.func)}()"
    if isinstance(node, ast.Starred):
        return f"*{render(node.value)}"
    if isinstance(node, (ast.Tuple, ast.List)):
        text = ",".join(render(part) for part in node.elts)
        return f"({text})" if isinstance(node, ast.Tuple) else f"[{text}]"
    return "..."
