"""Rules on parameters and fields: coming, going, names, presence, defaults."""

from __future__ import annotations

from collections.abc import Iterator

from modelgen.check.change import Change, Surfaces, worst
from modelgen.check.pairs import FieldPair
from modelgen.check.rule import rule
from modelgen.check.subjects import (
    default_text,
    directed,
    field_change,
    kind_of,
    mild,
    role_moved,
    said,
    stubs,
    type_text,
    wire,
)


@rule(FieldPair)
def field_added_optional(pair: FieldPair) -> Iterator[Change]:
    """A parameter or field with a default was added. Old callers leave it out and get the default.

    Unless the settings or an annotation put it under `inputs` of the JSON request, beside what was the only input: that
    one was sent without a name, and has one now.
    """
    if pair.new and not pair.old and pair.new.kind != "result" and not pair.new.required:
        named = _names_the_only_input(pair)
        yield field_change(
            pair,
            "field-added-optional",
            Surfaces(json="breaking" if named else "safe"),
            f"is new, {default_text(pair.new.default)} if left out",
            after=type_text(pair.new.type),
            suggestion=f'write "{pair.new.symbol}" = "parameters" under `roles` in the settings' if named else "",
            notes={"json": f"`inputs` was {named} itself, and is an object with the key {named} now"} if named else {},
        )


@rule(FieldPair)
def field_added_required(pair: FieldPair) -> Iterator[Change]:
    """A parameter or field without a default was added.

    Where callers send it, none of them does yet, and all are refused. Where they receive it, they ignore it.
    Give it a default.
    """
    if pair.new and not pair.old and pair.new.kind != "result" and pair.new.required:
        yield field_change(
            pair,
            "field-added-required",
            Surfaces(
                json=directed(pair, request="breaking"),
                source=directed(pair, request="breaking", response="warning"),
                behaviour=directed(pair, request="breaking"),
            ),
            f"is new and required: {said(pair.new.type)}",
            after=type_text(pair.new.type),
            suggestion=(
                "give it a default" if pair.requested else "give it a default, so that code that makes one still can"
            ),
            notes={"behaviour": "every call that does not send it is refused"} if pair.requested else {},
        )


@rule(FieldPair)
def field_removed(pair: FieldPair) -> Iterator[Change]:
    """A parameter or field is gone. Its number stays reserved.

    A request that still sends it is refused in JSON, and read without it on the wire. An answer lacks what old clients
    expect. Keep it, and ignore it, until nobody sends or reads it.
    """
    if pair.old and not pair.new and pair.old.kind != "result":
        like = "".join(
            f"; if it is {name} now: modelgen rename {pair.old.symbol} {pair.old.owner}.{name}"
            for name in pair.similar[:1]
        )
        yield field_change(
            pair,
            "field-removed",
            Surfaces(
                json="breaking",
                source="breaking",
                behaviour=directed(pair, request="warning", response="breaking"),
            ),
            f"is gone; it was {said(pair.old.type)}",
            before=type_text(pair.old.type),
            suggestion=f"keep it, deprecated, until nobody uses it{like}",
            notes={"wire": f"{', '.join(str(pin.number) for pin in pair.old_pins)} stays reserved"},
        )


@rule(FieldPair)
def field_renamed(pair: FieldPair) -> Iterator[Change]:
    """A parameter or field has another name, by a rename in the settings. Its number stays, so the bytes do too.

    JSON and the clients speak of it by name. A pydantic alias keeps the old key in JSON.
    """
    if pair.old and pair.new and pair.old.name != pair.new.name:
        before, after = pair.framed
        same_key = before == after
        yield field_change(
            pair,
            "field-renamed",
            Surfaces(wire=wire(pair), json="safe" if same_key else "breaking", source="breaking"),
            f"{pair.old.name} is called {pair.new.name}",
            before=pair.old.name,
            after=pair.new.name,
            suggestion=f"keep the name {pair.old.name}",
            notes={"json": "the only input of a method is sent without its name"} if same_key and not before else {},
        )


@rule(FieldPair)
def field_became_required(pair: FieldPair) -> Iterator[Change]:
    """What could be left out has to be sent: calls without it are refused. Give it its default back.

    In an answer it only promises more.
    """
    if not _stays(pair) or not pair.old or not pair.new or pair.old.required or not pair.new.required:
        return
    grave = directed(pair, request="breaking")
    default = default_text(pair.old.default)
    yield field_change(
        pair,
        "field-became-required",
        Surfaces(wire=wire(pair), json=grave, source=worst(grave, stubs(pair)), behaviour=grave),
        f"was {default} if left out, and {'has to be sent' if pair.requested else 'is always there'} now",
        before=f"default {default}",
        after="required",
        suggestion=f"keep the default: `{pair.new.name} = {default}`" if pair.requested else "",
    )


@rule(FieldPair)
def field_became_optional(pair: FieldPair) -> Iterator[Change]:
    """What had to be sent can be left out, or what was always answered may be missing.

    In a request, old calls stay valid on the wire. In JSON a parameter with a default belongs under `parameters` and
    not under `inputs`: a line under `roles` in the settings keeps it where it was. In an answer, readers who count on
    it break: it may be missing, as OpenAPI and the clients' types say, and None on the wire reads as an empty value.
    """
    if not _stays(pair) or not pair.old or not pair.new or not pair.old.required or pair.new.required:
        return
    if pair.old.kind == "result" or pair.new.stream:
        return
    moved, answered = role_moved(pair), pair.answered
    hint = f'write "{pair.new.symbol}" = "{pair.old.role}" under `roles` in the settings' if moved else ""
    notes = {"json": f"moves from `{pair.old.role}` to `{pair.new.role}`"} if moved else {}
    yield field_change(
        pair,
        "field-became-optional",
        Surfaces(
            wire=worst(wire(pair), "warning" if answered and not pair.old.nullable and pair.new.nullable else "safe"),
            json="breaking" if moved or answered else "safe",
            source="warning" if answered else stubs(pair),
            behaviour="warning" if answered else "safe",
        ),
        f"had to be sent, and is {default_text(pair.new.default)} if left out now",
        before="required",
        after=f"default {default_text(pair.new.default)}",
        suggestion=hint or ("let it have no default, and always answer it" if answered else ""),
        notes=notes,  # type: ignore[arg-type]
    )


