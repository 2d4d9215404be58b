# SPDX-License-Identifier: Apache-2.0
"""Magic comments: `# !viztracer: log_xxx(...)` on its own line, `... log` behind a statement.

Comments come from the tokenizer, so text within strings is never one; one between brackets is
not a place for a statement and does nothing. What they ask for is put into the tree, at their own
line: the block is the one whose statements stand in the comment's column.
"""
import ast
import copy
import io
import re
import tokenize
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Tuple, Union

from .transform import call, is_docstring, place

COMMENT = re.compile(r"#\s*!viztracer:\s*(log\b.*|log_\w+\s*\(.*)$")
CLAUSES = ("else", "elif", "except", "finally", "case")
LEAVES = (ast.Return, ast.Raise, ast.Break, ast.Continue)


class Comment(NamedTuple):
    """One magic comment; alone: nothing else is on its line."""
    text: str
    line: int
    column: int
    alone: bool
    before: str


class Position(NamedTuple):
    """A statement, the block that holds it and where it begins (decorators included)."""
    statement: ast.stmt
    block: List[ast.stmt]
    start: int


def decode(source: Union[str, bytes]) -> str:
    """Source text as the tokenizer sees it."""
    if isinstance(source, str):
        return source
    reader = io.BytesIO(source)
    encoding, _ = tokenize.detect_encoding(reader.readline)
    reader.seek(0)
    return io.TextIOWrapper(reader, encoding).read()


def find_comments(source: str) -> Iterator[Comment]:
    """The magic comments of a source that compiles."""
    depth = 0
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.OP:
            depth += (token.string in "([{") - (token.string in ")]}")
        match = token.type == tokenize.COMMENT and COMMENT.match(token.string)
        if match and depth == 0:
            line, column = token.start
            before = token.line[:column].strip()
            yield Comment(match[1].strip(), line, column, not before, before)


def _positions(tree: ast.AST) -> List[Position]:
    found = []
    for node in ast.walk(tree):
        for _, block in ast.iter_fields(node):
            if isinstance(block, list):
                for item in block:
                    if isinstance(item, ast.stmt):
                        decorators = getattr(item, "decorator_list", [])
                        start = min([item.lineno, *(d.lineno for d in decorators)])
                        found.append(Position(item, block, start))
    return sorted(found, key=lambda p: (p.start, p.statement.col_offset))


def _end(statement: ast.stmt) -> int:
    return statement.end_lineno or statement.lineno


def _opening(block: List[ast.stmt]) -> int:
    """How many statements must stay first: a docstring and imports from __future__."""
    count = 1 if block and is_docstring(block[0]) else 0
    while count < len(block):
        statement = block[count]
        if not isinstance(statement, ast.ImportFrom) or statement.module != "__future__":
            break
        count += 1
    return count


def _index(block: List[ast.stmt], statement: ast.stmt) -> int:
    return next(i for i, item in enumerate(block) if item is statement)


