# SPDX-License-Identifier: Apache-2.0
"""Rewrites a module's tree: after what binds a name stands a call that logs it.

A call is made of a constant text and a method; code.py puts the logger in the place of the text.
Every new node takes the place (line and columns) of the one that it is about, so tracebacks and
line numbers of the program stay. Annotations are left alone: they may be text.
"""
import ast
import itertools
from typing import Any, Iterable, List, Optional, Sequence, Union

from . import targets
from .options import Options

MARK = "viztracer's logger stands here \N{LINK SYMBOL}"
_places = itertools.count()
Function = Union[ast.FunctionDef, ast.AsyncFunctionDef]


def call(method: str, args: Sequence[ast.expr], where: ast.AST) -> ast.Call:
    """An expression that calls a method of the logger."""
    function = ast.Attribute(value=ast.Constant(value=MARK), attr=method, ctx=ast.Load())
    return place(ast.Call(func=function, args=list(args), keywords=[]), where)


def place(node: Any, where: ast.AST) -> Any:
    """Gives a new node, and what is new within it, the location of another one."""
    ast.copy_location(node, where)
    for child in ast.iter_child_nodes(node):
        if not hasattr(child, "lineno"):
            place(child, where)
    return node


def is_docstring(node: ast.AST) -> bool:
    """Could the statement be a docstring?"""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) \
        and isinstance(node.value.value, str)


class Transformer(ast.NodeTransformer):
    """One module's rewriting."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.class_name: Optional[str] = None
        self.steps = False

    # ---- pieces

    def _log(self, method: str, name: str, value: ast.expr, where: ast.AST) -> ast.stmt:
        return place(ast.Expr(call(method, [ast.Constant(value=name), value], where)), where)

    def _log_names(self, names: Iterable[str], where: ast.AST) -> List[ast.stmt]:
        names = list(names)
        logs = []
        for method, wanted in (("instant", self.options.log_var),
                               ("number", self.options.log_number)):
            for name in names:
                if name in wanted:
                    value = ast.Name(id=name, ctx=ast.Load())
                    logs.append(self._log(method, f"Variable Assign - {name}", value, where))
        return logs

    def _log_attribute(self, target: ast.Attribute) -> List[ast.stmt]:
        if target.attr not in self.options.log_attr:
            return []
        name: ast.expr = ast.Constant(value=f"Attribute Assign - {targets.render(target)}")
        attribute: ast.expr = ast.Constant(value=targets.mangle(target.attr, self.class_name))
        if isinstance(target.value, ast.Name):
            owner: ast.expr = ast.Name(id=target.value.id, ctx=ast.Load())
            method = "attribute"
        else:
            owner = ast.Constant(value=next(_places))
            kept = [ast.copy_location(ast.Constant(value=owner.value), target), target.value]
            target.value = call("keep", kept, target.value)
            method = "kept_attribute"
        return [place(ast.Expr(call(method, [name, owner, attribute], target)), target)]

    def _log_steps(self, node: ast.AST, names: Iterable[str]) -> List[ast.stmt]:
        line = getattr(node, "lineno")
        return [self._log("step", f"({line}) {name}", ast.Name(id=name, ctx=ast.Load()), node)
                for name in names]

    def _bind(self, bound: Sequence[ast.expr], where: ast.AST) -> List[ast.stmt]:
        """Logs of what an assignment, a loop or a with statement has bound."""
        names = [name for target in bound for name in targets.variables(target)]
        logs = self._log_names(names, where)
        for target in bound:
            for attribute in targets.attributes(target):
                logs += self._log_attribute(attribute)
        return logs

    def _assign(self, node: Any, bound: Sequence[ast.expr]) -> List[ast.stmt]:
        self.generic_visit(node)
        logs = self._bind(bound, node)
        if self.steps:
            names = [name for target in bound for name in targets.variables(target)]
            logs += self._log_steps(node, names)
        return [node, *logs]

    # ---- statements

    def visit_Assign(self, node: ast.Assign) -> List[ast.stmt]:
        return self._assign(node, node.targets)

    def visit_AugAssign(self, node: ast.AugAssign) -> List[ast.stmt]:
        return self._assign(node, [node.target])

    def visit_AnnAssign(self, node: ast.AnnAssign) -> Any:
        if node.value is None:
            return node
        annotation, node.annotation = node.annotation, ast.Constant(value=None)
        statements = self._assign(node, [node.target])
        node.annotation = annotation
        return statements

    def _loop(self, node: Any) -> Any:
        self.generic_visit(node)
        node.body = self._bind([node.target], node.target) + node.body
        return node

    visit_For = visit_AsyncFor = _loop

    def _with(self, node: Any) -> Any:
        self.generic_visit(node)
        bound = [item.optional_vars for item in node.items if item.optional_vars]
        node.body = self._bind(bound, node) + node.body
        return node

    visit_With = visit_AsyncWith = _with

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> Any:
        self.generic_visit(node)
        if node.name:
            node.body = self._log_names([node.name], node) + node.body
        return node

    def visit_match_case(self, node: Any) -> Any:
        self.generic_visit(node)
        node.body = self._log_names(targets.captures(node.pattern), node.pattern) + node.body
        return node

    def visit_NamedExpr(self, node: ast.NamedExpr) -> Any:
        self.generic_visit(node)
        value: ast.expr = node
        name = node.target.id
        for method, wanted in (("bound", self.options.log_var),
                               ("bound_number", self.options.log_number)):
            if name in wanted:
                text = ast.copy_location(ast.Constant(value=f"Variable Assign - {name}"), node)
                value = call(method, [text, value], node)
        return value

    def visit_Raise(self, node: ast.Raise) -> Any:
        self.generic_visit(node)
        if not self.options.log_exception:
            return node
        if node.exc is None:
            return [self._log("instant", "Exception", ast.Constant(value=None), node), node]
        text = ast.copy_location(
            ast.Constant(value=f"Exception - {targets.render(node.exc)}"), node.exc)
        node.exc = call("bound", [text, node.exc], node.exc)
        return node

    # ---- scopes

    def _visit_list(self, nodes: List[Any]) -> List[Any]:
        done: List[Any] = []
        for node in nodes:
            result = self.visit(node)
            done += result if isinstance(result, list) else [result]
        return done

    def _function(self, node: Function) -> Any:
        node.decorator_list = self._visit_list(node.decorator_list)
        node.args.defaults = self._visit_list(node.args.defaults)
        node.args.kw_defaults = [item and self.visit(item) for item in node.args.kw_defaults]
        steps, self.steps = self.steps, self.steps or node.name in self.options.log_func_exec
        body = self._visit_list(node.body)
        self.steps = steps
        first = 1 if is_docstring(body[0]) else 0
        body[first:first] = self._entry(node)
        node.body = body
        return node

    visit_FunctionDef = visit_AsyncFunctionDef = _function

    def _entry(self, node: Function) -> List[ast.stmt]:
        logs = self._log_names(targets.parameters(node.args), node)
        if node.name in self.options.log_func_entry:
            called = ast.Constant(value=f"{node.name} is called")
            logs.append(self._log("instant", f"Function Entry - {node.name}", called, node))
        return logs

    def visit_ClassDef(self, node: ast.ClassDef) -> Any:
        node.decorator_list = self._visit_list(node.decorator_list)
        node.bases = self._visit_list(node.bases)
        node.keywords = self._visit_list(node.keywords)
        outer, self.class_name = self.class_name, node.name
        node.body = self._visit_list(node.body)
        self.class_name = outer
        return node

    def visit_TypeAlias(self, node: Any) -> Any:
        """No binding expression may stand in a type alias, nor does it run at once."""
        return node
