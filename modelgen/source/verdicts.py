"""Whether a drafted method can be served, judged once all models are known; and what there is to say about it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, replace

from modelgen.contract.model import LeftOut, Method, Parameter, Refused, Role
from modelgen.contract.types import Empty, ListOf, TypeRef
from modelgen.finding import Finding, Level, Location
from modelgen.source.declared import Declared, noted
from modelgen.source.meaning import Meaning, Unreadable
from modelgen.source.methods import MethodDraft, ParameterDraft
from modelgen.source.models import Models
from modelgen.source.options import Options, matching
from modelgen.source.unions import optional

HINT = "annotate it, or give its type in settings (`types`)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A method that can be served, or why not."""

    method: Method | None = None
    refused: Refused | None = None
    findings: tuple[Finding, ...] = ()


class Judge:
    """Judges drafts. Only after the models are drained."""

    def __init__(self, models: Models, options: Options) -> None:
        self.models = models
        self.options = options

    def judge(self, draft: MethodDraft) -> Verdict:
        """Whether a draft can be served. Only after the models are drained."""
        findings: list[Finding] = []
        parameters: list[Parameter] = []
        left_out: list[LeftOut] = []
        gaps: list[LeftOut] = []
        faults: list[Finding] = []
        draft = _one_stream(draft)
        for one in draft.parameters:
            fault = self._parameter_fault(draft, one)
            if fault is None:
                parameters.append(self._finished(draft, one))
                findings.extend(self._notes(draft, one))
            elif one.default is not None or one.variadic:
                left_out.append(_gap(one, fault))
                findings.append(self._left_out(draft, one, fault))
            else:
                gaps.append(_gap(one, fault))
                faults.append(self._fault(draft, f"parameter `{one.name}`", one.declared.text, one.where, fault))
        gaps.extend(self._result_gaps(draft))
        faults.extend(self._result_faults(draft))
        faults.extend(self._stream_faults(draft, parameters))
        if faults:
            name = f"{_class_name(draft.key)}.{draft.member.name}"
            reason = "; ".join(fault.message.partition(": ")[2] or fault.message for fault in faults)
            refused = Refused(name=name, doc=draft.doc, where=draft.where, reason=reason, gaps=tuple(gaps))
            return Verdict(refused=refused, findings=(*findings, *faults))
        return Verdict(method=self._method(draft, parameters, left_out), findings=tuple(findings))

    def _parameter_fault(self, draft: MethodDraft, one: ParameterDraft) -> Unreadable | None:
        if one.variadic:
            return Unreadable(f"`{one.variadic}` takes what no one can name", "name the arguments that callers need")
        if one.dropped:
            return Unreadable("settings drop it", "take its `drop` line out of settings")
        if one.declared.error is not None:
            return one.declared.error
        meaning = one.declared.meaning
        if meaning is None:
            return Unreadable("it has no type", HINT, code="type-missing")
        if meaning.own:
            return Unreadable("an instance of the served class cannot be sent")
        if meaning.stream in ("iterator", "async") and (draft.kind != "infer" or one.default is not None):
            return Unreadable("a stream cannot be sent here", "take a list")
        if isinstance(meaning.type, Empty):
            return Unreadable("None is its only value", HINT)
        reason = self.models.fault(meaning.type, sent=True)
        return Unreadable(reason) if reason else None

    def _finished(self, draft: MethodDraft, one: ParameterDraft) -> Parameter:
        meaning = one.declared.meaning or Meaning(type=Empty())
        as_list = meaning.stream == "iterable" and (draft.kind != "infer" or one.default is not None)
        stream = bool(meaning.stream) and not as_list
        type_: TypeRef = ListOf(item=meaning.type) if as_list else meaning.type
        if one.default is not None and one.default.known and one.default.value is None:
            type_ = optional(type_)
        role = self._role(one, meaning, stream)
        return Parameter(
            name=one.name,
            doc=one.doc,
            where=one.where,
            type=type_,
            default=one.default,
            stream=stream,
            asynchronous=meaning.stream == "async",
            role=role,
            kind=one.passed,
            documented=one.declared.documented,
        )

    def _role(self, one: ParameterDraft, meaning: Meaning, stream: bool) -> Role:
        stated = matching(self.options.roles, one.key) or meaning.role
        if stated in ("inputs", "parameters") and not stream:
            return "inputs" if stated == "inputs" else "parameters"
        return "inputs" if one.default is None or stream else "parameters"

    def _notes(self, draft: MethodDraft, one: ParameterDraft) -> Iterator[Finding]:
        meaning = one.declared.meaning
        for note in meaning.notes if meaning else ():
            yield noted(f"the parameter `{one.name}` of `{_short(draft)}`", note, one.where)
        if one.declared.disagreement:
            yield _disagreement(f"the parameter `{one.name}` of `{_short(draft)}`", one.declared, one.where)

    def _left_out(self, draft: MethodDraft, one: ParameterDraft, fault: Unreadable) -> Finding:
        name = one.variadic or one.name
        quiet = draft.kind == "construct" or bool(one.variadic) or one.dropped
        read = _read(one.declared.text)
        return Finding(
            level=Level.INFO if quiet else Level.WARNING,
            code="parameter-left-out",
            message=f"the parameter `{name}` of `{_short(draft)}` is left out: {fault.reason}{read}",
            where=one.where,
            hint=fault.hint,
        )

    def _fault(self, draft: MethodDraft, what: str, text: str, where: Location, fault: Unreadable) -> Finding:
        read = _read(text)
        return Finding(
            level=self._refusal_level(draft),
            code=fault.code,
            message=f"`{_short(draft)}` is not {_done(draft)}: its {what}: {fault.reason}{read}",
            where=where,
            hint=fault.hint,
        )

    def _refusal_level(self, draft: MethodDraft) -> Level:
        optional_part = draft.kind in ("construct", "load", "save") or draft.member.name in ("explain", "detect_drift")
        return Level.WARNING if optional_part or self.options.refused == "warning" else Level.ERROR

    def _result_faults(self, draft: MethodDraft) -> Iterator[Finding]:
        if draft.kind == "train":
            yield from self._train_faults(draft)
        if draft.kind != "infer":
            return
        fault = self._result_fault(draft)
        if fault is not None:
            yield self._fault(draft, "result", draft.returns.text, draft.where, fault)

    def _result_gaps(self, draft: MethodDraft) -> Iterator[LeftOut]:
        fault = self._result_fault(draft) if draft.kind == "infer" else None
        if fault is not None:
            yield LeftOut(name="return", where=draft.where, text=draft.returns.text, reason=fault.reason)

    def _train_faults(self, draft: MethodDraft) -> Iterator[Finding]:
        """Training on the class must answer an instance; on an instance it may answer anything."""
        meaning = draft.returns.meaning
        if draft.member.receiver == "instance" or meaning is None or meaning.own:
            return
        fault = Unreadable("it answers no trained instance", f"return an instance of `{_class_name(draft.key)}`")
        yield self._fault(draft, "result", draft.returns.text, draft.where, fault)

    def _result_fault(self, draft: MethodDraft) -> Unreadable | None:
        if draft.returns.error is not None:
            return draft.returns.error
        meaning = draft.returns.meaning
        if meaning is None:
            return Unreadable(
                "it has no type", "annotate the return, or give its type in settings (`types`)", code="type-missing"
            )
        if draft.generator and not meaning.stream and draft.member.node.returns is not None:
            return Unreadable("the method yields, and its type is not of an iterator", "write `Iterator[...]`")
        reason = self.models.fault(meaning.type, sent=False)
        return Unreadable(reason) if reason else None

    def _stream_faults(self, draft: MethodDraft, parameters: list[Parameter]) -> Iterator[Finding]:
        streams = [one for one in parameters if one.stream]
        if len(streams) > 1:
            names = ", ".join(f"`{one.name}`" for one in streams)
            fault = Unreadable(f"several parameters are streams: {names}", "make all but one of them lists")
            yield self._fault(draft, f"parameter `{streams[1].name}`", "", draft.where, fault)

    def _method(self, draft: MethodDraft, parameters: list[Parameter], left_out: list[LeftOut]) -> Method:
        meaning = draft.returns.meaning or Meaning(type=Empty())
        is_coroutine = isinstance(draft.member.node, ast.AsyncFunctionDef)
        stream = meaning.stream in ("iterator", "async") or (draft.generator and draft.kind == "infer")
        returns = meaning.type if stream or not meaning.stream else ListOf(item=meaning.type)
        if draft.kind != "infer" or meaning.own:
            returns, stream = Empty(), False
        return Method(
            name=draft.member.name,
            doc=draft.doc,
            where=draft.where,
            kind=draft.kind,
            parameters=tuple(parameters),
            returns=returns,
            stream=stream,
            asynchronous=is_coroutine or (stream and meaning.stream == "async"),
            generator=stream,
            receiver=draft.member.receiver,
            raises=draft.raises,
            left_out=tuple(left_out),
            documented=draft.returns.documented if _says_all(draft, meaning) else "",
        )

    def result_disagreement(self, draft: MethodDraft) -> Iterator[Finding]:
        """A docstring that says another result than the annotation."""
        if draft.returns.disagreement and draft.kind == "infer":
            yield _disagreement(f"the result of `{_short(draft)}`", draft.returns, draft.where)


