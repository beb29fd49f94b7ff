"""The client's classes: a method for each that is served, as the package's class declares it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any

from modelgen.contract.model import Method, Parameter
from modelgen.contract.names import kebab
from modelgen.contract.types import Empty
from modelgen.contract.wire import WireMethod, WireService
from modelgen.languages import python
from modelgen.languages.proto import printable
from modelgen.targets.client_names import ClientNames, Spelling, method_name, target_name
from modelgen.targets.formatting import tidy
from modelgen.targets.target import Blueprint, File
from modelgen.targets.templates import render

TAKEN = ("errors", "jobs", "models", "pb")
"""Files that every client has."""


def module_file(service: WireService) -> str:
    """The file of a client's class."""
    return f"{service.file}_client" if service.file in TAKEN else service.file


def emit(blueprint: Blueprint, names: ClientNames) -> Iterator[File]:
    """A file for each module."""
    for service in blueprint.wire.services:
        yield _of_module(blueprint, names, service)


def _of_module(blueprint: Blueprint, names: ClientNames, service: WireService) -> File:
    text = blueprint.text("client", service, lambda: tidy(_text(blueprint, names, service), blueprint.cache))
    path = f"clients/python/{blueprint.client}/{module_file(service)}.py"
    return File(path=path, text=text, source=service.module.symbol, template="python_client/module.py")


def _text(blueprint: Blueprint, names: ClientNames, service: WireService) -> str:
    spelling = Spelling(names)
    methods = [_method(blueprint, spelling, service, rpc) for rpc in service.methods]
    arrays = "npt" in spelling.used
    typing = (spelling.used & {"Any", "Literal"}) | ({"TYPE_CHECKING"} if arrays else set())
    trains = any(rpc.method.kind == "train" for rpc in service.methods)
    if trains:
        typing.add("Any")
    used = {names.classes[one.split(".", 1)[1]] for one in spelling.used if one.startswith(("models.", "default."))}
    iterables = {"Iterable"} & spelling.used
    return render(
        "python_client/module.py",
        source=service.module.symbol,
        name=names.client(service),
        file=service.file,
        doc=_class_doc(service),
        standard=sorted(spelling.used & {"datetime", "decimal", "uuid"}),
        abstract=sorted(iterables | {"Mapping"}),
        typing=sorted(typing, key=lambda name: (not name.isupper(), name)),
        own=sorted(
            {"Codec", "Method"} | (spelling.used & {"UNSET", "Unset"}), key=lambda name: (not name.isupper(), name)
        ),
        stream=any(rpc.method.stream for rpc in service.methods),
        trains=trains,
        models=sorted(used, key=_isort),
        arrays=arrays,
        np="np" in spelling.used,
        methods=methods,
    )


def _isort(name: str) -> tuple[bool, str]:
    """Constants before classes, as isort has it: HTTP before Answer."""
    return (not (name.isupper() and len(name) > 1), name)


def _class_doc(service: WireService) -> str:
    doc = service.module.doc.strip() or f"{service.module.symbol}, where it is served."
    made = "Instances come from `connect`: the model itself is made by the service."
    return f"{doc}\n\n{made}"


def _method(blueprint: Blueprint, spelling: Spelling, service: WireService, rpc: WireMethod) -> dict[str, Any]:
    method = rpc.method
    trains, name = method.kind == "train", spelling.names.client(service)
    in_class = trains and method.receiver != "instance"
    answer = "Mapping[str, Any]" if trains else spelling.spelled(method.returns)
    returns = f"Job[{name}]" if trains else f"Stream[{answer}]" if method.stream else answer
    stream = method.stream_parameter
    return {
        "constant": f"_{method.name.upper()}",
        "attribute": method_name(method),
        "name": method.name,
        "path": f"{blueprint.route(service)}/{kebab(method.name)}",
        "rpc": f"/{blueprint.wire.package}.{service.name}/{rpc.name}",
        "defaults": [(one.name, value) for one in method.parameters if (value := spelling.default(one)) is not None],
        "stream_in": stream.name if stream else "",
        "stream_out": method.stream,
        "answer": answer,
        "returns": returns,
        "train_class": in_class,
        "signature": _signature(method, spelling, name if in_class else ""),
        "doc": _doc(method, in_class),
        "lines": _body(method, in_class),
    }


