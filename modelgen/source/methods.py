"""A method of a served class: its parameters and its result, drafted first, judged once all models are known."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from modelgen.contract.model import Default, Raised
from modelgen.contract.types import Empty, ListOf
from modelgen.contract.types import text as type_text
from modelgen.finding import Location
from modelgen.source.declared import Annotation, Declarations, Declared, Phrase
from modelgen.source.defaults import DefaultReader
from modelgen.source.docfields import DocField, Docstring
from modelgen.source.docstrings import parse_docstring
from modelgen.source.meaning import Meaning
from modelgen.source.members import Member, is_generator, returns_nothing, returns_self
from modelgen.source.models import Models
from modelgen.source.options import Options, matching
from modelgen.source.reader import ClassDefinition, dotted, last_name
from modelgen.source.resolver import Scope

Kind: TypeAlias = Literal["infer", "train", "construct", "load", "save"]
PassedBy: TypeAlias = Literal["positional", "standard", "keyword"]
ONLY = re.compile(r"\bonly (?:provided|returned|present|given|if|when)", re.IGNORECASE)
"""How docstrings say that a result comes only at times."""


@dataclass(slots=True, kw_only=True)
class ParameterDraft:
    """A parameter as it was read."""

    name: str
    where: Location
    passed: PassedBy
    default: Default | None
    doc: str
    declared: Declared
    key: str
    """The dotted name that settings call it by."""
    variadic: str = ""
    """`*args` or `**kwargs`, as written."""
    dropped: bool = False
    """Settings say so."""


@dataclass(slots=True, kw_only=True)
class MethodDraft:
    """A method as it was read."""

    member: Member
    kind: Kind
    key: str
    where: Location
    doc: str
    parameters: list[ParameterDraft]
    returns: Declared
    generator: bool
    raises: tuple[Raised, ...]


@dataclass(frozen=True, slots=True)
class Documented:
    """What a docstring says of a parameter, and where it stands."""

    field: DocField
    scope: Scope


class MethodReader:
    """Drafts methods: reads all that they say, without a judgement."""

    def __init__(self, declarations: Declarations, defaults: DefaultReader, models: Models, options: Options) -> None:
        self.declarations = declarations
        self.defaults = defaults
        self.models = models
        self.options = options

    def draft(self, member: Member, kind: Kind, owner: str, class_doc: Docstring | None = None) -> MethodDraft:
        """What a method says of itself; `owner` is its class's public symbol."""
        docs = [(parse_docstring(ast.get_docstring(one.node) or ""), one.scope) for one in (member, *member.inherited)]
        key = f"{owner}.{member.name}"
        documented = _documented([*docs, *([(class_doc, member.scope)] if class_doc else [])])
        parameters = [
            one
            for item in _signature(member)
            for one in self._unpacked(member, key, documented, item) or [self._parameter(member, key, documented, item)]
        ]
        text = parse_docstring(member.doc)
        return MethodDraft(
            member=member,
            kind=kind,
            key=key,
            where=member.function.module.where(member.node),
            doc=_method_doc(text),
            parameters=parameters,
            returns=self._returns(member, key, docs),
            generator=is_generator(member.node),
            raises=self._raises(member, text),
        )

    def _parameter(
        self,
        member: Member,
        key: str,
        documented: dict[str, Documented],
        item: tuple[ast.arg, ast.expr | None, PassedBy, str],
    ) -> ParameterDraft:
        argument, default, passed, variadic = item
        name = argument.arg
        said = documented.get(name) or documented.get(variadic)
        dotted_name = f"{key}.{name}"
        override = matching(self.options.types, dotted_name)
        dropped = override == "drop"
        if variadic:
            declared = Declared(text=member.function.module.text(argument.annotation) if argument.annotation else "")
        elif override is not None and not dropped:
            declared = self.declarations.override(override, member.scope)
        else:
            own = said is not None and said.scope is member.scope and bool(said.field.type)
            found = list(_annotations(member if not own else replace(member, inherited=()), name))
            declared = self.declarations.read(found, _phrase(said))
        meaning = declared.meaning
        type_ = meaning.type if meaning else None
        if meaning and meaning.stream == "iterable":
            type_ = ListOf(item=meaning.type)
        return ParameterDraft(
            name=name,
            where=member.function.module.where(argument),
            passed=passed,
            default=self.defaults.default(default, member.scope, type_) if default is not None else None,
            doc=_parameter_doc(said, declared),
            declared=declared,
            key=dotted_name,
            variadic=variadic,
            dropped=dropped,
        )

    def _unpacked(
        self,
        member: Member,
        key: str,
        documented: dict[str, Documented],
        item: tuple[ast.arg, ast.expr | None, PassedBy, str],
    ) -> list[ParameterDraft]:
        """The keyword parameters that `**kwargs: Unpack[Options]` stands for, of which `Options` is a TypedDict."""
        annotation = item[0].annotation
        if not item[3].startswith("**") or not isinstance(annotation, ast.Subscript):
            return []
        if last_name(annotation.value) != "Unpack":
            return []
        name = dotted(annotation.slice)
        found = self.models.hierarchy.resolver.lookup(member.scope, name) if name else None
        if not isinstance(found, ClassDefinition) or self.models.flavours.of(found) != "typeddict":
            return []
        drafts = []
        for one in self.models.fields.read(found, self.models.hierarchy.own_scope(found)).fields:
            dotted_name = f"{key}.{one.name}"
            override = matching(self.options.types, dotted_name)
            declared = Declared(meaning=Meaning(type=one.type), text=type_text(one.type))
            if override is not None and override != "drop":
                declared = self.declarations.override(override, member.scope)
            said = documented.get(one.name)
            drafts.append(
                ParameterDraft(
                    name=one.name,
                    where=one.where or member.function.module.where(item[0]),
                    passed="keyword",
                    default=one.default,
                    doc=one.doc or (said.field.doc if said else ""),
                    declared=declared,
                    key=dotted_name,
                    dropped=override == "drop",
                )
            )
        return drafts

    def _returns(self, member: Member, key: str, docs: list[tuple[Docstring, Scope]]) -> Declared:
        override = matching(self.options.types, f"{key}.return")
        if override == "drop":
            return Declared(meaning=Meaning(type=Empty()))
        if override is not None:
            return self.declarations.override(override, member.scope)
        annotations = list(_return_annotations(member))
        phrase = _result_phrase(docs)
        declared = self.declarations.read(annotations, phrase)
        if annotations or declared.meaning is not None:
            return declared
        if returns_nothing(member.node):
            return Declared(meaning=Meaning(type=Empty()))
        if declared.error is None and _answers_itself(member):
            return Declared(meaning=Meaning(type=Empty(), own=True))
        return declared

    def _raises(self, member: Member, doc: Docstring) -> tuple[Raised, ...]:
        found: dict[str, Raised] = {}
        for one in doc.raises:
            name = self.models.exception(member.scope, one.name)
            code = matching(self.options.raises, name) or ""
            found.setdefault(name, Raised(name=name, doc=one.doc, code=code))
        for name, code in self.options.raises.items():
            if not any(char in name for char in "*?["):
                found.setdefault(name, Raised(name=name, code=code))
        return tuple(found.values())


