"""The codes of findings: found in the code, explained in `findings.toml`."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import modelgen
from docs.reference_pages.markdown import paragraphs

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

HEAD = """\
# Findings

What `generate`, `inspect` and `serve` have to say, each with a place and a code that stays. An *error* stops the
command, and nothing is written; a *warning* and an *info* do not. All of them are told in one run."""

_CODE = re.compile(r"[a-z]+(-[a-z]+)+")
_MAKERS = {"_error", "_warning", "_finding", "HistoryError"}
"""Functions that take a finding's code first."""


def page() -> str:
    """The whole page."""
    parts = [HEAD]
    for title, explained in words().items():
        parts.append(f"## {title}")
        for code, said in explained.items():
            parts += [f"### {code}", paragraphs(said["when"]), paragraphs(f"*What to do:* {said['do']}")]
    return "\n\n".join(parts)


def words() -> dict[str, dict[str, dict[str, str]]]:
    """Part of the page -> code -> `when` it is told and what to `do`."""
    return tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))


def codes() -> dict[str, Path]:
    """Every code that modelgen's source gives a finding, and a file that does."""
    root = Path(modelgen.__file__).parent
    found = {code: path for path in sorted(root.rglob("*.py")) for code in _codes(path)}
    return dict(sorted(found.items()))


def _codes(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        for value in (each for stated in _stated(node) for each in _either(stated)):
            if isinstance(value, ast.Constant) and isinstance(value.value, str) and _CODE.fullmatch(value.value):
                yield value.value


def _either(value: ast.AST | None) -> tuple[ast.AST | None, ...]:
    """Both sides of a choice."""
    return (value.body, value.orelse) if isinstance(value, ast.IfExp) else (value,)


def _stated(node: ast.AST) -> Iterator[ast.AST | None]:
    """What a node says a code is: an argument `code`, its default, a field's default, a maker's first argument."""
    if isinstance(node, ast.Call):
        yield from (keyword.value for keyword in node.keywords if keyword.arg == "code")
        if isinstance(node.func, ast.Name) and node.func.id in _MAKERS:
            yield from node.args[:1]
    elif isinstance(node, ast.arguments):
        last = [*node.posonlyargs, *node.args][-len(node.defaults) :] if node.defaults else []
        pairs = [*zip(last, node.defaults, strict=True), *zip(node.kwonlyargs, node.kw_defaults, strict=True)]
        yield from (default for argument, default in pairs if argument.arg == "code")
    elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id == "code":
        yield node.value
