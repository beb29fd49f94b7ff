"""A matrix of ways in which a name may lead to its definition, and classes to what they inherit."""

from __future__ import annotations

import sys

import pytest

from modelgen.contract.types import text
from modelgen.source import Options

POINT = """
from dataclasses import dataclass

@dataclass
class Point:
    x: float
"""

WAYS = {
    "import from": {"m.py": "from mylib.data import Point\n"},
    "relative import": {"m.py": "from .data import Point\n"},
    "module import": {"m.py": "import mylib.data\nPoint = mylib.data.Point\n"},
    "module alias": {"m.py": "from . import data as d\nPoint = d.Point\n"},
    "alias": {"m.py": "from .data import Point as P\nPoint = P\n"},
    "star": {"m.py": "from .data import *\n"},
    "star with __all__": {
        "m.py": "from .listed import *\n",
        "listed.py": "from .data import Point\n__all__ = ['Point']\n",
    },
    "re-export chain": {
        "m.py": "from .one import Point\n",
        "one.py": "from .two import Thing as Point\n",
        "two.py": "from .three import Thing\n",
        "three.py": "from .data import Point as Thing\n",
    },
    "through a package": {"m.py": "from .sub import Point\n", "sub/__init__.py": "from ..data import Point\n"},
    "TYPE_CHECKING": {
        "m.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from .data import Point\nelse:\n    Point = None\n"
    },
    "try import": {"m.py": "try:\n    from not_there import Point\nexcept ImportError:\n    from .data import Point\n"},
    "try ours first": {"m.py": "try:\n    from .data import Point\nexcept ImportError:\n    Point = None\n"},
    "NewType": {"m.py": "import typing\nfrom . import data\nPoint = typing.NewType('Point', data.Point)\n"},
    "TypeAlias": {"m.py": "import typing as t\nfrom . import data\nPoint: t.TypeAlias = 'data.Point'\n"},
    "function alias module": {"m.py": "import mylib.data as numbers\nPoint = numbers.Point\n"},
    "Annotated alias": {"m.py": "from typing import Annotated\nfrom . import data\nPoint = Annotated[data.Point, 1]\n"},
    "star chain": {"m.py": "from .one import *\n", "one.py": "from .two import *\n", "two.py": "from .data import *\n"},
    "star with a longer __all__": {
        "m.py": "from .listed import *\n",
        "listed.py": "from .data import Point\n__all__ = []\n__all__ += ['Point']\n",
    },
    "the last star": {
        "m.py": "from .old import *\nfrom .data import *\n",
        "old.py": "class Point:\n    def __init__(self, y: int): self.y = y\n",
    },
    "stars in a circle": {
        "m.py": "from .one import *\n",
        "one.py": "from .two import *\nfrom .data import *\n",
        "two.py": "from .one import *\nfrom .m import *\n",
    },
    "late annotations": {"m.py": "from __future__ import annotations\nfrom .data import Point\n"},
    "not TYPE_CHECKING": {
        "m.py": "import typing as t\nif not t.TYPE_CHECKING:\n    Point = None\nelse:\n    from .data import Point\n"
    },
    "a lazy export": {
        "m.py": "from .lazy import Point\n",
        "lazy.py": "def __getattr__(name):\n    from .data import Point\n    return Point\n",
    },
    "TypeAliasType": {
        "m.py": "from typing_extensions import TypeAliasType\nfrom . import data\nPoint = TypeAliasType('Point', data.Point)\n"
    },
    "if branch": {
        "m.py": "import sys\nif sys.version_info >= (3, 8):\n    from .data import Point\nelse:\n    from .old import Point\n"
    },
    "import inside with": {
        "m.py": "import contextlib\nwith contextlib.suppress(ImportError):\n    from .data import Point\n"
    },
}
if sys.version_info >= (3, 12):
    WAYS["type statement"] = {"m.py": "from . import data\ntype Point = data.Point\n"}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("quoted", [False, True])
def test_a_name_leads_to_its_definition(package, way, quoted):
    annotation = "'Point'" if quoted else "Point"
    files = {"data.py": POINT, **WAYS[way]}
    files["m.py"] += f"\nclass Model:\n    def run(self, x: {annotation}) -> int: ...\n"
    (parameter,) = package.method(files).parameters
    assert text(parameter.type) == "message mylib.data.Point"


def test_a_star_import_respects_all(package, codes):
    files = {
        "data.py": POINT + "\n__all__ = []\n",
        "m.py": "from .data import *\n\nclass Model:\n    def run(self, x: Point) -> int: ...\n",
    }
    assert codes(package.read(files)) == ["type-unresolved"]


def test_a_cycle_of_imports_is_not_followed_for_ever(package, codes):
    files = {
        "a.py": "from .b import Thing\n\nclass Model:\n    def run(self, x: Thing) -> int: ...\n",
        "b.py": "from .a import Thing\n",
    }
    assert codes(package.read(files)) == ["type-unresolved"]


