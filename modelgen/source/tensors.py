"""The dtype and shape that a tensor's annotation says: numpy's, torch's and jaxtyping's ways."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from modelgen.contract.types import Tensor, TypeRef
from modelgen.source import spelling
from modelgen.source.meaning import Unreadable
from modelgen.source.reader import Assigned, dotted
from modelgen.source.resolver import External, Scope

if TYPE_CHECKING:
    from modelgen.source.expressions import TypeReader

SCALARS_OF_JAXTYPING = {"Float": "float", "Int": "int", "Bool": "bool"}


def subscripted(
    reader: TypeReader, name: str, tensor: Tensor, arguments: tuple[ast.expr, ...], scope: Scope
) -> TypeRef:
    """`NDArray[dtype]`, `np.ndarray[shape, np.dtype[dtype]]`."""
    if name.endswith("NDArray"):
        return replace(tensor, dtype=dtype_of(reader, arguments[0], scope))
    if name == "numpy.ndarray" and len(arguments) == 2:
        return replace(tensor, dtype=dtype_of(reader, arguments[1], scope), shape=_shape_argument(arguments[0]))
    return tensor


def _shape_argument(node: ast.expr) -> tuple[int, ...] | None:
    """`tuple[int, int]` counts dimensions; `tuple[int, Literal[3]]` says one of them."""
    if not isinstance(node, ast.Subscript) or dotted(node.value).rpartition(".")[2].lower() != "tuple":
        return None
    items = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    if any(isinstance(item, ast.Constant) and item.value is Ellipsis for item in items):
        return None
    return tuple(_dimension_argument(item) for item in items)


def _dimension_argument(node: ast.expr) -> int:
    inner = node.slice if isinstance(node, ast.Subscript) else node
    is_size = isinstance(inner, ast.Constant) and isinstance(inner.value, int)
    return inner.value if is_size and isinstance(inner, ast.Constant) and isinstance(inner.value, int) else -1


def dtype_of(reader: TypeReader, node: ast.expr, scope: Scope, depth: int = 0) -> str:
    """numpy's name for the dtype that an expression says; `any` where it says none."""
    if depth > 10:
        return "any"
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return "any"
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return dtype_named(node.value)
    if isinstance(node, ast.Subscript):
        inner = dotted(node.value).rpartition(".")[2]
        return dtype_of(reader, node.slice, scope, depth + 1) if inner == "dtype" else "any"
    name = dotted(node)
    if name in scope.variables:
        bound = scope.variables[name]
        return dtype_of(reader, bound.node, bound.scope, depth + 1)
    found = reader.resolver.lookup(scope, name) if name else None
    if isinstance(found, Assigned) and found.value is not None and not isinstance(found.value, ast.Call):
        return dtype_of(reader, found.value, Scope(module=found.module), depth + 1)
    if isinstance(found, External):
        return dtype_named(found.name)
    return "any"


def dtype_named(name: str) -> str:
    """numpy's name for a dtype as it is written: `np.float32`, `torch.float`, `float`.

    Raises:
        Unreadable: the dtype is of no number.
    """
    module, _, short = name.strip().rpartition(".")
    if module.endswith("torch") and short in spelling.TORCH_DTYPES:
        return spelling.TORCH_DTYPES[short]
    dtype = spelling.DTYPES.get(short, "any")
    if dtype == "str":
        raise Unreadable("an array of strings cannot be sent", "use `list[str]`")
    return dtype


def jaxtyped(reader: TypeReader, name: str, arguments: tuple[ast.expr, ...], scope: Scope) -> TypeRef:
    """`Float32[Tensor, "batch 3"]`, `Float[np.ndarray, "..."]`.

    Raises:
        Unreadable: not an array type of jaxtyping.
    """
    short = name.rpartition(".")[2]
    if short not in spelling.JAXTYPING or len(arguments) != 2:
        raise Unreadable(f"`{name}` is not a type that can be sent", 'write `Float32[Tensor, "n 3"]`')
    host = reader.meaning(arguments[0], scope).type
    if not isinstance(host, Tensor):
        raise Unreadable(f"`{name}` of something that is not an array")
    shape = arguments[1]
    text = shape.value if isinstance(shape, ast.Constant) and isinstance(shape.value, str) else "..."
    return replace(host, dtype=spelling.JAXTYPING[short], shape=jaxtyping_shape(text))


def jaxtyping_shape(text: str) -> tuple[int, ...] | None:
    """The shape that jaxtyping's words say; a word that is no number is free, `...` and `*name` say nothing."""
    sizes: list[int] = []
    for word in text.split():
        if word == "..." or "*" in word:
            return None
        digits = word.lstrip("#?_").rpartition("=")[2]
        sizes.append(int(digits) if digits.isdecimal() and len(digits) < 10 else -1)
    return tuple(sizes)
