"""Random packages: drawn as data, and written as Python in one of many ways that all mean the same."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, field
from random import Random

HEADER = """\
from __future__ import annotations

import enum
import typing as t
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Dict, List, Literal, Optional, Union

from pydantic import BaseModel, Field

"""

# A type -> how Python may spell it, and how a docstring may.
SPELLINGS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "int": (("int", '"int"', "Count"), ("int", ":obj:`int`")),
    "float": (("float", '"float"'), ("float", ":obj:`float`")),
    "str": (("str", '"str"', "Text"), ("str", "string")),
    "bool": (("bool",), ("bool", "boolean")),
    "bytes": (("bytes",), ("bytes",)),
    "maybe": (("str | None", "Optional[str]", "t.Optional[str]", "Union[None, str]"), ("str or None",)),
    "texts": (("list[str]", "List[str]", "Sequence[str]", "t.Sequence[str]"), ("list of str", "list[str]")),
    "rows": (("list[list[float]]", "List[Sequence[float]]"), ("list of list of float",)),
    "weights": (("dict[str, float]", "Mapping[str, float]", "Dict[str, float]"), ("dict[str, float]",)),
    "either": (("int | str", "Union[str, int]", "str | int"), ("int or str", "str or int")),
    "mode": (('Literal["fast", "exact"]', 't.Literal["exact", "fast"]'), ("{'fast', 'exact'}", "{'exact', 'fast'}")),
    "label": (("Label", '"Label"'), ("Label",)),
    "labels": (("list[Label]", "Sequence[Label]"), ("list of Label",)),
    "mood": (("Mood", '"Mood"'), ("Mood",)),
}
DEFAULTS: dict[str, tuple[tuple[str, ...], ...]] = {
    # equal values in other spellings; values that differ
    "int": (("1000", "1_000", "LIMIT"), ("7",)),
    "float": (("2e-5", "0.00002"), ("0.5",)),
    "str": (('"plain"', "'plain'"), ('"rich"',)),
    "bool": (("True",), ("False",)),
    "maybe": (("None",), ('"none"',)),
    "mode": (('"fast"', "'fast'"), ('"exact"',)),
}


@dataclass
class Param:
    """A parameter or a field."""

    name: str
    type: str
    default: int | None = None
    """Which of the defaults of its type; None: it is required."""


@dataclass
class Call:
    """A method."""

    name: str
    params: list[Param]
    returns: str
    stream: bool = False
    typed: bool = True


@dataclass
class Pack:
    """A package."""

    classes: dict[str, list[Call]]
    label: list[Param] = field(default_factory=list)
    moods: list[str] = field(default_factory=list)


def drawn(random: Random) -> Pack:
    """A package of one to three classes, whose model and enumeration are sent and answered."""
    names = random.sample(["Tagger", "Scorer", "Writer", "Finder"], random.randint(1, 3))
    pack = Pack(
        classes={name: [_call(random, verb) for verb in ["run", *random.sample(["run_long", "run_deep"], random.randint(0, 2))]] for name in names},
        label=_params(random, ["name", "score", "count", "note", "tags"], ("label", "labels")),
        moods=random.sample(["GOOD", "BAD", "MIXED", "CALM"], 3),
    )  # fmt: skip
    pack.classes[names[0]].append(Call("run_all", [Param("label", "label"), Param("mood", "mood")], "labels"))
    pack.classes[names[0]].append(Call("run_mood", [Param("text", "str")], "mood"))
    return pack


def _call(random: Random, name: str) -> Call:
    params = _params(random, ["text", "top_k", "rate", "style", "deep", "seeds", "extra"], ())
    return Call(name, params, random.choice([one for one in SPELLINGS if one != "mode"]))


def _params(random: Random, names: list[str], without: tuple[str, ...]) -> list[Param]:
    known = [one for one in SPELLINGS if one not in without]
    params = [Param(name, random.choice(known)) for name in random.sample(names, random.randint(2, 4))]
    for one in params[1:]:
        if one.type in DEFAULTS and random.random() < 0.5:
            one.default = 0
    return sorted(params, key=lambda one: one.default is not None)


def written(random: Random, pack: Pack) -> dict[str, str]:
    """The package as Python, in some way of writing it."""
    parts = [_enum(random, pack), _model(random, pack), *(_class(random, *one) for one in pack.classes.items())]
    random.shuffle(parts)
    body = "LIMIT = 1000\nCount = int\nText = str\n\n\n" + "\n\n".join(parts)
    if random.random() < 0.5:
        body += "\n\ndef _helper(deep: int = 3) -> int:\n    return deep\n\n\nclass _Hidden:\n    def run(self, x: complex) -> int: ...\n"
    names = [*pack.classes, "Label", "Mood"]
    if random.random() < 0.3:
        lines = [f"from mylib._impl import {name} as {name}\n" for name in names]
        return {"mylib/__init__.py": "".join(lines), "mylib/_impl.py": HEADER + body}
    if random.random() < 0.3:
        return {
            "mylib/__init__.py": f"from mylib._impl import *\n\n__all__ = {names!r}\n",
            "mylib/_impl.py": HEADER + body,
        }
    return {"mylib/__init__.py": HEADER + body}


def _enum(random: Random, pack: Pack) -> str:
    members = random.sample(pack.moods, len(pack.moods))
    lines = "".join(f"    {one} = {one.lower()!r}\n" for one in members)
    return f"class Mood(enum.Enum):\n{lines}"


def _model(random: Random, pack: Pack) -> str:
    fields = random.sample(pack.label, len(pack.label))
    if random.random() < 0.5:
        lines = [
            f"    {one.name}: {_spelled(random, one.type)}{_set(random, one, 'Field(default={})')}\n" for one in fields
        ]
        return f"class Label(BaseModel):\n{''.join(lines)}"
    lines = [
        f"    {one.name}: {_spelled(random, one.type)}{_set(random, one, 'field(default={})')}\n" for one in fields
    ]
    return f"@dataclass(kw_only=True)\nclass Label:\n{''.join(lines)}"


def _class(random: Random, name: str, calls: list[Call]) -> str:
    methods = [_method(random, call) for call in random.sample(calls, len(calls))]
    if random.random() < 0.3:
        methods.insert(0, "def _inner(self, deep):\n    return deep\n")
    base = "class _Base:\n    pass\n\n\n" if random.random() < 0.2 and name == "Tagger" else ""
    return f"{base}class {name}{'(_Base)' if base else ''}:\n" + textwrap.indent("\n".join(methods), "    ")


def _method(random: Random, call: Call) -> str:
    style = random.choice(["annotated", "numpy", "google"])
    if call.stream or not call.typed or style == "annotated":
        params = [
            (
                f"{one.name}: {_spelled(random, one.type)}{_set(random, one)}"
                if call.typed
                else f"{one.name}{_set(random, one)}"
            )
            for one in call.params
        ]
        result = f"Iterator[{_spelled(random, call.returns)}]" if call.stream else _spelled(random, call.returns)
        return f"def {call.name}({', '.join(['self', *params])}) -> {result}: ...\n"
    params = [f"{one.name}{_set(random, one)}" for one in call.params]
    lines = _numpy(random, call) if style == "numpy" else _google(random, call)
    doc = '"""Do it.\n\n' + "\n".join(lines) + '\n"""'
    return f"def {call.name}({', '.join(['self', *params])}):\n{textwrap.indent(doc, '    ')}\n"


def _numpy(random: Random, call: Call) -> list[str]:
    lines = ["Parameters", "----------"]
    for one in call.params:
        lines += [f"{one.name} : {_said(random, one.type)}", f"    The {one.name}."]
    return [*lines, "", "Returns", "-------", _said(random, call.returns), "    The answer."]


def _google(random: Random, call: Call) -> list[str]:
    lines = [f"    {one.name} ({_said(random, one.type)}): The {one.name}." for one in call.params]
    return ["Args:", *lines, "", "Returns:", f"    {_said(random, call.returns)}: The answer."]


def _spelled(random: Random, type_: str) -> str:
    return random.choice(SPELLINGS[type_][0])


def _said(random: Random, type_: str) -> str:
    return random.choice(SPELLINGS[type_][1])


def _set(random: Random, one: Param, form: str = "{}") -> str:
    if one.default is None:
        return ""
    value = random.choice(DEFAULTS[one.type][one.default])
    return f" = {(form if random.random() < 0.5 else '{}').format(value)}"
