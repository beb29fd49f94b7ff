"""The table of Python names that mean a type. A name is a line here; how names combine is `expressions.py`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal, TypeAlias

from modelgen.contract.types import FREE, Constraints, Container, Json, Scalar, ScalarKind, Tensor

Host: TypeAlias = Literal["numpy", "torch"]

OPAQUE = frozenset(
    "attr attrs annotated_types pydantic pydantic_core typing_extensions typing mypy_extensions beartype jaxtyping "
    "torchtyping numpy torch torchvision torchaudio tensorflow keras jax jaxlib flax scipy pandas polars pyarrow "
    "matplotlib PIL cv2 msgspec lightning pytorch_lightning safetensors numba cython cupy dask xarray".split()
)
"""Top-level packages whose source is not read: this table knows what of them can be sent."""


def scalar(kind: ScalarKind, host: str = "", media_type: str = "") -> Scalar:
    """A scalar of the table."""
    return Scalar(kind=kind, host=host, media_type=media_type)


STRING, INTEGER, FLOATING, BOOLEAN, BYTES = (
    scalar("string"),
    scalar("int64"),
    scalar("double"),
    scalar("bool"),
    scalar("bytes"),
)
JSON_OBJECT = Json(object=True)
JSON = Json()

_SIGNS: Mapping[str, Constraints] = {
    "Positive": Constraints(gt=0),
    "Negative": Constraints(lt=0),
    "NonNegative": Constraints(ge=0),
    "NonPositive": Constraints(le=0),
}
_NARROW: Mapping[str, Constraints] = {
    "int8": Constraints(ge=-128, le=127),
    "int16": Constraints(ge=-(2**15), le=2**15 - 1),
    "uint8": Constraints(ge=0, le=255),
    "uint16": Constraints(ge=0, le=2**16 - 1),
}
"""Of numpy's integers that proto has no type of their width for."""
_NUMPY_SCALARS: Mapping[str, ScalarKind] = {
    "bool_": "bool",
    "bool": "bool",
    "int8": "int32",
    "int16": "int32",
    "int32": "int32",
    "int64": "int64",
    "intp": "int64",
    "int_": "int64",
    "integer": "int64",
    "signedinteger": "int64",
    "longlong": "int64",
    "uint8": "uint32",
    "uint16": "uint32",
    "uint32": "uint32",
    "uint64": "uint64",
    "uint": "uint64",
    "unsignedinteger": "uint64",
    "float16": "float",
    "float32": "float",
    "single": "float",
    "half": "float",
    "float64": "double",
    "double": "double",
    "float_": "double",
    "floating": "double",
    "number": "double",
    "str_": "string",
    "bytes_": "bytes",
    "datetime64": "timestamp",
    "timedelta64": "duration",
}

