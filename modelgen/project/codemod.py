"""Writes annotations into a file's text with libcst: comments, layout and line ends stay as they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import libcst as cst

from modelgen.project.imports import Import, Names
from modelgen.project.places import RETURN, Place

FUTURE = "from __future__ import annotations"
CHECKING = "TYPE_CHECKING"

Line: TypeAlias = "cst.SimpleStatementLine | cst.BaseCompoundStatement"


class TextUnreadable(Exception):
    """libcst does not take the text."""


def rewritten(data: bytes, annotations: Mapping[Place, str], names: Names) -> bytes:
    """A file's bytes with annotations, and with the imports that they need.

    Raises:
        TextUnreadable: a syntax that libcst does not know.
    """
    try:
        module = cst.parse_module(data)
        writer = _Writer(annotations, _width(data), len(module.default_indent))
        module = module.visit(writer)
        module = _importing(module, names)
    except cst.ParserSyntaxError as error:
        raise TextUnreadable(str(error)) from error
    return module.bytes


@dataclass
class _Writer(cst.CSTTransformer):
    """Puts each annotation into its place, counting as `Place` does."""

    annotations: Mapping[Place, str]
    width: int
    """How long a line may become."""
    indent: int
    """By how much a block is indented."""
    functions: int = 0
    classes: int = 0
    open_functions: list[int] = field(default_factory=list)
    open_classes: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self.of_functions = {(place.owner, place.name): text for place, text in self._about(False)}
        self.of_classes = {(place.owner, place.name): text for place, text in self._about(True)}

    def _about(self, is_field: bool) -> Iterable[tuple[Place, str]]:
        return ((place, text) for place, text in self.annotations.items() if place.is_field is is_field)

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:  # noqa: N802 - libcst finds it by this name
        self.open_functions.append(self.functions)
        self.functions += 1

    def leave_FunctionDef(  # noqa: N802
        self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef
    ) -> cst.FunctionDef:
        index = self.open_functions.pop()
        text = self.of_functions.get((index, RETURN))
        if text is not None and updated_node.returns is None:
            updated_node = updated_node.with_changes(returns=cst.Annotation(cst.parse_expression(text)))
        updated_node = updated_node.with_changes(params=self._parameters(index, updated_node.params))
        depth = self.indent * (len(self.open_functions) + len(self.open_classes))
        was, now = _header(original_node), _header(updated_node)
        long = was != now and depth + max(map(len, now.splitlines())) > self.width
        return _broken(updated_node) if long and "#" not in was else updated_node

    def _parameters(self, index: int, parameters: cst.Parameters) -> cst.Parameters:
        return parameters.with_changes(
            posonly_params=[self._parameter(index, one) for one in parameters.posonly_params],
            params=[self._parameter(index, one) for one in parameters.params],
            kwonly_params=[self._parameter(index, one) for one in parameters.kwonly_params],
        )

    def _parameter(self, index: int, one: cst.Param) -> cst.Param:
        text = self.of_functions.get((index, one.name.value))
        if text is None or one.annotation is not None:
            return one
        equal = cst.AssignEqual() if one.default is not None else one.equal
        return one.with_changes(annotation=cst.Annotation(cst.parse_expression(text)), equal=equal)

    def visit_ClassDef(self, node: cst.ClassDef) -> None:  # noqa: N802
        self.open_classes.append(self.classes)
        self.classes += 1

    def leave_ClassDef(self, original_node: cst.ClassDef, updated_node: cst.ClassDef) -> cst.ClassDef:  # noqa: N802
        index = self.open_classes.pop()
        if not isinstance(updated_node.body, cst.IndentedBlock):
            return updated_node
        body = [self._statement(index, one) for one in updated_node.body.body]
        return updated_node.with_changes(body=updated_node.body.with_changes(body=body))

    def _statement(self, index: int, line: cst.BaseStatement) -> cst.BaseStatement:
        if not isinstance(line, cst.SimpleStatementLine):
            return line
        return line.with_changes(body=[self._assigned(index, one) for one in line.body])

    def _assigned(self, index: int, one: cst.BaseSmallStatement) -> cst.BaseSmallStatement:
        if not isinstance(one, cst.Assign) or len(one.targets) != 1:
            return one
        target = one.targets[0].target
        text = self.of_classes.get((index, target.value)) if isinstance(target, cst.Name) else None
        if text is None:
            return one
        return cst.AnnAssign(
            target=target,
            annotation=cst.Annotation(cst.parse_expression(text)),
            value=one.value,
            equal=cst.AssignEqual(),
            semicolon=one.semicolon,
        )


# Layout


def _width(data: bytes) -> int:
    """As wide as the widest line that is there, within what is usual."""
    return min(max(88, *map(len, data.splitlines()), 88), 120)


def _code(node: cst.CSTNode) -> str:
    return cst.Module([]).code_for_node(node)


def _header(function: cst.FunctionDef) -> str:
    """A function's text down to its colon."""
    bare = function.with_changes(leading_lines=[], decorators=[], lines_after_decorators=[])
    return _code(bare.with_changes(body=cst.SimpleStatementSuite([]))).rstrip()