EXPORTS = [
    ({"__init__.py": "from .impl import Model\n"}, "mylib.Model"),
    ({"__init__.py": ""}, "mylib.impl.Model"),
    ({"__init__.py": "from .impl import Model as Exported\n"}, "mylib.Exported"),
    ({"__init__.py": "from .impl import *\n"}, "mylib.Model"),
    ({"__init__.py": "from .impl import Model\n__all__ = []\n"}, "mylib.impl.Model"),
    ({"__init__.py": "from .api import Model\n", "api.py": "from .impl import Model\n"}, "mylib.Model"),
    ({"__init__.py": "from . import impl\nModel = impl.Model\n"}, "mylib.Model"),
    ({"__init__.py": "def f():\n    from .impl import Model\n"}, "mylib.impl.Model"),
]


@pytest.mark.parametrize(("files", "symbol"), EXPORTS)
def test_the_public_path_is_the_shortest_re_export(package, files, symbol):
    impl = "class Model:\n    def run(self, x: int) -> int: ...\n"
    module = package.module({"impl.py": impl, **files})
    assert module.symbol == symbol
    assert module.symbol == f"{module.import_module}.{module.qualname}"
    assert module.name == module.qualname
    assert str(module.where) == "mylib/impl.py:1:1"


def test_a_private_module_is_public_where_it_is_exported(package):
    files = {
        "_impl.py": "class _Model:\n    def run(self, x: int) -> int: ...\n",
        "api.py": "from ._impl import _Model as Model\n",
    }
    assert package.module(files).symbol == "mylib.api.Model"


def test_a_class_in_a_private_module_is_not_served(package, codes):
    reading = package.read({"_impl.py": "class Model:\n    def run(self, x: int) -> int: ...\n"})
    assert codes(reading) == ["nothing-servable", "class-private"]


def test_methods_are_inherited_over_modules_in_c3_order(package):
    files = {
        "a.py": "class A:\n    def run(self, x: int) -> int: ...\n    def run_a(self, x: int) -> int: ...\n",
        "b.py": "from .a import A\nclass B(A):\n    def run(self, x: str) -> str: ...\n",
        "c.py": "from . import a\nclass C(a.A):\n    def run(self, x: bytes) -> bytes: ...\n    def run_a(self, x: bytes) -> bytes: ...\n",
        "d.py": "from .b import B\nfrom .c import C\nclass D(B, C):\n    pass\n",
    }
    reading = package.read(files)
    d = next(module for module in reading.contract.modules if module.name == "D")
    assert [(m.name, text(m.returns)) for m in d.methods] == [("run", "string"), ("run_a", "bytes")]


def test_a_generic_base_is_bound(package):
    files = {
        "base.py": """
            from typing import Generic, TypeVar
            T = TypeVar("T")
            U = TypeVar("U")
            class Base(Generic[T, U]):
                def run(self, x: T) -> list[U]: ...
            class Middle(Base[int, U]):
                pass
        """,
        "m.py": "from .base import Middle\nclass Model(Middle[str]):\n    pass\n",
    }
    model = next(module for module in package.read(files).contract.modules if module.name == "Model")
    assert text(model.methods[0].parameters[0].type) == "int64"
    assert text(model.methods[0].returns) == "list<string>"


@pytest.mark.skipif(sys.version_info < (3, 12), reason="the syntax is Python 3.12's")
def test_a_generic_base_of_the_new_syntax_is_bound(package):
    source = "class Base[T]:\n    def run(self, x: T) -> T: ...\n\nclass Model(Base[int]):\n    pass\n"
    model = next(module for module in package.read(source).contract.modules if module.name == "Model")
    assert text(model.methods[0].returns) == "int64"


def test_self_in_an_inherited_method_is_the_class_that_is_served(package, answer):
    source = """
        from typing_extensions import Self
        class _Base:
            def run_fit(self, x: int) -> Self: ...
            def run_more(self, x: int) -> "_Base": ...
        class Model(_Base):
            pass
    """
    assert answer(package.method(source, "run_fit")) == "empty"
    assert answer(package.method(source, "run_more")) == "empty"


ALIASES = {
    "of a method": "class Model:\n    def predict(self, x: int) -> int: ...\n    run = predict\n",
    "of a function": "def predict(self, x: int) -> int: ...\n\nclass Model:\n    run = predict\n",
    "of an imported function": {
        "f.py": "def predict(self, x: int) -> int: ...\n",
        "m.py": "from .f import predict\nclass Model:\n    run = predict\n",
    },
    "of a static function": "def predict(x: int) -> int: ...\n\nclass Model:\n    run = staticmethod(predict)\n",
    "of a call": "class Model:\n    def __call__(self, x: int) -> int: ...\n    run = __call__\n",
}