SCALARS: Mapping[str, Scalar] = {
    "builtins.int": INTEGER,
    "builtins.float": FLOATING,
    "builtins.str": STRING,
    "builtins.bool": BOOLEAN,
    "builtins.bytes": BYTES,
    "builtins.bytearray": scalar("bytes", "builtins.bytearray"),
    "builtins.memoryview": scalar("bytes", "builtins.memoryview"),
    "typing.Text": STRING,
    "typing.AnyStr": STRING,
    "typing.LiteralString": STRING,
    "typing.ByteString": BYTES,
    "typing.BinaryIO": scalar("bytes", "typing.BinaryIO"),
    "io.BytesIO": scalar("bytes", "io.BytesIO"),
    "io.BufferedReader": scalar("bytes", "io.BytesIO"),
    "io.BufferedIOBase": scalar("bytes", "io.BytesIO"),
    "collections.abc.Buffer": BYTES,
    "collections.abc.ByteString": BYTES,
    "numbers.Integral": INTEGER,
    "numbers.Real": FLOATING,
    "numbers.Number": FLOATING,
    "typing.SupportsFloat": FLOATING,
    "typing.SupportsInt": INTEGER,
    "typing.SupportsIndex": INTEGER,
    "datetime.datetime": scalar("timestamp"),
    "datetime.date": scalar("date"),
    "datetime.time": scalar("time"),
    "datetime.timedelta": scalar("duration"),
    "decimal.Decimal": scalar("decimal"),
    "uuid.UUID": scalar("uuid"),
    "pathlib.Path": scalar("string", "pathlib.Path"),
    "pathlib.PurePath": scalar("string", "pathlib.PurePath"),
    "os.PathLike": scalar("string", "pathlib.Path"),
    "PIL.Image.Image": scalar("bytes", "PIL.Image.Image", "image/png"),
    "PIL.Image": scalar("bytes", "PIL.Image.Image", "image/png"),
    "pydantic.StrictStr": STRING,
    "pydantic.StrictInt": INTEGER,
    "pydantic.StrictFloat": FLOATING,
    "pydantic.StrictBool": BOOLEAN,
    "pydantic.StrictBytes": BYTES,
    "pydantic.AwareDatetime": scalar("timestamp"),
    "pydantic.NaiveDatetime": scalar("timestamp"),
    "pydantic.PastDatetime": scalar("timestamp"),
    "pydantic.FutureDatetime": scalar("timestamp"),
    "pydantic.PastDate": scalar("date"),
    "pydantic.FutureDate": scalar("date"),
    "pydantic.UUID1": scalar("uuid"),
    "pydantic.UUID3": scalar("uuid"),
    "pydantic.UUID4": scalar("uuid"),
    "pydantic.UUID5": scalar("uuid"),
    "pydantic.FilePath": scalar("string", "pathlib.Path"),
    "pydantic.DirectoryPath": scalar("string", "pathlib.Path"),
    "pydantic.NewPath": scalar("string", "pathlib.Path"),
    "pydantic.EmailStr": STRING,
    "pydantic.FiniteFloat": FLOATING,
    "torch.types.Number": FLOATING,
    **{
        f"pydantic.{sign}{name}": replace(plain, constraints=limit)
        for name, plain in (("Int", INTEGER), ("Float", FLOATING))
        for sign, limit in _SIGNS.items()
    },
    **{
        f"numpy.{name}": replace(scalar(kind, f"numpy.{name}"), constraints=_NARROW.get(name, FREE))
        for name, kind in _NUMPY_SCALARS.items()
    },
}

CONSTRAINED_CALLS: Mapping[str, str] = {
    "pydantic.conint": "builtins.int",
    "pydantic.confloat": "builtins.float",
    "pydantic.constr": "builtins.str",
    "pydantic.conbytes": "builtins.bytes",
    "pydantic.condecimal": "decimal.Decimal",
    "pydantic.conlist": "builtins.list",
    "pydantic.conset": "builtins.set",
    "pydantic.confrozenset": "builtins.frozenset",
}
"""pydantic's functions that make a constrained type -> the type they constrain."""

JSONS: Mapping[str, Json] = {
    "typing.Any": JSON,
    "builtins.object": JSON,
    "typing.Hashable": JSON,
    "collections.abc.Hashable": JSON,
    "pydantic.JsonValue": JSON,
    "pydantic.types.JsonValue": JSON,
    "pydantic.Json": JSON,
    "typing.TypedDict": JSON_OBJECT,
}

CONTAINERS: Mapping[str, Container] = {
    "builtins.list": "list",
    "typing.List": "list",
    "typing.Sequence": "list",
    "typing.MutableSequence": "list",
    "typing.Collection": "list",
    "typing.Container": "list",
    "typing.Reversible": "list",
    "typing.Deque": "list",
    "collections.abc.Sequence": "list",
    "collections.abc.MutableSequence": "list",
    "collections.abc.Collection": "list",
    "collections.abc.Container": "list",
    "collections.abc.Reversible": "list",
    "collections.UserList": "list",
    "builtins.set": "set",
    "typing.Set": "set",
    "typing.MutableSet": "set",
    "typing.AbstractSet": "set",
    "collections.abc.Set": "set",
    "collections.abc.MutableSet": "set",
    "builtins.frozenset": "frozenset",
    "typing.FrozenSet": "frozenset",
}