def _find_clauses(source: str) -> List[Tuple[int, int]]:
    """Line and column of `else:` and its kind: they close a block, but are no statements."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return [token.start for token in tokens if token.string in CLAUSES
            and not token.line[:token.start[1]].strip()]


class MagicComments:
    """The magic comments of one module."""

    def __init__(self, source: Union[str, bytes], filename: str) -> None:
        self._source = decode(source)
        self._filename = filename
        self._all: List[Position] = []
        self._last: Dict[int, ast.stmt] = {}
        self._clauses: List[Tuple[int, int]] = []
        self._root: List[ast.stmt] = []

    def apply(self, tree: Any) -> None:
        """Adds to the tree what the comments ask for."""
        if "!viztracer:" not in self._source:
            return
        self._all, self._root = _positions(tree), tree.body
        self._clauses = _find_clauses(self._source)
        for comment in list(find_comments(self._source)):
            if comment.alone:
                self._apply_alone(comment)
            else:
                self._apply_trailing(comment)

    # ---- expressions

    def _parse(self, text: str, comment: Comment) -> Tuple[ast.expr, Optional[ast.expr]]:
        """`expression` or `expression if condition`."""
        for whole in (text, f"{text} else None"):
            try:
                node: ast.expr = ast.parse(whole, mode="eval").body
            except SyntaxError:
                continue
            condition = None
            if isinstance(node, ast.IfExp) and whole is not text:
                node, condition = node.body, node.test
            return node, condition
        raise SyntaxError("viztracer: a magic comment that is no expression",
                          (self._filename, comment.line, comment.column + 1, comment.text))

    def _statement(self, asked: ast.expr, condition: Optional[ast.expr],
                   comment: Comment) -> ast.stmt:
        where = ast.Pass(lineno=comment.line, col_offset=comment.column, end_lineno=comment.line,
                         end_col_offset=comment.column + 1)
        value = asked
        if condition is not None:
            value = ast.IfExp(test=condition, body=asked, orelse=ast.Constant(value=None))
        for node in ast.walk(value):
            ast.copy_location(node, where)
        return place(ast.Expr(value), where)

    def _asked_call(self, comment: Comment) -> ast.stmt:
        asked, condition = self._parse(comment.text, comment)
        if not isinstance(asked, ast.Call) or not isinstance(asked.func, ast.Name):
            raise SyntaxError("viztracer: a magic comment that is no call",
                              (self._filename, comment.line, comment.column + 1, comment.text))
        made = call("call", [ast.Constant(value=asked.func.id), *asked.args], asked)
        made.keywords = asked.keywords
        return self._statement(made, condition, comment)

    def _asked_log(self, statement: Optional[ast.stmt], comment: Comment) -> ast.stmt:
        """`log`: the variable that the statement assigns, else an instant with its text."""
        _, condition = self._parse(comment.text, comment)
        target: Optional[ast.expr] = None
        if isinstance(statement, ast.Assign):
            target = statement.targets[0]
        elif isinstance(statement, (ast.AugAssign, ast.AnnAssign)) and statement.value:
            target = statement.target
        text = comment.before
        if statement is not None:
            text = ast.get_source_segment(self._source, target or statement) or text
        args: List[ast.expr] = [ast.Constant(value="log_var" if target else "log_instant"),
                                ast.Constant(value=text)]
        if target is not None:
            value = copy.deepcopy(target)
            for node in ast.walk(value):
                if hasattr(node, "ctx"):
                    node.ctx = ast.Load()  # type: ignore[attr-defined]
            args.append(value)
        return self._statement(call("call", args, target or ast.Constant(value=0)), condition,
                               comment)

    # ---- places

    def _insert_after(self, position: Position, new: ast.stmt) -> None:
        block, opening = position.block, _opening(position.block)
        at = max(_index(block, position.statement), opening - 1)
        key = id(block[at])
        block.insert(_index(block, self._last.get(key, block[at])) + 1, new)
        self._last[key] = new

    def _insert_before(self, position: Position, new: ast.stmt) -> None:
        at = _index(position.block, position.statement)
        if at < _opening(position.block):
            self._insert_after(position, new)
        else:
            position.block.insert(at, new)

    def _next(self, line: int) -> Optional[Position]:
        return next((p for p in self._all if p.start > line), None)

    def _closes(self, last: Position, comment: Comment) -> bool:
        """Does something further left stand between a statement and the comment?"""
        between = self._clauses + [(p.start, p.statement.col_offset) for p in self._all]
        return any(last.start < line < comment.line and column < comment.column
                   for line, column in between)

    def _insert_alone(self, comment: Comment, new: ast.stmt) -> None:
        earlier = [p for p in self._all if p.start < comment.line]
        peers = [p for p in earlier if p.statement.col_offset == comment.column]
        last = peers[-1] if peers else None
        if last and _end(last.statement) < comment.line and not self._closes(last, comment):
            on_line = [p for p in earlier if p.block is last.block]
            self._insert_after(on_line[-1], new)
            return
        following = self._next(comment.line)
        if following is None or following.statement.col_offset < comment.column:
            closed = [p for p in earlier if _end(p.statement) < comment.line
                      and p.statement.col_offset <= comment.column]
            if closed:
                self._insert_after(closed[-1], new)
                return
        if following is None:
            self._root.append(new)
        else:
            self._insert_before(following, new)

    def _apply_alone(self, comment: Comment) -> None:
        if comment.text.startswith("log_"):
            self._insert_alone(comment, self._asked_call(comment))

    def _apply_trailing(self, comment: Comment) -> None:
        simple = [p for p in self._all if p.start <= comment.line == _end(p.statement)
                  and not hasattr(p.statement, "body") and not hasattr(p.statement, "cases")]
        found = simple[-1] if simple else None
        if comment.text.startswith("log_"):
            new = self._asked_call(comment)
        else:
            new = self._asked_log(found.statement if found else None, comment)
        following = self._next(comment.line)
        if found and isinstance(found.statement, LEAVES):
            self._insert_before(found, new)
        elif found:
            self._insert_after(found, new)
        elif following:
            self._insert_before(following, new)