def _broken(function: cst.FunctionDef) -> cst.FunctionDef:
    """A function with a parameter a line."""
    parts = function.params
    slash = ["/"] if parts.posonly_params else []
    star = [_code(parts.star_arg).rstrip(", ")] if isinstance(parts.star_arg, cst.Param | cst.ParamStar) else []
    last = [_code(parts.star_kwarg)] if parts.star_kwarg else []
    texts = [*map(_code, parts.posonly_params), *slash, *map(_code, parts.params), *star]
    texts += [*map(_code, parts.kwonly_params), *last]
    lines = "".join(f"    {text.strip().removesuffix(',')},\n" for text in texts)
    made = cst.parse_module(f"def _(\n{lines}): pass\n").body[0]
    assert isinstance(made, cst.FunctionDef)
    return function.with_changes(params=made.params, whitespace_before_params=made.whitespace_before_params)


# Imports


def _importing(module: cst.Module, names: Names) -> cst.Module:
    body = list(module.body)
    later = sorted(one for one in names.added if one.costs)
    at_once = [one for one in names.added if not one.costs]
    if later and not _extended(module, body, later):
        _add_checked(module, body, later)
        at_once += [] if _binds(body, CHECKING) else [Import("typing", CHECKING)]
    for one in sorted(at_once):
        _add_import(module, body, one)
    if names.late and not _binds(body, "annotations"):
        _add_future(module, body)
    return module.with_changes(body=body)


def _statement(module: cst.Module, text: str) -> Line:
    return cst.parse_statement(text, config=module.config_for_parsing)


def _imported(statement: cst.CSTNode) -> cst.Import | cst.ImportFrom | None:
    """The import that a line is."""
    if isinstance(statement, cst.SimpleStatementLine) and len(statement.body) == 1:
        only = statement.body[0]
        return only if isinstance(only, cst.Import | cst.ImportFrom) else None
    return None


def _module_of(one: cst.Import | cst.ImportFrom) -> str:
    if isinstance(one, cst.Import):
        return _dotted(one.names[0].name)
    return "." * len(one.relative) + (_dotted(one.module) if one.module else "")


def _dotted(node: cst.BaseExpression) -> str:
    if isinstance(node, cst.Attribute):
        return f"{_dotted(node.value)}.{node.attr.value}"
    return node.value if isinstance(node, cst.Name) else ""


def _aliases(one: cst.Import | cst.ImportFrom) -> Sequence[cst.ImportAlias]:
    return () if isinstance(one.names, cst.ImportStar) else one.names


def _binds(body: Sequence[cst.CSTNode], name: str) -> bool:
    """Whether a top-level import of the standard library binds a name under itself."""
    found = (one for statement in body if (one := _imported(statement)) is not None)
    return any(_dotted(alias.name) == name and alias.asname is None for one in found for alias in _aliases(one))


def _first(body: Sequence[cst.CSTNode]) -> int:
    """Where code may begin: after the docstring and the imports from the future."""
    start = 0
    if body and _is_text(body[0]):
        start = 1
    while start < len(body) and (one := _imported(body[start])) is not None and _module_of(one) == "__future__":
        start += 1
    return start


def _is_text(statement: cst.CSTNode) -> bool:
    only = statement.body[0] if isinstance(statement, cst.SimpleStatementLine) else None
    return isinstance(only, cst.Expr) and isinstance(only.value, cst.SimpleString | cst.ConcatenatedString)


def _end_of_imports(body: Sequence[cst.CSTNode]) -> int:
    end = _first(body)
    while end < len(body) and _imported(body[end]) is not None:
        end += 1
    return end


def _add_import(module: cst.Module, body: list[Line], one: Import) -> None:
    """Add an import of the standard library: to a line that is there, or in its order among those."""
    for index, statement in enumerate(body):
        found = _imported(statement)
        if isinstance(found, cst.ImportFrom) and _takes(found, one):
            body[index] = statement.with_deep_changes(found, names=_with(found, one))
            return
    first, end = _first(body), _end_of_imports(body)
    places = [index for index in range(first, end) if _is_standard(body[index])]
    after = [index for index in places if _order(body[index]) < (bool(one.name), one.module)]
    new = _statement(module, f"{one}{module.default_newline}")
    if after:
        body.insert(after[-1] + 1, new)
    elif places:
        _insert_above(body, places[0], new)
    else:
        _insert_apart(body, first, new)