def _answers_itself(member: Member) -> bool:
    """Whether a method answers `self`, or what the method that it overrides does where that is `self`."""
    return returns_self(member.node, also=f"super().{member.name}" if _overridden_answers(member) else "")


def _overridden_answers(member: Member) -> bool:
    above = member.inherited
    return bool(above) and _answers_itself(replace(above[0], inherited=above[1:]))


def _signature(member: Member) -> Iterator[tuple[ast.arg, ast.expr | None, PassedBy, str]]:
    """The parameters that a caller sees: argument, default, how it is passed, and `*args` or `**kwargs`."""
    arguments = member.arguments
    count = len(arguments.posonlyargs)
    positional = [*arguments.posonlyargs, *arguments.args]
    missing = len(positional) - len(arguments.defaults)
    defaults: list[ast.expr | None] = [*([None] * missing), *arguments.defaults]
    skipped = 0 if member.receiver == "static" else 1
    for index, (argument, default) in enumerate(zip(positional, defaults, strict=True)):
        if index >= skipped:
            yield argument, default, "positional" if index < count else "standard", ""
    if arguments.vararg:
        yield arguments.vararg, None, "standard", f"*{arguments.vararg.arg}"
    for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        yield argument, default, "keyword", ""
    if arguments.kwarg:
        yield arguments.kwarg, None, "keyword", f"**{arguments.kwarg.arg}"


