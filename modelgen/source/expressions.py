"""The text of a type, from an annotation or a docstring, to what it means. The one path for both."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from modelgen.contract.types import Empty, Json
from modelgen.source import spelling, words
from modelgen.source.combining import as_list
from modelgen.source.constants import Evaluator
from modelgen.source.constraints import loosened
from modelgen.source.meaning import ANYTHING, NOTHING, Meaning, Note, Unreadable
from modelgen.source.reader import Assigned, ClassDefinition, FunctionDefinition, ModuleScope, TypeStatement, dotted
from modelgen.source.resolver import Definition, External, Resolver, Scope, TypeArgument
from modelgen.source.rules import RULES, Use, constrained_call
from modelgen.source.tensors import jaxtyped
from modelgen.source.unions import optional, union

if TYPE_CHECKING:
    from modelgen.source.adapters import Adapters

MAX_DEPTH = 30
VARIADIC = frozenset({"TypeVar", "ParamSpec", "TypeVarTuple"})
FUNCTIONAL = frozenset(
    {"namedtuple", "NamedTuple", "TypedDict", "Enum", "IntEnum", "StrEnum", "Flag", "IntFlag", "make_dataclass"}
)


_ODD = re.compile(r"\d[A-Za-z]|\\|[\])}]\s*[(\[]|\bis\b")
"""What Python warns of when it parses: `1or 2`, an unknown escape, a literal that is called."""


class Classes(Protocol):
    """What a class means as a type: the registry of data models."""

    def reference(self, definition: ClassDefinition, arguments: tuple[TypeArgument, ...], scope: Scope) -> Meaning:
        """The model or enumeration that a class is. Raises Unreadable."""

    def functional(self, assigned: Assigned, function: str) -> Meaning:
        """The model or enumeration that a call such as `namedtuple(...)` makes. Raises Unreadable."""

    def named(self, name: str) -> ClassDefinition | None:
        """The one class of the package that has a name, wherever it is."""


class TypeReader:
    """Reads type expressions."""

    def __init__(self, resolver: Resolver, evaluator: Evaluator, classes: Classes) -> None:
        self.resolver = resolver
        self.evaluator = evaluator
        self.classes = classes
        self.adapters: Adapters | None = None
        """The classes whose values travel as another type."""
        self._open: list[ast.AST] = []
        self._recursive: set[ast.AST] = set()

    def meaning(self, node: ast.expr, scope: Scope, depth: int = 0) -> Meaning:
        """What a type expression means.

        Raises:
            Unreadable: nothing that can be sent.
        """
        if depth > MAX_DEPTH:
            raise Unreadable("the type is nested too deeply")
        match node:
            case ast.Constant(value=None):
                return NOTHING
            case ast.Constant(value=str(text)):
                return self.quoted(text, scope, depth)
            case ast.BinOp(op=ast.BitOr()):
                return self.union(tuple(_alternatives(node)), scope, depth)
            case ast.Name() | ast.Attribute():
                return self._named(name_of(node), (), scope, depth)
            case ast.Subscript(value=value, slice=inner):
                arguments = tuple(inner.elts) if isinstance(inner, ast.Tuple) and inner.elts else (inner,)
                return self._named(name_of(value), arguments, scope, depth)
            case ast.Call():
                return constrained_call(self, node, scope, depth)
            case _:
                raise Unreadable("this is not a type")

    def quoted(self, text: str, scope: Scope, depth: int = 0) -> Meaning:
        """What a type expression in a string means."""
        return self.meaning(parse_type(text), scope, depth + 1)

    def _named(self, name: str, arguments: tuple[ast.expr, ...], scope: Scope, depth: int) -> Meaning:
        if name in scope.variables:
            bound = scope.variables[name]
            return self.meaning(bound.node, bound.scope, depth + 1)
        found = self.resolver.lookup(scope, name)
        adapted = self.adapters.meaning(name, found, scope) if self.adapters else None
        if adapted is not None:
            return adapted
        if scope.loose and not _is_type(found):
            word = self._word(name, arguments)
            if word is not None:
                return word
            known = self._well_known(name, arguments) or found
            absent = isinstance(known, External) and not known.found
            found = (self.classes.named(name) or known) if absent or known is None else known
        if found is None:
            raise unresolved(name)
        return self._defined(name, found, arguments, scope, depth)

    @staticmethod
    def _word(name: str, arguments: tuple[ast.expr, ...]) -> Meaning | None:
        """What a docstring means by a word that is no name of a type: `string`, `ndarray`."""
        if any(spelling.knows(spelling.canonical(f"{module}{name}")) for module in ("", *words.LOOSE)):
            return None
        word = words.WORDS.get(name.lower())
        if word is not None and not arguments:
            return Meaning(type=word, weak=isinstance(word, Json))
        if name.lower() in words.UNSENDABLE:
            raise Unreadable(f"`{name}` cannot be sent: {words.UNSENDABLE[name.lower()]}")
        return None

    @staticmethod
    def _well_known(name: str, arguments: tuple[ast.expr, ...]) -> External | None:
        """What a docstring means by a name of a module that it does not say: `Optional`, `np.ndarray`, `Path`."""
        for module in ("", *words.LOOSE):
            known = spelling.canonical(f"{module}{name}")
            if spelling.knows(known):
                return External(known)
        alike = _capitalised(name) if arguments else ""
        return External(alike) if alike else None

    def _defined(
        self, name: str, found: Definition, arguments: tuple[ast.expr, ...], scope: Scope, depth: int
    ) -> Meaning:
        match found:
            case External():
                return self.external(found, arguments, scope, depth)
            case ClassDefinition():
                known = self._known_class(found)
                if known is not None:
                    return self.external(External(known), arguments, scope, depth)
                given = tuple(TypeArgument(argument, scope) for argument in arguments)
                return self.classes.reference(found, given, scope)
            case Assigned():
                return self._assigned(found, arguments, scope, depth)
            case TypeStatement():
                inner = self._bound(Scope(module=found.module), found.parameters, arguments, scope)
                return self._alias(found.node, found.value, inner, depth)
            case FunctionDefinition():
                raise Unreadable(f"`{name}` is a function, not a type")
            case ModuleScope():
                raise Unreadable(f"`{name}` is a module, not a type")

    @staticmethod
    def _known_class(found: ClassDefinition) -> str | None:
        """A class that was reached in an installed package's source and that the table knows by its place."""
        return found.symbol if spelling.knows(found.symbol) else None

    def _assigned(self, found: Assigned, arguments: tuple[ast.expr, ...], scope: Scope, depth: int) -> Meaning:
        """A name bound to an expression: an alias, a NewType, a type variable, a functional class."""
        value = found.value
        if value is None:
            raise Unreadable(f"`{found.name}` has no value to read a type from")
        inner = Scope(module=found.module, owner=found.outer)
        if isinstance(value, ast.Call):
            function = dotted(value.func).rpartition(".")[2]
            if function == "NewType" and len(value.args) == 2:
                return self._alias(found.node, value.args[1], inner, depth)
            if function == "TypeAliasType" and len(value.args) >= 2:
                return self._alias(found.node, value.args[1], inner, depth)
            if function in VARIADIC:
                return self._variable(value, inner, depth)
            if function in FUNCTIONAL:
                return self.classes.functional(found, function)
        names = tuple(self._variables_in(value, inner)) if arguments else ()
        return self._alias(found.node, value, self._bound(inner, names, arguments, scope), depth)

    def _alias(self, key: ast.AST, value: ast.expr, inner: Scope, depth: int) -> Meaning:
        """What an alias stands for; one that names itself outside any class is JSON."""
        if key in self._open:
            self._recursive.add(key)
            return ANYTHING
        self._open.append(key)
        try:
            meaning = self.meaning(value, inner, depth + 1)
        finally:
            self._open.remove(key)
        if key in self._recursive:
            return Meaning(type=Json())
        return meaning

    def _variable(self, call: ast.Call, scope: Scope, depth: int) -> Meaning:
        """A type variable that nothing is bound to: its default, its bound, its constraints, or anything."""
        keywords = {keyword.arg: keyword.value for keyword in call.keywords}
        for name in ("default", "bound"):
            if name in keywords:
                return self._alias(call, keywords[name], scope, depth)
        if len(call.args) > 1:
            return self.union(tuple(call.args[1:]), scope, depth)
        return ANYTHING

    def _variables_in(self, node: ast.expr, scope: Scope) -> Iterator[str]:
        """The type variables of an alias, in the order they appear in."""
        seen: set[str] = set()
        for part in sorted(
            (n for n in ast.walk(node) if isinstance(n, ast.Name)), key=lambda n: (n.lineno, n.col_offset)
        ):
            if part.id not in seen and self.is_variable(part.id, scope):
                seen.add(part.id)
                yield part.id

    def is_variable(self, name: str, scope: Scope) -> bool:
        """Whether a name is bound to a `TypeVar(...)`."""
        found = self.resolver.lookup(scope, name)
        if isinstance(found, External):
            return found.name == "typing.AnyStr"
        if not isinstance(found, Assigned) or not isinstance(found.value, ast.Call):
            return False
        return dotted(found.value.func).rpartition(".")[2] in VARIADIC

    @staticmethod
    def _bound(inner: Scope, names: tuple[str, ...], arguments: tuple[ast.expr, ...], outer: Scope) -> Scope:
        given = {name: TypeArgument(node, outer) for name, node in zip(names, arguments, strict=False)}
        return replace(inner, variables={**inner.variables, **given})

    def external(self, found: External, arguments: tuple[ast.expr, ...], scope: Scope, depth: int) -> Meaning:
        """A name of the table, with its arguments."""
        name = spelling.canonical(found.name)
        if name.startswith(("jaxtyping.", "torchtyping.")):
            return Meaning(type=jaxtyped(self, name, arguments, scope))
        if name in RULES:
            use = Use(reader=self, name=name, arguments=arguments, scope=scope, depth=depth)
            return use.finish(RULES[name](use))
        if name in spelling.UNSENDABLE:
            raise Unreadable(f"`{name.removeprefix('builtins.')}` cannot be sent: {spelling.UNSENDABLE[name]}")
        if not found.found:
            raise self._absent(found.name)
        raise Unreadable(f"`{found.name.removeprefix('builtins.')}` is not a type that can be sent")

    def _absent(self, name: str) -> Unreadable:
        """The reason for a name that is imported from where no source is."""
        top = name.partition(".")[0]
        if top != self.resolver.package.name:
            return Unreadable(
                f"`{name}` could not be found: `{top}` is not installed here",
                f"install `{top}` where modelgen runs, or give the type in settings (`types`)",
                code="type-unresolved",
                missing=True,
            )
        module = self.resolver.compiled(name)
        if not module:
            return Unreadable(
                f"`{name}` is imported, but there is no such module or name",
                "correct the import, or give the type in settings (`types`)",
                code="type-unresolved",
            )
        return Unreadable(
            f"`{name}` is of `{module}`, which is compiled, so that its source cannot be read",
            f'write [adapters."{name}"] in settings to say how it travels, give the type in `types`, '
            f"or put a stub `{module.rpartition('.')[2]}.pyi` beside it",
            missing=True,
        )

    def union(self, arms: tuple[ast.expr, ...], scope: Scope, depth: int) -> Meaning:
        """A union; with None as the only other arm, what the one arm says besides its type holds too."""
        meanings, left = self._arms(arms, scope, depth)
        real = [meaning for meaning in meanings if not isinstance(meaning.type, Empty) or meaning.own]
        if len(real) == 1 and not real[0].own:
            only = real[0]
            if only.stream and len(meanings) > 1:
                only = as_list(only)
            only = replace(only, notes=(*only.notes, *left))
            return only.with_type(optional(only.type)) if len(meanings) > 1 else only
        if real and all(meaning.own for meaning in real):
            return real[0]
        types = [as_list(meaning).type for meaning in meanings]
        whole = union(types)
        notes = tuple(note for meaning in meanings for note in (*meaning.notes, *loosened(types, whole)))
        return Meaning(type=whole, weak=all(meaning.weak for meaning in real), notes=(*dict.fromkeys(notes), *left))

    def _arms(self, arms: tuple[ast.expr, ...], scope: Scope, depth: int) -> tuple[list[Meaning], tuple[Note, ...]]:
        """What the arms of a union mean; those that cannot be sent are left out, where another can be."""
        meanings: list[Meaning] = []
        left: list[Note] = []
        failed: list[Unreadable] = []
        for arm in arms:
            try:
                meanings.append(self.meaning(arm, scope, depth + 1))
            except Unreadable as error:
                if error.code == "type-unresolved" and not error.missing:
                    raise
                failed.append(error)
                left.append(Note(code="alternative-left-out", text=error.reason))
        if failed and not any(not isinstance(meaning.type, Empty) for meaning in meanings):
            raise failed[0]
        others = [meaning for meaning in meanings if not meaning.own]
        if len(others) < len(meanings) and any(not isinstance(meaning.type, Empty) for meaning in others):
            left.append(Note(code="alternative-left-out", text="an instance of the served class"))
            meanings = others
        return meanings, tuple(left)


