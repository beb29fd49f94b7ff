"""How an instance of a served class without an `__init__` of its own is made: from nothing, or from its fields."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from modelgen.contract.model import Field, LeftOut, Method, Parameter
from modelgen.contract.types import Empty
from modelgen.finding import Finding, Level
from modelgen.source.fieldset import Fields
from modelgen.source.meaning import Unreadable
from modelgen.source.models import Models
from modelgen.source.reader import ClassDefinition


@dataclass(frozen=True, slots=True, kw_only=True)
class Construction:
    """The arguments that a decorator or a base derives from a class's fields."""

    definition: ClassDefinition
    fields: Fields | None = None
    """None: it takes none."""
    fault: str = ""
    findings: tuple[Finding, ...] = field(default=())


def draft_construction(definition: ClassDefinition, models: Models) -> Construction:
    """Read what a class without an `__init__` is made from."""
    if not models.flavours.is_data(definition):
        return Construction(definition=definition)
    scope = replace(models.hierarchy.own_scope(definition), served=True)
    try:
        fields = models.fields.read(definition, scope)
    except Unreadable as error:
        return Construction(definition=definition, fault=error.reason)
    return Construction(definition=definition, fields=fields, findings=tuple(fields.findings))


def judge_construction(drafted: Construction, models: Models) -> tuple[Method | None, list[Finding]]:
    """The constructor, where all it needs can be sent. Only after the models are drained."""
    findings = list(drafted.findings)
    fault = drafted.fault
    parameters: list[Parameter] = []
    left_out: list[LeftOut] = []
    fields = drafted.fields.fields if drafted.fields else []
    for one, passed in zip(fields, drafted.fields.init if drafted.fields else [], strict=True):
        reason = models.fault(one.type, sent=True)
        if not reason:
            parameters.append(_parameter(one, passed))
        elif one.default is not None:
            left_out.append(LeftOut(name=passed or one.name, doc=one.doc, where=one.where, text="", reason=reason))
        else:
            fault = fault or f"its field `{one.name}` cannot be sent: {reason}"
    if fault:
        return None, [*findings, _undescribed(drafted.definition, fault)]
    where = drafted.definition.where
    method = Method(
        name="__init__",
        kind="construct",
        returns=Empty(),
        where=where,
        parameters=tuple(parameters),
        left_out=tuple(left_out),
    )
    return method, findings


def _parameter(one: Field, passed: str) -> Parameter:
    return Parameter(
        name=passed or one.name,
        doc=one.doc,
        where=one.where,
        type=one.type,
        default=one.default,
        role="inputs" if one.default is None else "parameters",
        documented=one.documented,
    )


def _undescribed(definition: ClassDefinition, fault: str) -> Finding:
    return Finding(
        level=Level.WARNING,
        code="method-refused",
        message=f"`{definition.name}.__init__` is not described: {fault}",
        where=definition.where,
        hint="write a `load`, or give the type in settings (`types`)",
    )
