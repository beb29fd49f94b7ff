"""The methods of a class, inherited ones too: which definition a name means, and how it is called."""

from __future__ import annotations

import ast
import fnmatch
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from modelgen.source.flavours import is_property
from modelgen.source.mro import Ancestor, Lineage
from modelgen.source.reader import Assigned, ClassDefinition, FunctionDefinition, FunctionNode, last_name
from modelgen.source.resolver import Resolver, Scope

Receiver: TypeAlias = Literal["instance", "class", "static"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A method as a class has it."""

    name: str
    function: FunctionDefinition
    scope: Scope
    """What its annotations are read in."""
    receiver: Receiver
    inherited: tuple[Member, ...] = ()
    """The methods of the same name that it overrides, nearest first."""

    @property
    def node(self) -> FunctionNode:
        """The def statement."""
        return self.function.node

    @property
    def doc(self) -> str:
        """Its docstring, or the nearest inherited one."""
        own = ast.get_docstring(self.node)
        return own or next((member.doc for member in self.inherited if member.doc), "")

    @property
    def arguments(self) -> ast.arguments:
        """Its parameters, `self` included."""
        return self.node.args


class Members:
    """Looks methods up in MROs."""

    def __init__(self, resolver: Resolver) -> None:
        self.resolver = resolver

    def names(self, lineage: Lineage) -> list[str]:
        """All names that a class's MRO binds: own ones in the order of the source, then inherited ones."""
        return list(dict.fromkeys(name for ancestor in lineage.classes for name in ancestor.definition.names))

    def find(self, lineage: Lineage, name: str, me: ClassDefinition) -> Member | None:
        """The method that a name means; None where it is bound to none, or to something else."""
        chain = list(self._chain(lineage, name, me))
        if not chain or chain[0] is None:
            return None
        methods = [member for member in chain if member is not None]
        return replace(methods[0], inherited=tuple(methods[1:]))

    def _chain(self, lineage: Lineage, name: str, me: ClassDefinition) -> Iterator[Member | None]:
        for ancestor in lineage.classes:
            if name in ancestor.definition.names:
                yield self._member(ancestor, name, me)

    def _member(self, ancestor: Ancestor, name: str, me: ClassDefinition) -> Member | None:
        scope = replace(ancestor.scope, me=me, served=True)
        function, receiver = self._function(ancestor.definition, name, scope)
        if function is None or is_property(function):
            return None
        if function.outer is None:
            scope = replace(scope, module=function.module, owner=None)
        elif function.outer is not ancestor.definition:
            scope = replace(scope, module=function.module, owner=function.outer)
        return Member(name=name, function=function, scope=scope, receiver=receiver or _receiver(function))

    def _function(
        self, definition: ClassDefinition, name: str, scope: Scope
    ) -> tuple[FunctionDefinition | None, Receiver | None]:
        """The function that a class binds a name to, through aliases and `staticmethod(...)`."""
        found = self.resolver.best(definition.names[name])
        if isinstance(found, Assigned) and isinstance(found.value, ast.Call) and found.value.args:
            wrapper = last_name(found.value)
            inner = self.resolver.lookup(scope, last_name(found.value.args[0]))
            if wrapper in ("staticmethod", "classmethod") and isinstance(inner, FunctionDefinition):
                return inner, "static" if wrapper == "staticmethod" else "class"
        return (found, None) if isinstance(found, FunctionDefinition) else (None, None)


def _receiver(function: FunctionDefinition) -> Receiver:
    names = {last_name(decorator) for decorator in function.node.decorator_list}
    if "staticmethod" in names:
        return "static"
    return "class" if "classmethod" in names else "instance"


def is_abstract(node: FunctionNode) -> bool:
    """Whether a method is only promised: by a decorator, or by a body that only raises NotImplementedError."""
    if any(last_name(decorator) in ("abstractmethod", "abstractproperty") for decorator in node.decorator_list):
        return True
    body = [statement for statement in node.body if not _is_text(statement)]
    return len(body) == 1 and isinstance(body[0], ast.Raise) and _raises_not_implemented(body[0])


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _raises_not_implemented(statement: ast.Raise) -> bool:
    return statement.exc is not None and last_name(statement.exc) == "NotImplementedError"


def inference_names(methods: Mapping[str, tuple[str, ...]], symbol: str, name: str) -> tuple[str, ...]:
    """The globs of a class's inference methods: those of the most specific class glob that matches."""
    matching = [glob for glob in methods if fnmatch.fnmatchcase(symbol, glob) or fnmatch.fnmatchcase(name, glob)]
    if not matching:
        return ()
    best = max(matching, key=lambda glob: (not any(char in glob for char in "*?["), len(glob.replace("*", "")), glob))
    return methods[best]


def own_statements(node: FunctionNode) -> Iterator[ast.AST]:
    """The nodes of a function's own body, without those of functions and classes inside it."""
    pending: list[ast.AST] = list(node.body)
    while pending:
        current = pending.pop()
        yield current
        if not isinstance(current, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            pending.extend(ast.iter_child_nodes(current))


def is_generator(node: FunctionNode) -> bool:
    """Whether a function yields."""
    return any(isinstance(inner, (ast.Yield, ast.YieldFrom)) for inner in own_statements(node))


def returns_nothing(node: FunctionNode) -> bool:
    """Whether no `return` of a function gives a value."""
    return not any(
        isinstance(inner, (ast.Yield, ast.YieldFrom)) or (isinstance(inner, ast.Return) and not _is_none(inner.value))
        for inner in own_statements(node)
    )


def _is_none(node: ast.expr | None) -> bool:
    return node is None or (isinstance(node, ast.Constant) and node.value is None)


def returns_self(node: FunctionNode, also: str = "") -> bool:
    """Whether every `return` of a method gives `self`, or what a call of `also` gives."""
    returned = [inner.value for inner in own_statements(node) if isinstance(inner, ast.Return)]
    return bool(returned) and all(
        (isinstance(value, ast.Name) and value.id == "self")
        or (bool(also) and isinstance(value, ast.Call) and ast.unparse(value.func) == also)
        for value in returned
    )