@pytest.mark.parametrize("way", ALIASES)
def test_a_method_may_be_an_alias(package, way):
    method = package.method(ALIASES[way])
    assert (method.name, text(method.returns)) == ("run", "int64")
    assert [p.name for p in method.parameters] == ["x"]


@pytest.mark.parametrize("decorator", ["property", "functools.cached_property"])
def test_a_property_with_a_configured_name_is_no_method(package, codes, decorator):
    source = f"import functools\nclass Model:\n    @{decorator}\n    def run(self) -> int: ...\n    def run_x(self) -> int: ...\n"
    reading = package.read(source)
    assert [method.name for method in reading.contract.modules[0].methods] == ["run_x"]
    assert codes(reading) == ["not-a-method"]


def test_overloads_merge_to_a_union(package, answer, spell):
    source = """
        from typing import Any, Literal, overload
        class Model:
            @overload
            def run(self, x: str, many: Literal[False] = ...) -> int: ...
            @overload
            def run(self, x: list[str], many: Literal[True]) -> list[int]: ...
            def run(self, x, many=False) -> Any: ...
    """
    method = package.method(source)
    assert [spell(p) for p in method.parameters] == ["oneof<string | list<string>>", "bool"]
    assert answer(method) == "oneof<int64 | list<int64>>"


def test_nested_classes_are_found_and_named(package):
    source = """
        from dataclasses import dataclass
        class Outer:
            @dataclass
            class Item:
                x: int
            class Model:
                def run(self, item: "Outer.Item") -> "Outer.Item": ...
            def run(self, item: Item) -> Item: ...
    """
    reading = package.read(source)
    assert [module.symbol for module in reading.contract.modules] == ["mylib.Outer", "mylib.Outer.Model"]
    assert [model.qualname for model in reading.contract.models] == ["Outer.Item"]


def test_bases_in_installed_packages_are_read(package, tmp_path, monkeypatch):
    site = tmp_path / "site"
    (site / "framework").mkdir(parents=True)
    (site / "framework" / "__init__.py").write_text("raise RuntimeError('imported')\nfrom .base import Predictor\n")
    (site / "framework" / "base.py").write_text(
        "from dataclasses import dataclass\n"
        "@dataclass\nclass Score:\n    value: float\n"
        "class Predictor:\n    def run(self, x: str) -> Score: ...\n    def train(self, mode: bool = True) -> 'Predictor': ...\n"
    )
    monkeypatch.syspath_prepend(str(site))
    module = package.module("from framework import Predictor\nclass Model(Predictor):\n    pass\n")
    assert text(module.methods[0].returns) == "message framework.base.Score"
    assert module.methods[0].where is not None
    assert module.methods[0].where.path == "framework/base.py"


def test_bases_that_are_not_installed_are_no_crash(package):
    module = package.module("import nowhere\nclass Model(nowhere.Base):\n    def run(self, x: int) -> int: ...\n")
    assert [method.name for method in module.methods] == ["run"]


def test_user_code_is_never_imported(package):
    module = package.module("raise SystemExit('imported')\nclass Model:\n    def run(self, x: int) -> int: ...\n")
    assert module.name == "Model"


METHODS = [
    ({"*": ("predict",)}, ["predict"]),
    ({"*": ("run", "run_*", "predict")}, ["predict", "run"]),
    ({"*": ("run",), "Model": ("__call__",)}, ["__call__"]),
    ({"*": ("run",), "mylib.Mod*": ("predict", "encode")}, ["predict", "encode"]),
]


@pytest.mark.parametrize(("methods", "names"), METHODS)
def test_settings_name_the_methods_per_class(package, methods, names):
    source = "class Model:\n" + "".join(
        f"    def {name}(self, x: int) -> int: ...\n" for name in ("predict", "encode", "run", "__call__", "other")
    )
    module = package.module(source, Options(methods=methods))
    assert [method.name for method in module.methods] == names


ABSTRACT = [
    "from abc import ABC, abstractmethod\nclass Base(ABC):\n    @abstractmethod\n    def run(self, x: int) -> int: ...\n",
    "class Base:\n    def run(self, x: int) -> int:\n        '''Do.'''\n        raise NotImplementedError\n",
    "from typing import Protocol\nclass Base(Protocol):\n    def run(self, x: int) -> int: ...\n",
    "import abc\nclass Base(abc.ABC):\n    def run(self, x: int) -> int: ...\n    @abc.abstractmethod\n    def other(self): ...\n",
]


@pytest.mark.parametrize("base", ABSTRACT)
def test_an_abstract_base_is_not_served_and_its_subclass_is(package, base):
    body = "    def run(self, x: int) -> int: ...\n    def other(self): ...\n"
    assert package.module(f"{base}\n\nclass Model(Base):\n{body}").name == "Model"