def _takes(found: cst.ImportFrom, one: Import) -> bool:
    return bool(one.name) and not found.relative and _module_of(found) == one.module and bool(_aliases(found))


def _with(found: cst.ImportFrom, one: Import) -> list[cst.ImportAlias]:
    """The names of an import with another one, in order where they were in order."""
    old = list(_aliases(found))
    new = cst.ImportAlias(cst.Name(one.name), comma=cst.Comma(whitespace_after=cst.SimpleWhitespace(" ")))
    texts = [_dotted(alias.name) for alias in old]
    at = len(old)
    if texts == sorted(texts, key=_sorting):
        at = next((index for index, text in enumerate(texts) if _sorting(text) > _sorting(one.name)), len(old))
    if at < len(old):
        return [*old[:at], new, *old[at:]]
    last = old[-1]
    if isinstance(last.comma, cst.Comma):
        return [*old[:-1], last, new.with_changes(comma=last.comma)]
    return [*old[:-1], last.with_changes(comma=new.comma), new.with_changes(comma=cst.MaybeSentinel.DEFAULT)]


def _sorting(name: str) -> tuple[int, str]:
    """The order that import sorters want: constants, classes, functions."""
    return (0 if name.isupper() else 1 if name[:1].isupper() else 2), name


def _is_standard(statement: cst.CSTNode) -> bool:
    one = _imported(statement)
    return one is not None and not Import(_module_of(one) or ".").costs


def _order(statement: cst.CSTNode) -> tuple[bool, str]:
    one = _imported(statement)
    return (isinstance(one, cst.ImportFrom), _module_of(one)) if one is not None else (False, "")


def _insert_above(body: list[Line], at: int, new: Line) -> None:
    """Insert before a statement, below the blank lines above it."""
    old = body[at]
    blank = [line for line in old.leading_lines if line.comment is None]
    kept = [line for line in old.leading_lines if line.comment is not None]
    body[at : at + 1] = [new.with_changes(leading_lines=blank), old.with_changes(leading_lines=kept)]


def _insert_apart(body: list[Line], at: int, new: Line) -> None:
    """Insert with a blank line before, where something stands there, and after."""
    if at:
        new = new.with_changes(leading_lines=[cst.EmptyLine(indent=False)])
    body.insert(at, new)
    if at + 1 < len(body) and not any(line.comment is None for line in body[at + 1].leading_lines):
        following = body[at + 1]
        lines = [cst.EmptyLine(indent=False), *following.leading_lines]
        body[at + 1] = following.with_changes(leading_lines=lines)


def _add_future(module: cst.Module, body: list[Line]) -> None:
    at = _first(body)
    new = _statement(module, f"{FUTURE}{module.default_newline}")
    if at and _imported(body[at - 1]) is not None:
        body.insert(at, new)
    else:
        _insert_apart(body, at, new)


def _lines(imports: Sequence[Import]) -> list[str]:
    """Imports as lines, those from one module together."""
    named: dict[str, list[str]] = {}
    for one in imports:
        if one.name and not one.alias:
            named.setdefault(one.module, []).append(one.name)
    whole = [str(one) for one in imports if one.alias or not one.name]
    return [*whole, *(f"from {module} import {', '.join(names)}" for module, names in named.items())]


def _extended(module: cst.Module, body: list[Line], imports: Sequence[Import]) -> bool:
    """Whether there was a block for type checkers, which has the imports now."""
    lines = [_statement(module, f"{one}{module.default_newline}") for one in _lines(imports)]
    for index, statement in enumerate(body):
        if isinstance(statement, cst.If) and _dotted(statement.test).rpartition(".")[2] == CHECKING:
            block = statement.body
            if isinstance(block, cst.IndentedBlock):
                body[index] = statement.with_changes(body=block.with_changes(body=[*block.body, *lines]))
                return True
    return False


def _add_checked(module: cst.Module, body: list[Line], imports: Sequence[Import]) -> None:
    """Add a block of imports that only a type checker needs."""
    newline = module.default_newline
    text = newline.join([f"if {CHECKING}:", *(f"{module.default_indent}{one}" for one in _lines(imports)), ""])
    _insert_apart(body, _end_of_imports(body), _statement(module, text))