TUPLES = frozenset({"builtins.tuple", "typing.Tuple"})

MAPS = frozenset(
    "builtins.dict typing.Dict typing.Mapping typing.MutableMapping typing.OrderedDict typing.DefaultDict "
    "collections.abc.Mapping collections.abc.MutableMapping collections.OrderedDict collections.defaultdict "
    "collections.UserDict".split()
)
COUNTERS = frozenset({"collections.Counter", "typing.Counter"})

ITERABLES = frozenset({"typing.Iterable", "collections.abc.Iterable"})
"""A stream as the type of a parameter; a list anywhere else."""
ITERATORS = frozenset({"typing.Iterator", "collections.abc.Iterator", "typing.Generator", "collections.abc.Generator"})
ASYNC_ITERATORS = frozenset(
    f"{module}.{name}"
    for module in ("typing", "collections.abc")
    for name in ("AsyncIterator", "AsyncGenerator", "AsyncIterable")
)
AWAITABLES = frozenset(
    f"{module}.{name}" for module in ("typing", "collections.abc") for name in ("Awaitable", "Coroutine")
)

OPTIONALS = frozenset({"typing.Optional"})
UNIONS = frozenset({"typing.Union", "types.UnionType"})
LITERALS = frozenset({"typing.Literal"})
ANNOTATED = frozenset({"typing.Annotated"})
WRAPPERS = frozenset(
    f"typing.{name}" for name in ("Final", "ClassVar", "Required", "NotRequired", "ReadOnly", "TypeGuard", "Unpack")
) | {"dataclasses.InitVar", "pydantic.SkipValidation"}
"""Names that leave the type inside as it is."""
SELVES = frozenset({"typing.Self"})
NOTHING = frozenset({"builtins.None", "types.NoneType", "typing.NoReturn", "typing.Never"})

_TENSOR_CLASSES: Mapping[str, Tensor] = {
    "numpy.ndarray": Tensor(),
    "numpy.array": Tensor(),
    "numpy.matrix": Tensor(),
    "numpy.typing.NDArray": Tensor(),
    "numpy.typing.ArrayLike": Tensor(),
    "numpy._typing.NDArray": Tensor(),
    "numpy._typing.ArrayLike": Tensor(),
    "torch.Tensor": Tensor(host="torch"),
    "torch.tensor": Tensor(host="torch"),
    "torch._tensor.Tensor": Tensor(host="torch"),
    "torch.FloatTensor": Tensor(dtype="float32", host="torch"),
    "torch.DoubleTensor": Tensor(dtype="float64", host="torch"),
    "torch.HalfTensor": Tensor(dtype="float16", host="torch"),
    "torch.BFloat16Tensor": Tensor(dtype="bfloat16", host="torch"),
    "torch.LongTensor": Tensor(dtype="int64", host="torch"),
    "torch.IntTensor": Tensor(dtype="int32", host="torch"),
    "torch.ShortTensor": Tensor(dtype="int16", host="torch"),
    "torch.CharTensor": Tensor(dtype="int8", host="torch"),
    "torch.ByteTensor": Tensor(dtype="uint8", host="torch"),
    "torch.BoolTensor": Tensor(dtype="bool", host="torch"),
}
TENSORS: Mapping[str, Tensor] = _TENSOR_CLASSES

JAXTYPING: Mapping[str, str] = {
    "Float": "any",
    "Float16": "float16",
    "Float32": "float32",
    "Float64": "float64",
    "BFloat16": "bfloat16",
    "Int": "any",
    "Int8": "int8",
    "Int16": "int16",
    "Int32": "int32",
    "Int64": "int64",
    "Integer": "any",
    "UInt": "any",
    "UInt8": "uint8",
    "UInt16": "uint16",
    "UInt32": "uint32",
    "UInt64": "uint64",
    "Bool": "bool",
    "Num": "any",
    "Real": "any",
    "Inexact": "any",
    "Shaped": "any",
    "Complex": "any",
    "Complex64": "complex64",
    "Complex128": "complex128",
}
"""jaxtyping's dtype names -> ours; a name that says a family only is `any`."""