@rule(FieldPair)
def param_role_changed(pair: FieldPair) -> Iterator[Change]:
    """A parameter moved between `inputs` and `parameters` of the JSON request: requests that send it are refused.

    The settings' `roles` put it back.
    """
    if not pair.old or not pair.new or not role_moved(pair) or pair.old.required != pair.new.required:
        return
    yield field_change(
        pair,
        "param-role-changed",
        Surfaces(json="breaking"),
        f"{pair.old.role} -> {pair.new.role}",
        before=pair.old.role,
        after=pair.new.role,
        suggestion=f'write "{pair.new.symbol}" = "{pair.old.role}" under `roles` in the settings',
    )


@rule(FieldPair)
def nullable_added(pair: FieldPair) -> Iterator[Change]:
    """None is a value now. Senders need not care; readers of an answer get a null that they did not expect.

    On the wire None is a field that is not there, which old clients read as an empty value: 0, false, no text.
    Beside a default other than None, null needs a word of its own on the wire: the field goes into a oneof, under its
    number. Bytes are read as before, and code that was generated from the protos has it in the oneof.
    """
    if _only_none(pair) and pair.old and pair.new and not pair.old.nullable and pair.new.nullable:
        yield field_change(
            pair,
            "nullable-added",
            Surfaces(
                wire=worst(wire(pair), directed(pair, response="warning")),
                json=directed(pair, response="breaking"),
                source=worst(stubs(pair), directed(pair, response="warning")),
                behaviour=directed(pair, response="warning"),
            ),
            f"{said(pair.old.type)} -> {said(pair.new.type)}, None is a value now",
            before=type_text(pair.old.type),
            after=type_text(pair.new.type),
            suggestion=(
                "answer what it answered before, and say that there is nothing in a field of its own"
                if pair.answered
                else _beside_the_default(pair)
            ),
        )


@rule(FieldPair)
def nullable_removed(pair: FieldPair) -> Iterator[Change]:
    """None is no value any more: requests that send null are refused. Readers of an answer need not care."""
    if _only_none(pair) and pair.old and pair.new and pair.old.nullable and not pair.new.nullable:
        yield field_change(
            pair,
            "nullable-removed",
            Surfaces(
                wire=wire(pair),
                json=directed(pair, request="breaking"),
                source=directed(pair, request="warning"),
                behaviour=directed(pair, request="warning"),
            ),
            f"{said(pair.old.type)} -> {said(pair.new.type)}, None is refused now",
            before=type_text(pair.old.type),
            after=type_text(pair.new.type),
            suggestion="let it be None, and treat None as before" if pair.requested else "",
        )


@rule(FieldPair)
def default_changed(pair: FieldPair) -> Iterator[Change]:
    """What a caller gets by leaving it out is another value. Values are compared, not spellings: 2e-5 is 0.00002.

    Calls stay valid and mean something else. Generated clients leave out what equals the default that they know: an old
    one gets the new value even where its caller states the old one.
    """
    old, new = pair.old, pair.new
    if not old or not new or old.required or new.required or not mild(pair):
        return
    if _same_default(old.default, new.default):
        return
    yield field_change(
        pair,
        "default-changed",
        Surfaces(wire=wire(pair), source=stubs(pair), behaviour=directed(pair, request="warning")),
        f"default {default_text(old.default)} -> {default_text(new.default)}",
        before=default_text(old.default),
        after=default_text(new.default),
        suggestion=f"keep the default {default_text(old.default)}" if pair.requested else "",
    )


@rule(FieldPair)
def alias_changed(pair: FieldPair) -> Iterator[Change]:
    """The key in JSON is another one, while the Python name is the same."""
    old, new = pair.old, pair.new
    if old and new and old.name == new.name and old.json != new.json:
        before, after = pair.framed
        yield field_change(
            pair,
            "alias-changed",
            Surfaces(json="safe" if before == after else "breaking", source="warning"),
            f"the key {old.json} is called {new.json}",
            before=old.json,
            after=new.json,
            suggestion=f"keep the alias {old.json!r}",
        )


def _beside_the_default(pair: FieldPair) -> str:
    """What to do where null and the default are two things."""
    return "let None be the default, so that null is left out" if stubs(pair) == "warning" else ""


def _stays(pair: FieldPair) -> bool:
    """Whether it is there before and after, of a type whose rules say nothing of presence, None aside."""
    return kind_of(pair) in ("", "enum-values-changed") if pair.old and pair.new else False


def _only_none(pair: FieldPair) -> bool:
    """Whether None came or went, and no default with it: presence says it all then."""
    return bool(pair.old and pair.new and mild(pair) and pair.old.required == pair.new.required)


def _names_the_only_input(pair: FieldPair) -> str:
    """The input that was sent without a name and has one now, because this one is sent beside it."""
    method = pair.method
    if pair.new is None or method is None or method.old is None or method.new is None or pair.new.role != "inputs":
        return ""
    return method.old.only_input if not method.new.only_input else ""


def _same_default(old: object, new: object) -> bool:
    """Whether two defaults are one value; True and 1 are two."""
    return isinstance(old, bool) == isinstance(new, bool) and old == new
