"""Rules on methods: their names, their streams, how they are called, and what they raise."""

from __future__ import annotations

from collections.abc import Iterator

from modelgen.check.change import Change, Subject, Surfaces, Verdict
from modelgen.check.pairs import FieldPair, MethodPair, ModelPair, RaisePair
from modelgen.check.rule import rule
from modelgen.check.rules.types import NOT_OF_RESULTS
from modelgen.check.subjects import field_change, kind_of, method_change, said, type_text
from modelgen.contract.edition import PublishedField, PublishedMethod

_GONE = Surfaces(wire="breaking", json="breaking", source="breaking")


@rule(MethodPair)
def method_removed(pair: MethodPair) -> Iterator[Change]:
    """A method is served no more: its rpc, its route and its client method are gone, and every call of it fails.

    Keep it until nobody calls it. If it only has another name, a rename in the settings says so and keeps its numbers;
    an alias in the class (`old = new`) keeps callers working.
    """
    if pair.old and not pair.new and not pair.refusal:
        owner = pair.old.symbol.rpartition(".")[0]
        like = f"{owner}.{pair.similar[0]}" if pair.similar else ""
        hint = f"; if it is {pair.similar[0]} now: modelgen rename {pair.old.symbol} {like}" if like else ""
        yield method_change(
            pair,
            "method-removed",
            _GONE,
            "is gone",
            before=pair.old.symbol,
            suggestion=f"keep it until nobody calls it{hint}",
        )


@rule(MethodPair)
def method_unrepresentable(pair: MethodPair) -> Iterator[Change]:
    """A method that was served cannot be any more: a type of it was lost, or is one that nothing on the wire can say.

    It is not dropped quietly. Give the parameter or the result a type, in the code or in the settings.
    """
    if pair.old and not pair.new and pair.refusal:
        yield method_change(
            pair,
            "method-unrepresentable",
            _GONE,
            f"cannot be served any more: {pair.refusal.reason}",
            before=pair.old.symbol,
            suggestion="annotate it as it was, or state its type in the settings",
        )


@rule(MethodPair)
def method_renamed(pair: MethodPair) -> Iterator[Change]:
    """A method has another name, as a rename in the settings says.

    The messages keep their numbers, but the rpc, the route and the client method bear the new name. An alias in the
    class (`old = new`) serves both.
    """
    if pair.old and pair.new and pair.old.name != pair.new.name and _rerouted(pair):
        yield method_change(
            pair,
            "method-renamed",
            _GONE,
            f"{pair.old.name} is called {pair.new.name}",
            before=pair.old.symbol,
            after=pair.new.symbol,
            suggestion=f"keep `{pair.old.name} = {pair.new.name}` in the class, and no rename in the settings",
            notes={"wire": f"{pair.old.path} -> {pair.new.path}", "json": f"{pair.old.route} -> {pair.new.route}"},
        )


@rule(MethodPair)
def method_added(pair: MethodPair) -> Iterator[Change]:
    """A method is served that was not. Nobody called it, so nothing breaks."""
    if pair.new and not pair.old:
        yield method_change(pair, "method-added", Surfaces(), "is new", after=pair.new.symbol)


@rule(MethodPair)
def method_stream_changed(pair: MethodPair) -> Iterator[Change]:
    """A method streams that did not, or the other way round.

    A unary call and a stream are different protocols on gRPC, in REST and in the clients. Add a method for the other
    kind, and keep this one.
    """
    if pair.old and pair.new and pair.old.stream != pair.new.stream:
        before, after = (_STREAMS[side.stream] for side in (pair.old, pair.new))
        yield method_change(
            pair,
            "method-stream-changed",
            _GONE,
            f"{before} -> {after}",
            before=before,
            after=after,
            suggestion=(
                f"keep {pair.new.name} as it was, and add a method `{pair.new.name}_stream` beside it"
                if not pair.old.stream
                else f"keep {pair.new.name} a stream, and add a method beside it"
            ),
        )


_STREAMS = {"": "unary", "in": "a stream of requests", "out": "a stream of answers", "both": "a stream both ways"}


@rule(FieldPair)
def return_type_changed(pair: FieldPair) -> Iterator[Change]:
    """What a method answers is of another type.

    Old clients cannot decode the answer, and code that uses it expects something else. Add a method that answers the
    new type, or add fields to a model that is answered.
    """
    if pair.either.kind != "result" or pair.method is None or pair.method.old is None or pair.method.new is None:
        return
    old, new = pair.old, pair.new
    trained = pair.method.old.kind != pair.method.new.kind
    if old and new and not trained and (pair.old_type == new.type or _told_otherwise(pair)):
        return
    before, after = (_answer(side) for side in (pair.method.old, pair.method.new))
    if trained or (pair.old_type if old else None) != (new.type if new else None):
        yield field_change(
            pair,
            "return-type-changed",
            _GONE,
            f"{before} -> {after}",
            before=type_text(pair.old_type),
            after=type_text(new.type if new else None),
            suggestion="add a method that answers the new type, and keep this one",
        )


def _answer(method: PublishedMethod) -> str:
    if method.kind == "train":
        return "a training job"
    return said(method.result.type) if method.result else "None"


def _told_otherwise(pair: FieldPair) -> bool:
    return kind_of(pair) not in NOT_OF_RESULTS


@rule(MethodPair)
def operation_id_changed(pair: MethodPair) -> Iterator[Change]:
    """A method has another name that reads the same in a path: `run_topK` and `run_top_k` have one rpc and one route.

    Its id in OpenAPI and its name in the clients are others. Code that other tools generate from openapi.json calls it
    by that id. An alias in the class (`old = new`) serves both.
    """
    if pair.old and pair.new and pair.old.name != pair.new.name and not _rerouted(pair):
        yield method_change(
            pair,
            "operation-id-changed",
            Surfaces(source="breaking"),
            f"the operation of {pair.old.name} is that of {pair.new.name}",
            before=pair.old.symbol,
            after=pair.new.symbol,
            suggestion=f"keep the name {pair.old.name}",
        )


