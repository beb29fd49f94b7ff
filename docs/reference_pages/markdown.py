"""How the pages are written: paragraphs, lists and tables of Markdown."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterable, Sequence
from types import ModuleType

WIDTH = 120


def paragraphs(text: str) -> str:
    """A text, such as a docstring, with its paragraphs filled anew."""
    blocks = inspect.cleandoc(text).split("\n\n")
    return "\n\n".join(textwrap.fill(" ".join(block.split()), WIDTH, break_on_hyphens=False) for block in blocks)


def item(text: str) -> str:
    """A line of a list, filled."""
    filled = textwrap.fill(" ".join(text.split()), WIDTH - 2, break_on_hyphens=False, break_long_words=False)
    return "- " + filled.replace("\n", "\n  ")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; what would end a cell is escaped."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def code(text: object) -> str:
    """A text as code."""
    return f"`` {text} ``" if "`" in str(text) else f"`{text}`"


def attribute_docs(module: ModuleType, owner: str = "") -> dict[str, str]:
    """The strings below the names that a module, or a class in it, assigns."""
    tree: ast.Module | ast.ClassDef = ast.parse(inspect.getsource(module))
    if owner:
        tree = next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == owner)
    found = {}
    for node, below in zip(tree.body, tree.body[1:], strict=False):
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        if isinstance(target, ast.Name) and isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant):
            found[target.id] = str(below.value.value)
    return found