def _signature(method: Method, spelling: Spelling, trained: str) -> list[str]:
    """The parameters as they are written, with the marks of positional-only and keyword-only ones."""
    found = ["cls" if trained else "self"]
    kinds = [parameter.kind for parameter in method.parameters]
    for index, parameter in enumerate(method.parameters):
        if parameter.kind == "keyword" and "keyword" not in kinds[:index]:
            found.append("*")
        found.append(spelling.parameter(parameter))
        if parameter.kind == "positional" and "positional" not in kinds[index + 1 :]:
            found.append("/")
    if trained:
        found += [*([] if "keyword" in kinds else ["*"]), f"{target_name(method)}: str | {trained}"]
    return found


def _body(method: Method, in_class: bool) -> list[str]:
    constant, stream = f"_{method.name.upper()}", method.stream_parameter
    sent = [parameter for parameter in method.parameters if not parameter.stream]
    arguments = "{" + ", ".join(f"{python.literal(one.name)}: {one.name}" for one in sent) + "}"
    if method.kind == "train":
        where = target_name(method)
        client = f"cls.connect({where}) if isinstance({where}, str) else {where}" if in_class else "self"
        return [f"return Job.submitted({client}, {constant}, {arguments})"]
    call = "self._stream" if method.stream else "self._call"
    start = "" if isinstance(method.returns, Empty) and not method.stream else "return "
    return [f"{start}{call}({constant}, {arguments}{f', {stream.name}' if stream else ''})"]


def _doc(method: Method, in_class: bool) -> str:
    """The author's words, with what a generated signature cannot say."""
    words, answered = _split(printable(method.doc).strip())
    parts = [words or f"Call {method.name}."]
    if method.stream_parameter and method.stream:
        parts.append(
            "Over HTTP all is sent before the first answer is read; a talk, where what is sent depends on what was\n"
            "answered, needs gRPC."
        )
    described = [entry for parameter in method.parameters for entry in _described(parameter)]
    if in_class:
        where = target_name(method)
        described.append(f"{where}: Where to train: the service's URL, or a client that is connected to it.")
    if described:
        parts.append("\n".join(["Args:", *(line for entry in described for line in _entry(entry))]))
    if method.kind == "train":
        parts.append("Returns:\n    The job, which was submitted; `wait` for it.")
    elif answered or method.stream:
        came = "As they come; closing it ends the call on the service." if method.stream else ""
        parts.append("\n".join(["Returns:", *_entry(" ".join(filter(None, (answered, came))))]))
    raised = [f"{_error(one.name, one.code)}: {one.doc}" for one in method.raises if one.doc]
    if raised:
        parts.append("\n".join(["Raises:", *(line for entry in dict.fromkeys(raised) for line in _entry(entry))]))
    return "\n\n".join(parts)


def _split(doc: str) -> tuple[str, str]:
    """What a docstring says of the call, and of what it answers."""
    paragraphs = doc.split("\n\n")
    answered = [one for one in paragraphs if one.startswith("Returns: ")]
    words = "\n\n".join(one for one in paragraphs if one not in answered)
    return words, " ".join(" ".join(one.removeprefix("Returns: ").split()) for one in answered)


def _described(parameter: Parameter) -> list[str]:
    doc = " ".join(printable(parameter.doc).split())
    return [f"{parameter.name}: {doc}"] if doc else []


def _error(raised: str, code: str) -> str:
    """What a caller catches for what the method raises."""
    by_code = {
        "INVALID_ARGUMENT": "InvalidInput",
        "METHOD_NOT_ALLOWED": "Unimplemented",
    }
    if code:
        return by_code.get(code) or "".join(word.capitalize() for word in code.split("_"))
    return "InvalidInput" if raised.rsplit(".", 1)[-1] in ("ValueError", "TypeError") else "Internal"


def _entry(text: str) -> list[str]:
    return textwrap.wrap(text, 104, initial_indent="    ", subsequent_indent="        ", break_long_words=False)
