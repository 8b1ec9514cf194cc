"""What the source itself says: the calls by which a reason is reported, with the docstring of the rule that does."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "controllers/wharfinger"


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a function or method by its plain name, in a function with this docstring (empty if none)."""

    name: str
    arguments: tuple[ast.expr, ...]
    keywords: dict[str, ast.expr]
    docstring: str

    def argument(self, position: int, keyword: str) -> ast.expr | None:
        """One argument, however it was given; None where it was not."""
        return self.keywords.get(keyword, next(iter(self.arguments[position : position + 1]), None))


def calls(*folders: str) -> Iterator[Call]:
    """Every call in these folders of the package, in the order of path and line."""
    known = _Known()
    modules = [_module(file) for folder in folders for file in sorted((PACKAGE / folder).rglob("*.py"))]
    for each in modules:
        known.learn(each)
    for each in modules:
        yield from _calls(known.visit(each), "")


def _module(path: Path) -> ast.Module:
    """A file, parsed."""
    return ast.parse(path.read_text(encoding="utf-8"))


class _Known(ast.NodeTransformer):
    """Puts the text in the place of a constant's name: ``ROOT`` becomes ``"spec.pod"``."""

    def __init__(self) -> None:
        self._texts: dict[str, ast.Constant] = {}

    def learn(self, tree: ast.Module) -> None:
        """Take in the constants of a module. All that are looked at share them, since they import each other's."""
        for statement in tree.body:
            match statement:
                case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=str()) as text) if name.isupper():
                    self._texts[name] = text

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """The constant, where it is one."""
        return self._texts.get(node.id, node) if isinstance(node.ctx, ast.Load) else node


def _calls(node: ast.AST, docstring: str) -> Iterator[Call]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        docstring = ast.get_docstring(node) or ""
    if isinstance(node, ast.Call) and (name := _name(node.func)):
        keywords = {word.arg: word.value for word in node.keywords if word.arg}
        yield Call(name, tuple(node.args), keywords, docstring)
    for child in ast.iter_child_nodes(node):
        yield from _calls(child, docstring)


def _name(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def words(node: ast.expr | None) -> list[str]:
    """The literal texts in an expression: both of ``"Scaling" if scaling else "ReplicasNotReady"``."""
    found = [each.value for each in ast.walk(node) if isinstance(each, ast.Constant)] if node else []
    return [value for value in found if isinstance(value, str)]


def pattern(node: ast.expr | None) -> str:
    """A text with ``…`` for what is only known when it runs; empty where all of it is."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(pattern(part) or "…" for part in node.values)
    if isinstance(node, ast.FormattedValue):
        return pattern(node.value)
    return ""
