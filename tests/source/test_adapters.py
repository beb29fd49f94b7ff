"""Which names mean a class that has an adapter."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from modelgen.contract.model import Method, Parameter
from modelgen.contract.types import Adapter, ListOf, OneOf, OptionalOf, Scalar, TypeRef
from modelgen.source import Options

IMAGE = Adapter(host="PIL.Image.Image", load="mylib_wire.load", dump="mylib_wire.dump")
THING = Adapter(host="mylib.Thing", load="mylib_wire.load", dump="mylib_wire.dump")
FRAME = Adapter(host="nowhere_installed.Frame", load="mylib_wire.load", dump="mylib_wire.dump")
OPTIONS = Options(
    adapters={
        "PIL.Image.Image": ("str", IMAGE),
        "mylib.Thing": ("dict[str, int]", THING),
        "nowhere_installed.Frame": ("list of str", FRAME),
    }
)
INNER = "class Thing:\n    def __init__(self, *parts):\n        self.parts = parts\n"


def one(type_: TypeRef) -> TypeRef:
    """What the parameter is, list and union taken away."""
    match type_:
        case ListOf(item=item, adapter=None) | OptionalOf(item=item):
            return one(item)
        case OneOf(arms=arms):
            return one(arms[0])
        case _:
            return type_


@pytest.mark.parametrize(
    ("imports", "annotation", "adapter", "spelled"),
    [
        ("from PIL import Image", "Image.Image", IMAGE, "string"),
        ("import PIL.Image", "PIL.Image.Image", IMAGE, "string"),
        ("from PIL.Image import Image as Picture", "Picture", IMAGE, "string"),
        ("from PIL import Image\nPicture = Image.Image", "list[Picture]", IMAGE, "list<string>"),
        ("from PIL import Image", "Image.Image | None", IMAGE, "optional<string>"),
        ("from PIL import Image", "Image.Image | int", IMAGE, "oneof<string | int64>"),
        ("from mylib.inner import Thing", "Thing", THING, "map<string, int64>"),
        ("from mylib import inner", "inner.Thing", THING, "map<string, int64>"),
        ("import nowhere_installed as there", "there.Frame", FRAME, "list<string>"),
        ("from nowhere_installed import Frame", "'Frame'", FRAME, "list<string>"),
    ],
)
def test_a_name_that_leads_to_the_class(
    package: object,
    spell: Callable[[Parameter], str],
    imports: str,
    annotation: str,
    adapter: Adapter,
    spelled: str,
) -> None:
    model = f"{imports}\n\n\nclass Model:\n    def run(self, x: {annotation}) -> int:\n        return 1\n"
    files = {
        "__init__.py": "from .inner import Thing\nfrom .model import Model\n",
        "inner.py": INNER,
        "model.py": model,
    }
    method: Method = package.method(files, options=OPTIONS)  # type: ignore[attr-defined]
    (parameter,) = method.parameters
    assert spell(parameter) == spelled
    found = one(parameter.type)
    assert not isinstance(found, OptionalOf | OneOf)
    assert getattr(found, "adapter", None) == adapter


@pytest.mark.parametrize("phrase", ["Frame", "Frame, optional", "nf.Frame", "list of Frame"])
def test_a_docstring_need_not_import_it(package: object, phrase: str) -> None:
    text = f'class Model:\n    def run(self, x) -> int:\n        """Do.\n\n        Args:\n            x ({phrase}): It.\n        """\n'
    method: Method = package.method(text, options=OPTIONS)  # type: ignore[attr-defined]
    found = method.parameters[0].type
    if phrase.startswith("list"):
        assert isinstance(found, ListOf)
        found = found.item
    assert found == ListOf(item=Scalar(kind="string"))
    assert getattr(found, "adapter", None) == FRAME


def test_another_class_of_the_same_name_is_another(package: object) -> None:
    text = """
        from dataclasses import dataclass

        @dataclass
        class Frame:
            width: int

        class Model:
            def run(self, x: Frame) -> int:
                return 1
    """
    method: Method = package.method(text, options=OPTIONS)  # type: ignore[attr-defined]
    assert getattr(method.parameters[0].type, "symbol", "") == "mylib.Frame"
