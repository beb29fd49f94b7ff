"""Where a package's names and types come from besides its own plain code: stubs, lazy exports, compiled modules."""

from __future__ import annotations

import pytest

from modelgen.contract.types import text

MODEL = "class Model:\n    def run(self, x: int) -> str:\n        return str(x)\n"


def signature(method) -> dict[str, str]:
    return {**{one.name: text(one.type) for one in method.parameters}, "return": text(method.returns)}


def hints(reading) -> dict[str, str]:
    return {finding.code: f"{finding.message} ({finding.hint})" for finding in reading.findings}


def test_a_stub_beside_a_file_gives_what_the_file_does_not_say(package):
    files = {
        "m.py": """
            class Label:
                def __init__(self, name):
                    self.name = name

            class Model:
                def run(self, texts, limit: int = 3, *, loud=False):
                    \"\"\"Tell labels.\"\"\"
                    return {}
        """,
        "m.pyi": """
            from collections.abc import Sequence
            from typing import TypeAlias

            Labels: TypeAlias = dict[str, Label]

            class Label:
                def __init__(self, name: str) -> None: ...

            class Model:
                def run(self, texts: Sequence[str], limit: float = ..., *, loud: bool = ...) -> Labels: ...
        """,
    }
    method = package.method(files)
    assert signature(method) == {
        "texts": "list<string>",
        "limit": "int64",
        "loud": "bool",
        "return": "map<string, message mylib.m.Label>",
    }
    assert method.doc == "Tell labels."
    assert [one.default.text for one in method.parameters if one.default] == ["3", "False"]
    assert str(method.where) == "mylib/m.py:7:5"


def test_a_stub_of_a_compiled_module_is_read_as_its_source(package):
    (package.folder / "mylib").mkdir()
    (package.folder / "mylib/_fast.cpython-311-x86_64-linux-gnu.so").write_bytes(b"\x7fELF")
    files = {
        "__init__.py": "from ._fast import Model\n",
        "_fast.pyi": "class Model:\n    def run(self, x: list[int]) -> int: ...\n",
    }
    assert signature(package.method(files)) == {"x": "list<int64>", "return": "int64"}


def test_a_stub_that_is_not_python_is_told_and_the_file_is_read(package):
    reading = package.read({"m.py": MODEL, "m.pyi": "def ("})
    assert len(reading.contract.modules) == 1
    (finding,) = reading.findings
    assert (finding.code, finding.level.value, finding.where.path) == ("syntax-error", "warning", "mylib/m.pyi")


LAZY = {
    "__getattr__ with imports": """
        def __getattr__(name):
            if name == "Model":
                from .impl import Model
                return Model
            raise AttributeError(name)
    """,
    "__getattr__ with a table of modules": """
        import importlib
        _PLACES: dict[str, str] = {"Model": ".impl"}
        def __getattr__(name):
            return getattr(importlib.import_module(_PLACES[name], __name__), name)
    """,
    "__getattr__ with a table of modules and names": """
        import importlib
        _PLACES = {"Model": ("mylib.impl", "Model")}
        def __getattr__(name):
            module, name = _PLACES[name]
            return getattr(importlib.import_module(module), name)
    """,
    "lazy_loader.attach": """
        import lazy_loader as lazy
        __getattr__, __dir__, __all__ = lazy.attach(__name__, ["impl"], submod_attrs={"impl": ["Model"]})
    """,
    "_LazyModule": """
        import sys
        from typing import TYPE_CHECKING
        from .lazy import _LazyModule
        _import_structure = {"impl": ["Model"]}
        if not TYPE_CHECKING:
            sys.modules[__name__] = _LazyModule(__name__, globals()["__file__"], _import_structure)
    """,
}


@pytest.mark.parametrize("way", LAZY)
def test_a_lazy_export_is_the_public_path(package, way):
    files = {"__init__.py": LAZY[way], "impl.py": MODEL}
    assert package.module(files).symbol == "mylib.Model"


def test_a_lazy_stub_of_a_package_is_its_table(package):
    files = {
        "__init__.py": "import lazy_loader\n__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)\n",
        "__init__.pyi": "from .impl import Model as Model\n",
        "impl.py": MODEL,
        "user.py": "import mylib\n\nclass User:\n    def run(self, x: mylib.Point) -> int: ...\n",
        "data.py": "from dataclasses import dataclass\n\n@dataclass\nclass Point:\n    x: int\n",
    }
    files["__init__.pyi"] += "from .data import Point as Point\n"
    reading = package.read(files)
    assert [module.symbol for module in reading.contract.modules] == ["mylib.Model", "mylib.user.User"]
    assert [model.symbol for model in reading.contract.models] == ["mylib.Point"]


@pytest.mark.parametrize("name", ["_core.cpython-311-x86_64-linux-gnu.so", "_core.pyd", "_core.pyx"])
def test_a_type_of_a_compiled_module_is_told_as_that(package, name):
    (package.folder / "mylib").mkdir()
    (package.folder / "mylib" / name).write_bytes(b"")
    reading = package.read("from ._core import Tree\n\nclass Model:\n    def run(self, x: Tree) -> int: ...\n")
    (told,) = hints(reading).values()
    assert "`mylib._core.Tree` is of `mylib._core`, which is compiled" in told
    assert '[adapters."mylib._core.Tree"]' in told
    assert "`_core.pyi`" in told