def _rerouted(pair: MethodPair) -> bool:
    """Whether a method of another name has another rpc or another route."""
    return bool(pair.old and pair.new and (pair.old.rpc, _last(pair.old)) != (pair.new.rpc, _last(pair.new)))


def _last(method: PublishedMethod) -> str:
    return method.route.rpartition("/")[2]


@rule(ModelPair)
def schema_name_changed(pair: ModelPair) -> Iterator[Change]:
    """A model, a request or a response has another name in proto and OpenAPI, while what it holds may be the same.

    The bytes and the JSON stay valid. Code that was generated from the protos or from openapi.json has another class.
    """
    if pair.old.message != pair.new.message:
        yield Change(
            rule="schema-name-changed",
            element=Subject(
                kind="model", python=pair.new.symbol, proto=f"{pair.editions.new.package}.{pair.new.message}"
            ),
            surfaces=Surfaces(source="breaking"),
            message=f"{pair.old.message} is called {pair.new.message}",
            before=pair.old.message,
            after=pair.new.message,
            suggestion="give it back the name that the lock had, or repair the merge: modelgen generate --repair",
            where=pair.editions.sources.place(pair.new.symbol),
            via=pair.via,
        )


@rule(MethodPair)
def sync_async_changed(pair: MethodPair) -> Iterator[Change]:
    """A method is `async` that was not, or the other way round.

    Callers of the service see nothing of it. Code that calls the class itself has to await what it did not.
    """
    if pair.old and pair.new and pair.old.asynchronous != pair.new.asynchronous:
        before, after = ("async def" if side.asynchronous else "def" for side in (pair.old, pair.new))
        yield method_change(
            pair,
            "sync-async-changed",
            Surfaces(source="warning"),
            f"{before} -> {after}",
            before=before,
            after=after,
            suggestion=f"keep `{before} {pair.new.name}`, and add a method of the other kind beside it",
        )


@rule(FieldPair)
def param_kind_changed(pair: FieldPair) -> Iterator[Change]:
    """A parameter is passed in another way: by name only, by position only, or both.

    Clients have the method's signature, so calls that pass it the old way fail. From keyword-only or positional-only to
    both is safe.
    """
    old, new = pair.old, pair.new
    if old and new and old.passing != new.passing and new.passing != "standard" and new.kind == "parameter":
        yield field_change(
            pair,
            "param-kind-changed",
            Surfaces(source="warning"),
            f"{_PASSING[old.passing]} -> {_PASSING[new.passing]}",
            before=_PASSING[old.passing],
            after=_PASSING[new.passing],
            suggestion="let it be passed both ways",
        )


_PASSING = {"standard": "by position or name", "positional": "by position only", "keyword": "by name only"}


@rule(MethodPair)
def param_order_changed(pair: MethodPair) -> Iterator[Change]:
    """Parameters that are passed by position changed places, or got another one in front of them.

    Wire and JSON carry names and do not care. A client that passes them by position passes one for the other: of one
    type, without an error; of two types, type checkers and the service say so. What is required and new, or gone,
    breaks every call anyway and is told by itself.
    """
    if not pair.old or not pair.new:
        return
    after = _positional(pair.new)
    before = {pair.names.get(name, name): one for name, one in _positional(pair.old).items()}
    shared = [name for name in before if name in after]
    placed = [name for name in after if name in before or not after[name].required]
    moved = [(old, new) for old, new in zip(shared, placed, strict=False) if old != new]
    if moved:
        silent = any(before[old].type == after[new].type for old, new in moved)
        yield method_change(
            pair,
            "param-order-changed",
            Surfaces(source="breaking" if silent else "warning"),
            f"({', '.join(before)}) -> ({', '.join(after)})",
            before=", ".join(before),
            after=", ".join(after),
            suggestion="keep the old order, and add what is new behind it or behind a `*`",
        )


def _positional(method: PublishedMethod) -> dict[str, PublishedField]:
    return {one.name: one for one in method.parameters if one.passing != "keyword"}


@rule(RaisePair)
def error_code_changed(pair: RaisePair) -> Iterator[Change]:
    """An exception reaches callers as another error code: what they catch, and whether they try again, changes.

    One without a code in the settings has the runtime's own: `ValueError` and `TypeError` are the caller's fault, any
    other the model's.
    """
    if (pair.old or (pair.old is not None and pair.new)) and (pair.old or "") != (pair.new or ""):
        before, after = (code or "the runtime's own choice" for code in (pair.old, pair.new))
        yield method_change(
            pair.method,
            "error-code-changed",
            Surfaces(wire="breaking", json="breaking", source="warning", behaviour="warning"),
            f"{pair.name}: {before} -> {after}",
            before=before,
            after=after,
            suggestion=(
                f'keep "{pair.name}" = "{pair.old}" under `raises` in the settings'
                if pair.old
                else f'take "{pair.name}" from `raises` in the settings'
            ),
        )


@rule(RaisePair)
def error_added(pair: RaisePair) -> Iterator[Change]:
    """A method raises something with an error code that it did not have before. Callers may want to handle it."""
    if pair.old is None and pair.new:
        soft: Verdict = "warning"
        yield method_change(
            pair.method,
            "error-added",
            Surfaces(json=soft, source=soft, behaviour=soft),
            f"may fail with {pair.new} ({pair.name})",
            after=pair.new,
            suggestion="tell callers, so that they can handle it",
        )
