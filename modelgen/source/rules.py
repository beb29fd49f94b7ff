"""What each known name means with its arguments: one rule for the names of a kind."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias

from modelgen.contract.types import Empty, Json, ListOf, Literals, TupleOf, TypeRef, constraints_of, free
from modelgen.source import spelling
from modelgen.source.combining import as_list, map_of
from modelgen.source.constants import NotStatic
from modelgen.source.constraints import constrained, read_metadata, without
from modelgen.source.meaning import ANYTHING, NOTHING, Meaning, Note, Stream, Unreadable, unread
from modelgen.source.reader import ClassDefinition, dotted
from modelgen.source.resolver import External, Scope
from modelgen.source.tensors import subscripted
from modelgen.source.unions import union

if TYPE_CHECKING:
    from modelgen.source.expressions import TypeReader


@dataclass(slots=True, kw_only=True)
class Use:
    """A known name with its arguments, where it stands."""

    reader: TypeReader
    name: str
    arguments: tuple[ast.expr, ...]
    scope: Scope
    depth: int
    notes: list[Note] = field(default_factory=list)

    def meaning(self, node: ast.expr) -> Meaning:
        """What one argument means."""
        return self.reader.meaning(node, self.scope, self.depth + 1)

    def part(self, node: ast.expr) -> TypeRef:
        """The type of an argument that is inside this one: no stream there."""
        meaning = self.meaning(node)
        if meaning.stream and meaning.stream != "iterable":
            raise Unreadable(
                "a stream inside another type cannot be sent", "write `list[...]`, or make it the whole type"
            )
        self.notes.extend(meaning.notes)
        return as_list(meaning).type

    def finish(self, meaning: Meaning) -> Meaning:
        """A meaning with what its parts could not keep."""
        return replace(meaning, notes=(*meaning.notes, *self.notes)) if self.notes else meaning

    def need(self, name: str) -> None:
        """Check that there are arguments."""
        if not self.arguments:
            raise Unreadable(f"`{name}` of what is not said", f"write `{name}[...]`")


def scalar(use: Use) -> Meaning:
    """`int`, `np.float32`, `datetime`."""
    return Meaning(type=spelling.SCALARS[use.name])


def json(use: Use) -> Meaning:
    """`Any`, `object`."""
    return Meaning(type=spelling.JSONS[use.name], weak=True)


def container(use: Use) -> Meaning:
    """`list[T]`, `Sequence[T]`, `set[T]`."""
    host = spelling.CONTAINERS[use.name]
    if not use.arguments:
        return Meaning(type=ListOf(item=Json(), host=host), weak=True)
    return Meaning(type=ListOf(item=use.part(use.arguments[0]), host=host))


def tuple_(use: Use) -> Meaning:
    """`tuple[A, B]` is positional, `tuple[T, ...]` a list."""
    arguments = use.arguments
    if not arguments:
        return Meaning(type=ListOf(item=Json(), host="tuple"), weak=True)
    if len(arguments) == 2 and isinstance(arguments[1], ast.Constant) and arguments[1].value is Ellipsis:
        return Meaning(type=ListOf(item=use.part(arguments[0]), host="tuple"))
    if len(arguments) == 1 and isinstance(arguments[0], ast.Tuple) and not arguments[0].elts:
        return Meaning(type=TupleOf(items=()))
    return Meaning(type=TupleOf(items=tuple(use.part(argument) for argument in arguments)))


def mapping(use: Use) -> Meaning:
    """`dict[K, V]`."""
    if len(use.arguments) < 2:
        return Meaning(type=Json(object=True), weak=True)
    key, value = use.part(use.arguments[0]), use.part(use.arguments[1])
    left = tuple(
        Note(code="constraint-left-out", text=f"`{name}` on the keys of a mapping")
        for name in constraints_of(key).stated()
    )
    return Meaning(type=map_of(free(key), value), notes=left)


def counter(use: Use) -> Meaning:
    """`Counter[K]`."""
    key = use.part(use.arguments[0]) if use.arguments else spelling.STRING
    return Meaning(type=map_of(key, spelling.INTEGER))


def stream(use: Use) -> Meaning:
    """`Iterator[T]`, `Generator[T, S, R]`, `AsyncIterator[T]`; `Iterable[T]`, of which its place decides."""
    kind: Stream = "async" if use.name in spelling.ASYNC_ITERATORS else "iterator"
    if use.name in spelling.ITERABLES:
        kind = "iterable"
    if not use.arguments:
        return Meaning(type=Json(), stream=kind, weak=True)
    return Meaning(type=use.part(use.arguments[0]), stream=kind)


def awaitable(use: Use) -> Meaning:
    """`Awaitable[T]`, `Coroutine[S, R, T]`."""
    use.need("Awaitable")
    return use.meaning(use.arguments[-1])


def optional(use: Use) -> Meaning:
    """`Optional[T]`."""
    use.need("Optional")
    return use.reader.union((*use.arguments, ast.Constant(value=None)), use.scope, use.depth)


def any_of(use: Use) -> Meaning:
    """`Union[A, B]`."""
    use.need("Union")
    return use.reader.union(use.arguments, use.scope, use.depth)


def literal(use: Use) -> Meaning:
    """`Literal["a", 2, None]`."""
    return Meaning(type=union(_literal_value(use, argument) for argument in use.arguments))


def _literal_value(use: Use, node: ast.expr) -> TypeRef:
    if isinstance(node, (ast.Name, ast.Attribute, ast.Subscript)):
        return _literal_name(use, node)
    try:
        value = use.reader.evaluator.value(node, use.scope)
    except NotStatic as error:
        raise Unreadable("a value of `Literal` could not be read", "write the value out") from error
    if value is None:
        return Empty()
    if not isinstance(value, (str, int, bool)):
        raise Unreadable("a `Literal` of bytes or floats has no form in JSON", "use strings, integers or an Enum")
    return Literals(values=(value,))


def _literal_name(use: Use, node: ast.expr) -> TypeRef:
    """`Literal[Mood.HAPPY]` is the enumeration; `Literal[OTHER_LITERAL]` is that alias."""
    holder = dotted(node).rpartition(".")[0] if isinstance(node, ast.Attribute) else ""
    owner = use.reader.resolver.lookup(use.scope, holder) if holder else None
    if isinstance(owner, ClassDefinition):
        return use.reader.classes.reference(owner, (), use.scope).type
    return use.part(node)


def annotated(use: Use) -> Meaning:
    """`Annotated[T, Field(ge=1)]`."""
    use.need("Annotated")
    meaning = use.meaning(use.arguments[0])
    for argument in use.arguments[1:]:
        meta = read_metadata(argument, use.scope, use.reader.evaluator)
        type_, left = constrained(meaning.type, meta.constraints)
        meaning = replace(
            meaning,
            type=type_,
            role=meta.role or meaning.role,
            doc=meta.doc or meaning.doc,
            notes=(*meaning.notes, *unread(meta.unread), *without(type_, left)),
        )
    return meaning


def wrapped(use: Use) -> Meaning:
    """`Final[T]`, `Required[T]`."""
    return use.meaning(use.arguments[0]) if use.arguments else ANYTHING


def self_(use: Use) -> Meaning:
    """`Self`."""
    if use.scope.me is None:
        raise Unreadable("`Self` outside a class")
    return use.reader.classes.reference(use.scope.me, (), use.scope)


def nothing(use: Use) -> Meaning:
    """`None`, `Never`."""
    return NOTHING


def tensor(use: Use) -> Meaning:
    """`np.ndarray`, `NDArray[np.float32]`, `torch.Tensor`."""
    plain = spelling.TENSORS[use.name]
    return Meaning(type=subscripted(use.reader, use.name, plain, use.arguments, use.scope) if use.arguments else plain)


def constrained_call(reader: TypeReader, node: ast.Call, scope: Scope, depth: int) -> Meaning:
    """`conint(ge=1)`, `constr(max_length=3)`, `conlist(int, min_length=1)`.

    Raises:
        Unreadable: any other call.
    """
    found = reader.resolver.lookup(scope, dotted(node.func)) if dotted(node.func) else None
    name = spelling.canonical(found.name) if isinstance(found, External) else ""
    if name not in spelling.CONSTRAINED_CALLS:
        raise Unreadable("a call is not a type", "write the type itself")
    item = [keyword.value for keyword in node.keywords if keyword.arg == "item_type"]
    arguments = tuple(node.args[:1] or item)
    meaning = reader.external(External(spelling.CONSTRAINED_CALLS[name]), arguments, scope, depth)
    meta = read_metadata(node, scope, reader.evaluator)
    type_, left = constrained(meaning.type, meta.constraints)
    return replace(meaning, type=type_, notes=(*meaning.notes, *unread(meta.unread), *without(type_, left)))


Rule: TypeAlias = Callable[[Use], Meaning]

_RULES: tuple[tuple[frozenset[str] | Mapping[str, object], Rule], ...] = (
    (spelling.SCALARS, scalar),
    (spelling.JSONS, json),
    (spelling.CONTAINERS, container),
    (spelling.TUPLES, tuple_),
    (spelling.MAPS, mapping),
    (spelling.COUNTERS, counter),
    (spelling.ITERABLES, stream),
    (spelling.ITERATORS, stream),
    (spelling.ASYNC_ITERATORS, stream),
    (spelling.AWAITABLES, awaitable),
    (spelling.OPTIONALS, optional),
    (spelling.UNIONS, any_of),
    (spelling.LITERALS, literal),
    (spelling.ANNOTATED, annotated),
    (spelling.WRAPPERS, wrapped),
    (spelling.SELVES, self_),
    (spelling.NOTHING, nothing),
    (spelling.TENSORS, tensor),
)
RULES: Mapping[str, Rule] = {name: rule for names, rule in _RULES for name in names}
"""Dotted name -> its rule."""
