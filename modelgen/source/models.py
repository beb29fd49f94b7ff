"""Which classes travel as messages: they are registered where a type names them, and read once all types are known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from modelgen.contract.model import DataModel, Enumeration, Field
from modelgen.contract.types import Empty, Named, TypeRef, walk
from modelgen.finding import Finding, Level
from modelgen.source.constants import Evaluator
from modelgen.source.enums import EnumReader, functional_members, is_enum, is_flag
from modelgen.source.expressions import TypeReader
from modelgen.source.fields import FieldReader
from modelgen.source.fieldset import Fields
from modelgen.source.flavours import Flavours
from modelgen.source.meaning import Meaning, Unreadable
from modelgen.source.mro import Hierarchy
from modelgen.source.naming import python_text, short_name
from modelgen.source.public import PublicPath, PublicPaths
from modelgen.source.reader import Assigned, ClassDefinition
from modelgen.source.resolver import External, Scope, TypeArgument

MAX_SYMBOL = 300
Made: TypeAlias = ClassDefinition | Assigned


@dataclass(slots=True, kw_only=True)
class Draft:
    """A model that some type names."""

    made: Made
    name: str
    symbol: str
    path: PublicPath
    scope: Scope
    arguments: tuple[str, ...] = ()
    model: DataModel | None = None
    fault: str = ""
    """Why it cannot travel at all."""
    cannot_make: str = ""
    """Why it cannot be a parameter."""
    cannot_read: str = ""
    """Why it cannot be a result."""


@dataclass(slots=True)
class Models:
    """The registry of data models and enumerations."""

    hierarchy: Hierarchy
    evaluator: Evaluator
    public: PublicPaths
    flavours: Flavours
    served: set[ClassDefinition] = field(default_factory=set)
    """The classes that are served themselves."""
    findings: list[Finding] = field(default_factory=list)
    drafts: dict[str, Draft] = field(default_factory=dict)
    enums: dict[str, Enumeration] = field(default_factory=dict)
    reader: TypeReader = field(init=False)
    fields: FieldReader = field(init=False)
    _queue: list[Draft] = field(default_factory=list)
    _refused: dict[Made, Unreadable] = field(default_factory=dict)

    def is_enum(self, definition: ClassDefinition) -> bool:
        """Whether a class is an enum."""
        return is_enum(self.hierarchy.lineage(definition))

    def reference(self, definition: ClassDefinition, arguments: tuple[TypeArgument, ...], scope: Scope) -> Meaning:
        """The model or enumeration that a class is; its fields are read later.

        Raises:
            Unreadable: an instance of the class cannot be sent.
        """
        if scope.served and scope.me is not None and self._is_own(definition, scope.me):
            return Meaning(type=Empty(), own=True)
        if definition in self._refused:
            raise self._refused[definition]
        try:
            if self.is_enum(definition):
                return Meaning(type=self._enumeration(definition))
            self.flavours.require(definition, served=definition in self.served)
        except Unreadable as error:
            self._refused[definition] = error
            raise
        return Meaning(type=self._model(definition, arguments))

    def _is_own(self, definition: ClassDefinition, me: ClassDefinition) -> bool:
        if definition is me:
            return True
        above = any(ancestor.definition is definition for ancestor in self.hierarchy.lineage(me).classes)
        return above and not self.flavours.is_data(definition)

    def functional(self, assigned: Assigned, function: str) -> Meaning:
        """The model or enumeration that a call makes: `namedtuple(...)`, `TypedDict(...)`, `Enum(...)`."""
        path = self.public.of(assigned)
        if function.endswith(("Enum", "Flag")):
            if path.symbol not in self.enums:
                self.enums[path.symbol] = Enumeration(
                    name=path.name,
                    symbol=path.symbol,
                    import_module=path.module,
                    qualname=path.qualname,
                    where=assigned.module.where(assigned.node),
                    members=functional_members(assigned, self.evaluator),
                    flag="Flag" in function,
                )
            return Meaning(type=Named(symbol=path.symbol, kind="enum"))
        scope = Scope(module=assigned.module, owner=assigned.outer)
        self._register(Draft(made=assigned, name=path.name, symbol=path.symbol, path=path, scope=scope))
        return Meaning(type=Named(symbol=path.symbol, kind="message"))

    def named(self, name: str) -> ClassDefinition | None:
        """The one class of the package that has a name: docstrings name classes without importing them."""
        return self.public.class_named(name.rpartition(".")[2])

    def _enumeration(self, definition: ClassDefinition) -> TypeRef:
        path = self.public.of(definition)
        if path.symbol not in self.enums:
            members = EnumReader(self.hierarchy, self.evaluator).members(definition)
            self.enums[path.symbol] = Enumeration(
                name=path.name,
                symbol=path.symbol,
                doc=definition.doc,
                where=definition.where,
                import_module=path.module,
                qualname=path.qualname,
                members=members,
                flag=is_flag(self.hierarchy.lineage(definition)),
            )
        return Named(symbol=path.symbol, kind="enum")

    def _model(self, definition: ClassDefinition, arguments: tuple[TypeArgument, ...]) -> TypeRef:
        path = self.public.of(definition)
        scope = self.hierarchy.own_scope(definition)
        names = self.hierarchy.parameters(definition, scope) if arguments else ()
        pairs = list(zip(names, arguments, strict=False))
        types = [self.reader.meaning(argument.node, argument.scope).type for _, argument in pairs]
        texts = tuple(python_text(type_) for type_ in types)
        symbol = f"{path.symbol}[{', '.join(texts)}]" if texts else path.symbol
        if len(symbol) > MAX_SYMBOL:
            raise Unreadable(f"`{definition.name}` is generic without an end")
        name = path.name + "".join(short_name(type_) for type_ in types)
        bound = replace(scope, variables=dict(pairs))
        self._register(Draft(made=definition, name=name, symbol=symbol, path=path, scope=bound, arguments=texts))
        return Named(symbol=symbol, kind="message")

    def _register(self, draft: Draft) -> None:
        if draft.symbol not in self.drafts:
            self.drafts[draft.symbol] = draft
            self._queue.append(draft)

    def drain(self) -> None:
        """Read the fields of every registered model, and of the models that those name; then judge which can travel."""
        while self._queue:
            self._build(self._queue.pop(0))
        self._judge()

    def _build(self, draft: Draft) -> None:
        try:
            fields = self._fields(draft)
        except Unreadable as error:
            draft.fault = error.reason
            return
        draft.cannot_make, draft.cannot_read = fields.cannot_make, fields.cannot_read
        if fields.cannot_make and fields.cannot_read:
            draft.fault = fields.cannot_make
        self.findings.extend(fields.findings)
        made = draft.made
        draft.model = DataModel(
            name=draft.name,
            symbol=draft.symbol,
            doc=fields.doc,
            where=made.where if isinstance(made, ClassDefinition) else made.module.where(made.node),
            import_module=draft.path.module,
            qualname=draft.path.qualname,
            flavour=fields.flavour,
            fields=tuple(fields.fields),
            init=tuple(fields.init) if any(fields.init) else (),
            arguments=draft.arguments,
        )

    def _fields(self, draft: Draft) -> Fields:
        if isinstance(draft.made, Assigned):
            return self.fields.functional.read(draft.made)
        return self.fields.read(draft.made, draft.scope)

    def _judge(self) -> None:
        """A model falls with a required field whose model fell; a field with a default is left out instead."""
        changed = True
        while changed:
            changed = False
            for draft in self.drafts.values():
                if draft.model is not None and not draft.fault:
                    changed |= self._judge_one(draft, draft.model)

    def _judge_one(self, draft: Draft, model: DataModel) -> bool:
        for number, one in enumerate(model.fields):
            fault = self._first_fault(one.type)
            if not fault:
                continue
            if one.default is None:
                draft.fault = f"its field `{one.name}` cannot be sent: {fault}"
                return True
            self.findings.append(_left_out(draft, one, fault))
            init = tuple(name for index, name in enumerate(model.init) if index != number)
            kept = tuple(other for other in model.fields if other is not one)
            draft.model = replace(model, fields=kept, init=init)
            return True
        return False

    def _first_fault(self, type_: TypeRef) -> str:
        for symbol in _messages((type_,)):
            if self.drafts[symbol].fault:
                return f"`{symbol}`: {self.drafts[symbol].fault}"
        return ""

    def fault(self, type_: TypeRef, *, sent: bool) -> str:
        """Why a type cannot be a parameter (`sent`) or a result; empty if it can. Only after `drain`."""
        fault = self._first_fault(type_)
        if fault:
            return fault
        direct = set(_messages((type_,)))
        for symbol in self.reachable((type_,)):
            draft = self.drafts.get(symbol)
            reason = (draft.cannot_make if sent else draft.cannot_read) if draft else ""
            if reason:
                inside = "" if symbol in direct else " inside of it"
                return f"`{symbol}`{inside}: {reason}"
        return ""

    def exception(self, scope: Scope, name: str) -> str:
        """The dotted name of an exception class, where it can be found; else the name as it is written."""
        found = self.hierarchy.resolver.lookup(scope, name)
        if isinstance(found, ClassDefinition):
            return self.public.of(found).symbol
        return found.name.removeprefix("builtins.") if isinstance(found, External) else name

    def reachable(self, types: Iterable[TypeRef]) -> list[str]:
        """The symbols of all models and enumerations that types lead to, in the order they are met."""
        found: dict[str, None] = {}
        pending = [part.symbol for type_ in types for part in walk(type_) if isinstance(part, Named)]
        while pending:
            symbol = pending.pop(0)
            if symbol in found:
                continue
            found[symbol] = None
            draft = self.drafts.get(symbol)
            inner = draft.model.fields if draft and draft.model else ()
            pending.extend(part.symbol for one in inner for part in walk(one.type) if isinstance(part, Named))
        return list(found)


def _messages(types: Iterable[TypeRef]) -> Iterator[str]:
    for type_ in types:
        for part in walk(type_):
            if isinstance(part, Named) and part.kind == "message":
                yield part.symbol


def _left_out(draft: Draft, one: Field, reason: str) -> Finding:
    return Finding(
        level=Level.WARNING,
        code="field-left-out",
        message=f"the field `{one.name}` of `{draft.symbol}` is left out: {reason}",
        where=one.where,
        hint="give it a type that can be sent",
    )
