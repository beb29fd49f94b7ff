"""What the client's codecs do for each method: arguments there, answers back, and pieces of streams."""

from __future__ import annotations

import keyword
from collections.abc import Iterator

from modelgen.contract.model import Method, Parameter
from modelgen.contract.types import Empty, TypeRef
from modelgen.contract.wire import WireField, WireMethod, WireService
from modelgen.languages import python
from modelgen.targets.client_json import JsonConversions
from modelgen.targets.client_messages import MessageConversions
from modelgen.targets.client_names import method_name
from modelgen.targets.definitions import Definition


def codec(conversions: JsonConversions | MessageConversions, rpc: WireMethod, found: list[Definition]) -> Iterator[str]:
    """The arguments of a method's Codec, made of the functions that were written for it."""
    names = [function.signature.split("(")[0] for function in found]
    yield f"request={names[0]}"
    yield f"result={names[1]}"
    if len(names) > 2:
        yield f"piece={names[2]}"
    if isinstance(conversions, MessageConversions):
        yield f"response={conversions.stub(rpc.response.name)}"


def functions(
    conversions: JsonConversions | MessageConversions, service: WireService, rpc: WireMethod
) -> Iterator[Definition]:
    """The functions of a method: request, result, and piece where a parameter streams."""
    label = f"{service.module.name}.{rpc.method.name}"
    if isinstance(conversions, JsonConversions):
        yield from _json_method(conversions, rpc, label)
    else:
        yield from _proto_method(conversions, rpc, label)


def _json_method(conversions: JsonConversions, rpc: WireMethod, label: str) -> Iterator[Definition]:
    method, stem = rpc.method, method_name(rpc.method)
    argument = "given" if method.inputs or method.options else "_given"
    yield Definition(
        signature=f"{stem}_request({argument}: Given) -> dict[str, Any]",
        doc=f"What {label} is called with, as JSON.",
        lines=list(_json_request(conversions, method)),
    )
    if method.kind == "train":
        yield Definition(signature=f"{stem}_result(data: dict[str, Any]) -> Any", doc="The job.", lines=["return data"])
    else:
        lines, unused = _result(method, conversions.from_json(method.returns, 'data["result"]', f"{stem}_result"))
        argument = "_data" if unused else "data"
        yield Definition(
            signature=f"{stem}_result({argument}: dict[str, Any]) -> Any", doc=_answer(method, label), lines=lines
        )
    if stream := method.stream_parameter:
        yield Definition(
            signature=f"{stem}_piece(piece: Any) -> Any",
            doc=f"One piece of {label}({stream.name}), as JSON.",
            lines=[f"return {conversions.to_json(stream.type, 'piece', f'{stem}_{stream.name}')}"],
        )


def _answer(method: Method, label: str) -> str:
    return f"{'One item of what' if method.stream else 'What'} {label} answered."


def _result(method: Method, converted: str) -> tuple[list[str], bool]:
    return (["return None"], True) if isinstance(method.returns, Empty) else ([f"return {converted}"], False)


def _json_request(conversions: JsonConversions, method: Method) -> Iterator[str]:
    entries: list[str] = []
    if len(method.inputs) == 1 and method.inputs[0].required:
        entries.append(f'"inputs": {_argument_to_json(conversions, method, method.inputs[0])}')
    elif len(method.inputs) == 1:
        only = method.inputs[0]
        yield "body: dict[str, Any] = {}"
        yield f"if {python.literal(only.name)} in given:"
        yield f'    body["inputs"] = {_argument_to_json(conversions, method, only)}'
        entries.append("**body")
    elif method.inputs:
        lines, expression = _group(conversions, method, method.inputs, "inputs")
        yield from lines
        entries.append(f'"inputs": {expression}')
    if method.options:
        lines, expression = _group(conversions, method, method.options, "parameters")
        yield from lines
        entries.append(f'"parameters": {expression}')
    yield f"return {{{', '.join(entries)}}}"


def _argument_to_json(conversions: JsonConversions, method: Method, parameter: Parameter) -> str:
    item = f"given[{python.literal(parameter.name)}]"
    return conversions.to_json(parameter.type, item, f"{method_name(method)}_{parameter.name}")


