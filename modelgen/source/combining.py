"""What a type is inside another: streams become lists, maps need keys that JSON can say."""

from __future__ import annotations

from dataclasses import replace

from modelgen.contract.types import Empty, Json, ListOf, Literals, MapOf, Named, Scalar, TypeRef
from modelgen.source.meaning import Meaning, Unreadable


def map_of(key: TypeRef, value: TypeRef) -> TypeRef:
    """A map, where the key can be one in JSON.

    Raises:
        Unreadable: the key is a message, a list, bytes.
    """
    if isinstance(key, Json):
        return Json(object=True)
    if isinstance(key, Literals) or (isinstance(key, Named) and key.kind == "enum"):
        return MapOf(key=key, value=value)
    if isinstance(key, Scalar) and key.kind != "bytes":
        return MapOf(key=key, value=value)
    raise Unreadable(
        "the keys of a mapping must be strings, numbers or enumerations", "use `dict[str, ...]` or a list of pairs"
    )


def as_list(meaning: Meaning) -> Meaning:
    """A meaning where no stream can be: an Iterable is a list there.

    Raises:
        Unreadable: a stream that is no Iterable, or an instance of the served class.
    """
    if meaning.own and isinstance(meaning.type, Empty):
        raise Unreadable("an instance of the served class cannot be sent")
    if meaning.stream == "iterable":
        return replace(meaning, type=ListOf(item=meaning.type), stream="")
    if meaning.stream:
        raise Unreadable("a stream that may be something else cannot be sent", "let the type be the stream alone")
    return meaning