def test_a_compiled_module_gives_way_to_the_python_beside_it(package):
    (package.folder / "mylib").mkdir()
    (package.folder / "mylib/_core.so").write_bytes(b"")
    source = """
        try:
            from ._core import Point
        except ImportError:
            from .plain import Point

        class Model:
            def run(self, x: Point) -> int: ...
    """
    plain = "from dataclasses import dataclass\n\n@dataclass\nclass Point:\n    x: int\n"
    assert signature(package.method({"__init__.py": source, "plain.py": plain}))["x"] == "message mylib.Point"


def test_an_import_of_what_is_not_there_is_told_as_that(package):
    source = "from .lables import Label\n\nclass Model:\n    def run(self, x: Label) -> int: ...\n"
    assert "`mylib.lables.Label` is imported, but there is no such" in hints(package.read(source))["type-unresolved"]


def test_an_alternative_of_a_library_that_is_not_installed_is_left_out(package):
    source = """
        import nowhere
        class Model:
            def run(self, x: "list[int] | nowhere.Frame") -> "int | nowhere.Frame": ...
            def run_other(self, x: "nowhere.Frame | None") -> int: ...
    """
    reading = package.read(source)
    (module,) = reading.contract.modules
    assert signature(module.methods[0]) == {"x": "list<int64>", "return": "int64"}
    told = hints(reading)
    assert "`nowhere` is not installed here" in told["alternative-left-out"]
    assert [one.name for one in module.refused] == ["Model.run_other"]


def test_a_refused_type_says_all_that_can_be_done(package):
    source = "import socket\n\nclass Model:\n    def run(self, x: socket.socket) -> int: ...\n"
    (told,) = hints(package.read(source)).values()
    assert "`types`" in told
    assert "`adapters`" in told


TRAIN = """
    from typing import Self

    class Base:
        {train}

    class Model(Base):
        def run(self, x: int) -> int:
            return x
"""


@pytest.mark.parametrize(
    ("train", "kinds"),
    [
        ("def train(self): self.ready = True", ["infer"]),
        ("def train(self, *args, **kwargs): return self.model", ["infer"]),
        ("def train(self, mode: bool = True) -> Self: return self", ["infer"]),
        ("def train(self) -> Self: return self", ["infer", "train"]),
        ("def train(self): return self", ["infer", "train"]),
        ("def train(self, rows: list[float]) -> None: ...", ["infer", "train"]),
    ],
)
def test_a_train_is_training_if_it_learns_from_something_or_answers_a_model(package, train, kinds):
    assert [method.kind for method in package.module(TRAIN.format(train=train)).methods] == kinds


def test_a_train_that_is_none_is_told(package):
    reading = package.read(TRAIN.format(train="def train(self): ..."))
    assert [(one.code, one.level.value) for one in reading.findings] == [("not-training", "info")]


def test_keywords_of_a_typed_dict_are_parameters(package, codes):
    source = """
        from typing import TypedDict, Unpack, NotRequired

        class Base(TypedDict):
            \"\"\"How to answer.

            Attributes:
                style: How it sounds.
            \"\"\"
            style: str

        class Options(Base, total=False):
            depth: int
            deep: list[float]

        class Model:
            def run(self, text: str, **kwargs: Unpack[Options]) -> str: ...
    """
    method = package.method(source)
    assert signature(method) == {
        "text": "string",
        "style": "string",
        "depth": "int64",
        "deep": "list<double>",
        "return": "string",
    }
    assert [(one.required, one.kind, one.doc) for one in method.parameters[1:]] == [
        (True, "keyword", "How it sounds."),
        (False, "keyword", ""),
        (False, "keyword", ""),
    ]


def test_data_classes_of_other_libraries(package):
    source = """
        import msgspec
        from pydantic import RootModel

        class Point(msgspec.Struct, kw_only=True):
            x: float
            name: str = ""
            tags: list[str] = msgspec.field(default_factory=list, name="labels")

        class Point3(Point):
            z: float = 0.0

        class Tags(RootModel[list[str]]):
            pass

        class Scores(RootModel):
            root: dict[str, float]

        class Model:
            def run(self, x: Point3, y: Tags) -> Scores: ...
    """
    reading = package.read(source)
    assert not [one for one in reading.findings if one.level.value == "error"]
    fields = {
        model.name: {one.name: (text(one.type), one.required, one.alias) for one in model.fields}
        for model in reading.contract.models
    }
    assert fields == {
        "Point3": {
            "x": ("double", True, ""),
            "name": ("string", False, ""),
            "tags": ("list<string>", False, "labels"),
            "z": ("double", False, ""),
        },
        "Scores": {"root": ("map<string, double>", True, "")},
        "Tags": {"root": ("list<string>", True, "")},
    }