DTYPES: Mapping[str, str] = {
    "bool": "bool",
    "bool_": "bool",
    "boolean": "bool",
    "int": "int64",
    "integer": "int64",
    "ints": "int64",
    "integers": "int64",
    "int_": "int64",
    "intp": "int64",
    "long": "int64",
    "int8": "int8",
    "int16": "int16",
    "short": "int16",
    "int32": "int32",
    "int64": "int64",
    "uint8": "uint8",
    "uint16": "uint16",
    "uint32": "uint32",
    "uint64": "uint64",
    "byte": "uint8",
    "half": "float16",
    "float16": "float16",
    "bfloat16": "bfloat16",
    "float32": "float32",
    "single": "float32",
    "float": "float64",
    "floats": "float64",
    "float_": "float64",
    "float64": "float64",
    "double": "float64",
    "doubles": "float64",
    "complex": "complex128",
    "complex64": "complex64",
    "complex128": "complex128",
    "str": "str",
    "str_": "str",
    "object": "any",
    "object_": "any",
    "number": "any",
    "floating": "any",
    "generic": "any",
    "Any": "any",
}
"""How dtypes are written, without their module -> numpy's name. torch's own are below."""

TORCH_DTYPES: Mapping[str, str] = {
    "float": "float32",
    "double": "float64",
    "half": "float16",
    "long": "int64",
    "int": "int32",
}
"""torch's short names, where they differ from numpy's."""

FRAME = "a data frame cannot be sent yet"
GENERATOR = "a random generator cannot be sent"

UNSENDABLE: Mapping[str, str] = {
    "typing.Callable": "a function cannot be sent",
    "collections.abc.Callable": "a function cannot be sent",
    "builtins.type": "a class cannot be sent",
    "typing.Type": "a class cannot be sent",
    "builtins.complex": "a complex number has no form in JSON",
    "torch.device": "a device is the server's to choose",
    "torch.dtype": "a dtype cannot be sent",
    "torch.Generator": GENERATOR,
    "numpy.random.Generator": GENERATOR,
    "numpy.random.RandomState": GENERATOR,
    "numpy.dtype": "a dtype cannot be sent",
    "torch.nn.Module": "a network cannot be sent",
    "pandas.DataFrame": FRAME,
    "pandas.Series": FRAME,
}
"""Names that are known and have no form on the wire -> why."""

_NAMES = frozenset().union(
    SCALARS,
    CONSTRAINED_CALLS,
    JSONS,
    CONTAINERS,
    TUPLES,
    MAPS,
    COUNTERS,
    ITERABLES,
    ITERATORS,
    ASYNC_ITERATORS,
    AWAITABLES,
    OPTIONALS,
    UNIONS,
    LITERALS,
    ANNOTATED,
    WRAPPERS,
    SELVES,
    NOTHING,
    TENSORS,
    UNSENDABLE,
)


SHORT: Mapping[str, str] = {"np": "numpy", "pd": "pandas", "th": "torch", "npt": "numpy.typing"}
"""How modules are usually called."""


def canonical(name: str) -> str:
    """One name for names that mean the same: `typing_extensions.Literal`, `np.ndarray`."""
    top, _, rest = name.partition(".")
    if top in ("typing_extensions", "mypy_extensions", "beartype") and rest:
        return f"typing.{rest.removeprefix('typing.')}"
    if top in SHORT:
        return f"{SHORT[top]}.{rest}"
    if name.startswith(("numpy.typing._", "numpy._typing._")):
        return f"numpy.typing.{name.rpartition('.')[2]}"
    return name


def knows(name: str) -> bool:
    """Whether the table has a dotted name."""
    return canonical(name) in _NAMES
