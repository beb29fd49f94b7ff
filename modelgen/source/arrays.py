"""The shape and the dtype that a docstring's phrase says of an array."""

from __future__ import annotations

import re
from dataclasses import replace

from modelgen.contract.types import OneOf, OptionalOf, Tensor, TypeRef
from modelgen.source import spelling, wording, words
from modelgen.source.unions import optional, union

ARRAYS = frozenset(
    "array arrays ndarray ndarrays array-like array_like arraylike np.ndarray np.array numpy.ndarray numpy.array "
    "matrix vector tensor tensors torch.tensor torch.floattensor torch.longtensor array-likes nd-array".split()
)
SCALAR_DTYPES = {
    "bool": "bool",
    "int32": "int32",
    "int64": "int64",
    "uint32": "uint32",
    "uint64": "uint64",
    "float": "float32",
    "double": "float64",
}
A_SHAPE_S_NAME = re.compile(r"(?!n_|num|len)[a-z]\w+", re.IGNORECASE)
"""`of size ranks`: the word names a whole shape, where `n_samples` names one dimension."""
DTYPE_WORDS = frozenset(name.lower() for name in spelling.DTYPES)


def described(text: str) -> tuple[list[str], str, str]:
    """The shapes and the dtype that a text states, and the text without them."""
    dtype = ""
    match = wording.DTYPE.search(text)
    if (
        match
        and wording.find(text, match.group(0)) >= 0
        and match.group("dtype").rpartition(".")[2].lower() in DTYPE_WORDS
    ):
        dtype = match.group("dtype")
        text = (text[: match.start()] + text[match.end() :]).strip(" ,")
    if not dtype:
        dtype, text = _dtype_last(text)
    shapes: list[str] = []
    found = _shape_in(text)
    if found:
        shapes.append(found.group("shape") if not A_SHAPE_S_NAME.fullmatch(found.group("shape")) else "...")
        text = text[: found.start()] + "\0" + text[found.end() :].removeprefix(")")
        more = wording.OR_SHAPE.match(text, text.index("\0") + 1)
        while more:
            shapes.append(more.group("shape"))
            text = text[: more.start()] + text[more.end() :]
            more = wording.OR_SHAPE.match(text, text.index("\0") + 1)
        text = " ".join(text.replace("\0", " ").split()).strip(" ,")
        return shapes, dtype, text.replace(" ,", ",")
    for pattern in (wording.LEADING_SHAPE, wording.TRAILING_SHAPE):
        bare = pattern.search(text)
        of_all = bare is not None and text[: bare.start()].rstrip().endswith(",")
        if bare and not of_all and (" or " in text or "|" in text):
            continue
        if bare and _is_array_word((text[: bare.start()] + text[bare.end() :]).strip(" ,")):
            return [bare.group("shape")], dtype, (text[: bare.start()] + text[bare.end() :]).strip(" ,")
    return shapes, dtype, text


def _shape_in(text: str) -> re.Match[str] | None:
    """Where a text says a shape: not inside another's brackets, and no sentence."""
    free = set(wording.outside(text) if text.count("{") == text.count("}") else range(len(text)))
    for found in wording.SHAPE.finditer(text):
        start = found.start() + len(found.group(0)) - len(found.group(0).lstrip(", "))
        if start in free and not re.search(r"\b(?:or|if|and|the|is)\b", found.group("shape")):
            return found
    return None


def _dtype_last(text: str) -> tuple[str, str]:
    """`ndarray, int32`: the dtype, and the text without it."""
    array, _, dtype = text.rpartition(",")
    if re.fullmatch(r"\s*(?:np\.|numpy\.|torch\.)?(?:u?int|float)\d+", dtype) and _is_array_word(array):
        return dtype.strip(), array
    return "", text


def _is_array_word(text: str) -> bool:
    word = text.lower().strip()
    return (
        word in ARRAYS
        or isinstance(words.WORDS.get(word), Tensor)
        or any(word.startswith(f"{array} of ") for array in ARRAYS)
        or word.split(" ")[-1] in ARRAYS
    )


def common(shapes: list[tuple[int, ...] | None]) -> tuple[int, ...] | None:
    """The shape that several have in common."""
    first = shapes[0]
    for other in shapes[1:]:
        if first is None or other is None or len(first) != len(other):
            return None
        first = tuple(a if a == b else -1 for a, b in zip(first, other, strict=True))
    return first


def torchwise(dtype: str, type_: TypeRef) -> str:
    """A dtype's text as torch means it, where the array is torch's."""
    is_torch = isinstance(type_, Tensor) and type_.host == "torch" and "." not in dtype
    return f"torch.{dtype.removesuffix('s')}" if is_torch else dtype


def sharpened(type_: TypeRef, dtype: str, shape: tuple[int, ...] | None) -> TypeRef | None:
    """A tensor type with what was said of it; an alternative that is a tensor gets it alone."""
    if isinstance(type_, Tensor):
        return replace(
            type_, dtype=type_.dtype if dtype == "any" else dtype, shape=type_.shape if shape is None else shape
        )
    if isinstance(type_, OptionalOf):
        inner = sharpened(type_.item, dtype, shape)
        return optional(inner) if inner is not None else None
    if isinstance(type_, OneOf):
        return union(sharpened(arm, dtype, shape) or arm for arm in type_.arms)
    return None