def _says_all(draft: MethodDraft, meaning: Meaning) -> bool:
    """Whether the contract has all that is said of a result."""
    told = any(note.code == "alternative-left-out" for note in meaning.notes)
    return not told and (draft.kind == "infer" or meaning.own)


def _gap(one: ParameterDraft, fault: Unreadable) -> LeftOut:
    return LeftOut(name=one.name, doc=one.doc, where=one.where, text=one.declared.text, reason=fault.reason)


def _disagreement(what: str, declared: Declared, where: Location) -> Finding:
    return Finding(
        level=Level.WARNING,
        code="type-disagrees",
        message=f"{what} is annotated `{declared.text}`; its docstring says `{declared.disagreement}`",
        where=where,
        hint="make the two agree",
    )


def _one_stream(draft: MethodDraft) -> MethodDraft:
    """Where several parameters could be streams, those declared `Iterable` are lists."""
    streams = [
        one for one in draft.parameters if one.declared.meaning and one.declared.meaning.stream and one.default is None
    ]
    if len(streams) < 2:
        return draft
    kept = next(
        (one for one in streams if one.declared.meaning and one.declared.meaning.stream != "iterable"), streams[0]
    )
    parameters = [one if one is kept else _listed(one) for one in draft.parameters]
    return replace(draft, parameters=parameters)


def _listed(one: ParameterDraft) -> ParameterDraft:
    meaning = one.declared.meaning
    if meaning is None or meaning.stream != "iterable":
        return one
    return replace(
        one, declared=replace(one.declared, meaning=replace(meaning, type=ListOf(item=meaning.type), stream=""))
    )


def _read(text: str) -> str:
    """What was read, on one line."""
    return f" (read: `{' '.join(text.split())}`)" if text else ""


def _done(draft: MethodDraft) -> str:
    """What a method that cannot be read is not."""
    return "served" if draft.kind in ("infer", "train") else "described"


def _class_name(key: str) -> str:
    return key.split(".")[-2] if key.count(".") else key


def _short(draft: MethodDraft) -> str:
    return f"{_class_name(draft.key)}.{draft.member.name}"