def parse_type(text: str) -> ast.expr:
    """The expression that a type's text is.

    Raises:
        Unreadable: the text is not an expression.
    """
    try:
        return _parsed(text.strip())
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise Unreadable("the text is not a type") from error


def _parsed(text: str) -> ast.expr:
    if not _ODD.search(text):
        return ast.parse(text, mode="eval").body
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text, mode="eval").body


def unresolved(name: str) -> Unreadable:
    """The reason for a name that leads nowhere."""
    return Unreadable(
        f"`{name}` is not defined here", f"import or define `{name}`, or correct its spelling", code="type-unresolved"
    )


def _is_type(found: Definition | None) -> bool:
    """Whether a name in scope is what a docstring could mean."""
    if isinstance(found, External):
        return spelling.knows(found.name)
    return isinstance(found, (ClassDefinition, Assigned, TypeStatement))


def _capitalised(name: str) -> str:
    """`sequence[int]`, `mapping[str, int]`: typing's names in lower case."""
    for known in (f"typing.{name.capitalize()}", f"builtins.{name.lower()}"):
        if spelling.knows(known):
            return known
    return ""


def _alternatives(node: ast.expr) -> Iterator[ast.expr]:
    """The arms of `A | B | C`, without a level of recursion for each."""
    arms: list[ast.expr] = []
    while isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        arms.append(node.right)
        node = node.left
    yield node
    yield from reversed(arms)


def name_of(node: ast.expr) -> str:
    """The dotted name that an expression is. Raises Unreadable."""
    name = dotted(node)
    if not name:
        raise Unreadable("this is not a type")
    return name