def _group(
    conversions: JsonConversions, method: Method, parameters: tuple[Parameter, ...], name: str
) -> tuple[list[str], str]:
    """Statements, and the expression of an object that holds those of the parameters that were given."""
    converted = {one: _argument_to_json(conversions, method, one) for one in parameters}
    plain = [
        one
        for one in parameters
        if converted[one] == f"given[{python.literal(one.name)}]" and one.json_name == one.name
    ]
    changed = [one for one in parameters if one not in plain]
    chosen = ", ".join(python.literal(one.name) for one in plain)
    start = conversions.value(f"values.chosen(given, {chosen})") if plain else "{}"
    if not changed:
        return [], start
    lines = [f"{name}: dict[str, Any] = {start}"]
    for one in changed:
        store = f"{name}[{python.literal(one.json_name)}] = {converted[one]}"
        lines += [store] if one.required else [f"if {python.literal(one.name)} in given:", f"    {store}"]
    return lines, name


def _proto_method(conversions: MessageConversions, rpc: WireMethod, label: str) -> Iterator[Definition]:
    method, stem = rpc.method, method_name(rpc.method)
    request, response = conversions.stub(rpc.request.name), conversions.stub(rpc.response.name)
    sent = [parameter for parameter in method.parameters if not parameter.stream]
    yield Definition(
        signature=f"{stem}_request({'given' if sent else '_given'}: Given) -> {request}",
        doc=f"What {label} is called with, as its message.",
        lines=list(_proto_request(conversions, rpc, sent)),
    )
    if method.kind == "train":
        conversions.used.add("jobs")
        yield Definition(
            signature=f"{stem}_result(message: {response}) -> Any",
            doc="The job.",
            lines=["return jobs.job_from_proto(message.job)"],
        )
    else:
        empty = isinstance(method.returns, Empty)
        taken = "None" if empty else conversions.taken(rpc.response, "result", method.returns, "message")
        lines, unused = _result(method, taken)
        argument = "_message" if unused else "message"
        yield Definition(
            signature=f"{stem}_result({argument}: {response}) -> Any", doc=_answer(method, label), lines=lines
        )
    if stream := method.stream_parameter:
        yield Definition(
            signature=f"{stem}_piece(piece: Any) -> {request}",
            doc=f"One piece of {label}({stream.name}), as its message.",
            lines=list(_piece(conversions, rpc, stream.name, stream.type)),
        )


def _piece(conversions: MessageConversions, rpc: WireMethod, name: str, type_: TypeRef) -> Iterator[str]:
    request = conversions.stub(rpc.request.name)
    wire = rpc.request.field(name)
    if not wire[0].oneof:
        yield f"return {request}({wire[0].name}={conversions.set_to(wire[0], type_, 'piece')})"
        return
    yield "fields: dict[str, Any] = {}"
    yield from conversions.store(rpc.request, name, type_, "piece")
    yield f"return {request}(**fields)"


def _proto_request(conversions: MessageConversions, rpc: WireMethod, sent: list[Parameter]) -> Iterator[str]:
    request = conversions.stub(rpc.request.name)
    if not sent:
        yield f"return {request}()"
        return
    wires = {one: rpc.request.field(one.name) for one in sent}
    if all(one.required and not wires[one][0].oneof for one in sent):
        values = {wires[one][0].name: _sent(conversions, wires[one][0], one) for one in sent}
        yield f"return {conversions.value(f'values.message(given, {request}, {_keywords(values)})')}"
        return
    statements: list[str] = []
    plain: list[str] = []
    for one in sent:
        item = f"given[{python.literal(one.name)}]"
        stored = list(conversions.store(rpc.request, one.name, one.type, item))
        if stored == [f"fields[{python.literal(one.name)}] = {item}"]:
            plain.append(python.literal(one.name))
        elif one.required:
            statements += stored
        else:
            statements += [f"if {python.literal(one.name)} in given:", *(f"    {line}" for line in stored)]
    start = conversions.value(f"values.chosen(given, {', '.join(plain)})") if plain else "{}"
    made = conversions.value(f"values.message(given, {request}, ")
    if not statements:
        yield f"return {made}**{start})"
        return
    yield from (f"fields: dict[str, Any] = {start}", *statements, f"return {made}**fields)")


def _sent(conversions: MessageConversions, wire: WireField, parameter: Parameter) -> str:
    return conversions.set_to(wire, parameter.type, f"given[{python.literal(parameter.name)}]")


def _keywords(values: dict[str, str]) -> str:
    if any(keyword.iskeyword(name) for name in values):
        return "**{" + ", ".join(f'"{name}": {value}' for name, value in values.items()) + "}"
    return ", ".join(f"{name}={value}" for name, value in values.items())