def _annotations(member: Member, name: str) -> Iterator[Annotation]:
    """The annotations of a parameter: its own, else the overloads', else the overridden method's."""
    for one in (member, *member.inherited):
        own = _annotation_of(one.node.args, name)
        if own is not None and not (one.function.overloads and _is_any(own)):
            yield Annotation(own, one.scope)
            return
        found = [_annotation_of(overload.args, name) for overload in one.function.overloads]
        stated = [node for node in found if node is not None] or ([own] if own is not None else [])
        if stated:
            yield from (Annotation(node, one.scope) for node in stated)
            return


def _is_any(node: ast.expr) -> bool:
    return last_name(node) in ("Any", "object")


def _annotation_of(arguments: ast.arguments, name: str) -> ast.expr | None:
    for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
        if argument.arg == name:
            return argument.annotation
    return None


def _return_annotations(member: Member) -> Iterator[Annotation]:
    for one in (member, *member.inherited):
        own = one.node.returns
        if own is not None and not (one.function.overloads and _is_any(own)):
            yield Annotation(own, one.scope)
            return
        stated = [node.returns for node in one.function.overloads if node.returns is not None] or ([own] if own else [])
        if stated:
            yield from (Annotation(node, one.scope) for node in stated)
            return


def _documented(docs: list[tuple[Docstring, Scope]]) -> dict[str, Documented]:
    """What docstrings say of parameters, the method's own first; one that says a type goes before one that does not."""
    found: dict[str, Documented] = {}
    for doc, scope in docs:
        for name, one in (*doc.parameters.items(), *doc.attributes.items()):
            old = found.get(name)
            if old is None or (not old.field.type and one.type):
                found[name] = Documented(one, scope)
    return found


def _phrase(said: Documented | None) -> Phrase | None:
    if said is None:
        return None
    if said.field.type:
        return Phrase(said.field.type, said.scope)
    return Phrase(said.field.doc, said.scope, guessed=True) if said.field.doc else None


def _result_phrase(docs: list[tuple[Docstring, Scope]]) -> Phrase | None:
    """The phrase of a result, of the nearest docstring that says one; several results are a tuple."""
    for doc, scope in docs:
        fields = doc.yields or doc.returns
        if len(fields) == 1:
            return Phrase("self", scope) if fields[0].name == "self" else _phrase(Documented(fields[0], scope))
        if fields:
            types = [f"{one.type}, optional" if ONLY.search(one.doc) else one.type for one in fields]
            return Phrase("\n".join(types), scope) if all(one.type for one in fields) else None
    return None


def _parameter_doc(said: Documented | None, declared: Declared) -> str:
    if declared.meaning and declared.meaning.doc:
        return declared.meaning.doc
    return said.field.doc if said else ""


def _method_doc(doc: Docstring) -> str:
    """The summary and the body, with what the docstring says of the result."""
    said = next((one.doc for one in (*doc.yields, *doc.returns) if one.doc), "")
    word = "Yields" if doc.yields else "Returns"
    return "\n\n".join(part for part in (doc.text, f"{word}: {said}" if said else "") if part)
