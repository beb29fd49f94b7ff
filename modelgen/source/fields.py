"""The fields of a data class, in the way its flavour declares them."""

from __future__ import annotations

import ast
from dataclasses import replace

from modelgen.contract.model import Default, Field, Flavour
from modelgen.contract.types import ListOf, TypeRef
from modelgen.finding import Finding, Level
from modelgen.source.constraints import constrained, without
from modelgen.source.declared import Annotation, Declarations, Phrase, noted
from modelgen.source.defaults import DefaultReader
from modelgen.source.docfields import DocField, Docstring
from modelgen.source.docstrings import parse_docstring
from modelgen.source.fieldset import Fields, is_required, with_default, wraps
from modelgen.source.flavours import BASES, ROOT, Flavours
from modelgen.source.functional import FunctionalReader
from modelgen.source.meaning import Unreadable, unread
from modelgen.source.mro import Ancestor, Hierarchy
from modelgen.source.reader import Assigned, ClassDefinition, last_name
from modelgen.source.resolver import Scope
from modelgen.source.specifiers import SpecifierReader, default_node, is_false, keyword_of
from modelgen.source.undeclared import PlainReader

ALIASES = {"to_camel": "camel", "to_pascal": "pascal", "to_snake": "snake"}


class FieldReader:
    """Reads the fields of data classes."""

    def __init__(
        self, hierarchy: Hierarchy, flavours: Flavours, declarations: Declarations, defaults: DefaultReader
    ) -> None:
        self.hierarchy = hierarchy
        self.flavours = flavours
        self.declarations = declarations
        self.defaults = defaults
        self.specifiers = SpecifierReader(defaults)
        self.plain = PlainReader(declarations, defaults)
        self.functional = FunctionalReader(declarations, defaults)

    def read(self, definition: ClassDefinition, scope: Scope) -> Fields:
        """The fields of a class.

        Raises:
            Unreadable: a field that must be sent cannot be.
        """
        flavour = self.flavours.of(definition) or "plain"
        lineage = self.hierarchy.lineage(definition, scope)
        docs = [parse_docstring(ancestor.definition.doc) for ancestor in lineage.classes]
        found = Fields(flavour=flavour, doc=docs[0].text)
        described = _described(docs)
        if flavour == "plain":
            self.plain.read(found, lineage.classes, described)
        elif flavour == "namedtuple" and "collections.namedtuple" in lineage.outside:
            self.functional.base(found, lineage.classes)
        if any(name in ROOT for name in lineage.outside):
            self._root(found, lineage.classes)
        for ancestor in reversed(lineage.classes):
            if flavour != "plain" and self._counts(ancestor, flavour):
                self._annotated(found, ancestor, described)
        self._aliases(found, definition)
        return found

    def _counts(self, ancestor: Ancestor, flavour: Flavour) -> bool:
        """Whether a class in the MRO gives fields: a plain mixin of a dataclass does not."""
        if flavour not in ("dataclass", "attrs") or self.flavours.decorated(ancestor.definition) is not None:
            return True
        return any(name in BASES for name in self.hierarchy.lineage(ancestor.definition).outside)

    def _root(self, found: Fields, classes: tuple[Ancestor, ...]) -> None:
        """The one field of a `RootModel[...]`, by the argument of its base."""
        for ancestor in classes:
            for base in ancestor.definition.node.bases:
                if isinstance(base, ast.Subscript) and last_name(base.value) == "RootModel":
                    declared = self.declarations.read([Annotation(base.slice, ancestor.scope)], None)
                    if declared.meaning is None or declared.meaning.stream:
                        reason = declared.error.reason if declared.error else "it is a stream"
                        raise Unreadable(f"its root cannot be sent: {reason}")
                    where = ancestor.definition.module.where(base)
                    found.add(Field(name="root", type=declared.meaning.type, where=where))
                    return

    def _annotated(self, found: Fields, ancestor: Ancestor, described: dict[str, DocField]) -> None:
        """The annotated attributes of one class."""
        total = _is_total(ancestor.definition)
        for name, bindings in ancestor.definition.names.items():
            binding = bindings[-1]
            if isinstance(binding, Assigned) and self._is_field(binding, found.flavour, ancestor.scope):
                self._field(found, name, binding, ancestor.scope, described.get(name), total)

    def _is_field(self, binding: Assigned, flavour: Flavour, scope: Scope) -> bool:
        annotation = binding.annotation
        if annotation is None:
            value = binding.value
            return flavour == "attrs" and isinstance(value, ast.Call) and last_name(value) in ("ib", "attrib", "field")
        outer = last_name(annotation.value if isinstance(annotation, ast.Subscript) else annotation)
        text = annotation.value if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str) else outer
        if text.rpartition(".")[2].startswith(("ClassVar", "KW_ONLY")) or binding.name == "model_config":
            return False
        return not (flavour == "pydantic" and binding.name.startswith("_"))

    def _field(
        self, found: Fields, name: str, binding: Assigned, scope: Scope, described: DocField | None, total: bool
    ) -> None:
        where = binding.module.where(binding.node)
        specifier = self.specifiers.read(binding, scope)
        annotation = binding.annotation or specifier.type
        declared = self.declarations.read(
            [Annotation(annotation, scope)] if annotation is not None else [],
            Phrase(described.type, scope) if described and described.type else None,
        )
        default = specifier.default
        if found.flavour == "typeddict":
            default = None if is_required(annotation, total) else Default(text="", known=False)
        if not specifier.init:
            found.findings.append(_note(name, binding, "it is not an argument of the constructor"))
            return
        if wraps(annotation, "InitVar"):
            found.cannot_read = found.cannot_read or f"`{name}` is an InitVar, which the instance does not keep"
        if declared.meaning is None:
            reason = declared.error.reason if declared.error else "it has no type"
            if default is None:
                raise Unreadable(f"its field `{name}` cannot be sent: {reason}")
            found.findings.append(_note(name, binding, reason))
            return
        meaning = declared.meaning
        if meaning.stream == "iterable":
            meaning = replace(meaning, type=ListOf(item=meaning.type), stream="")
        if meaning.stream:
            raise Unreadable(f"its field `{name}` is a stream, which cannot be inside a message")
        type_, left = constrained(meaning.type, specifier.constraints)
        for note in dict.fromkeys((*meaning.notes, *unread(specifier.unread), *without(type_, left))):
            owner = binding.outer.name if binding.outer else ""
            found.findings.append(noted(f"the field `{name}` of `{owner}`", note, where))
        init = name.lstrip("_") if found.flavour == "attrs" and name.startswith("_") else ""
        found.add(
            Field(
                name=name,
                type=with_default(type_, default),
                doc=binding.doc or specifier.doc or meaning.doc or (described.doc if described else ""),
                where=where,
                default=self._typed_default(binding, scope, meaning.type, default),
                alias=specifier.alias or init,
                documented=declared.documented,
            ),
            init,
        )

    def _typed_default(
        self, binding: Assigned, scope: Scope, type_: TypeRef, default: Default | None
    ) -> Default | None:
        """The default again, now that the type is known: an enum member counts only if the type has it."""
        node = default_node(binding)
        if default is None or node is None:
            return default
        return self.defaults.default(node, scope, type_)

    def _aliases(self, found: Fields, definition: ClassDefinition) -> None:
        """pydantic's `alias_generator`, where it is one of pydantic's own."""
        if found.flavour != "pydantic":
            return
        for ancestor in self.hierarchy.lineage(definition).classes:
            for binding in ancestor.definition.names.get("model_config", []):
                generator = keyword_of(binding.value, "alias_generator") if isinstance(binding, Assigned) else None
                style = ALIASES.get(last_name(generator)) if generator is not None else None
                if style:
                    found.fields[:] = [
                        one if one.alias else replace(one, alias=_styled(one.name, style)) for one in found.fields
                    ]
                    return


def _described(docs: list[Docstring]) -> dict[str, DocField]:
    """What docstrings say of fields, the class's own words first."""
    found: dict[str, DocField] = {}
    for doc in docs:
        for name, one in (*doc.attributes.items(), *doc.parameters.items()):
            found.setdefault(name, one)
    return found


def _is_total(definition: ClassDefinition) -> bool:
    return not any(keyword.arg == "total" and is_false(keyword.value) for keyword in definition.node.keywords)


def _styled(name: str, style: str) -> str:
    words = [word for word in name.split("_") if word]
    if style == "snake" or not words:
        return name
    pascal = "".join(word[:1].upper() + word[1:] for word in words)
    return pascal if style == "pascal" else pascal[:1].lower() + pascal[1:]


def _note(name: str, binding: Assigned, reason: str) -> Finding:
    owner = binding.outer.name if binding.outer else ""
    return Finding(
        level=Level.WARNING,
        code="field-left-out",
        message=f"the field `{name}` of `{owner}` is left out: {reason}",
        where=binding.module.where(binding.node),
        hint="give it a type that can be sent",
    )
