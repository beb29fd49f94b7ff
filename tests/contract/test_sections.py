"""A lock is read section by section as the TOML reader reads it whole: the same tables, the same errors."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from modelgen.contract.sections import tables

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[2]
LOCKS = sorted([*ROOT.glob("fixtures/**/modelgen.lock"), *ROOT.glob("examples/**/modelgen.lock")])
HEAD = 'version = 1\npackage = "a.v1"\n\n'
BY_HAND = [
    '[message."A"]\nsource = "a.A" # a comment\n1 = { name = "x" }\n',
    "[message.'A']\nsource = 'a.A'\n",
    '[message."A"]\n1 = { name = "x", default = "a, b = \\"c\\" ]" }\n\n[message."B"]\n1 = { name = "[x]" }\n',
    '[message."A"]\n1 = { name = "x", default = 2e-05, ge = -1 }\n2 = { name = "y", default = inf }\n',
    '[message."A"]\nx = """\n[b]\n"""\n',
    '[renamed]\n"a.B" = "a.C"\n',
    "[message.A]\nx = 1979-05-27\n[message.A.b]\ny = 0x10\n",
    '[message."\\u0041"]\nx = [1, 2,]\n',
    '[enum."A"]\n1 = { name = "B", value = [1, "x"] }\n',
]
WRONG = [
    '[message."A"]\nx = 1\nx = 2\n',
    '[message."A"]\n1 = { name = "x", name = "y" }\n',
    '[message."A"]\n\n[message."A"]\n',
    '[message."A"]\nx = NaN\n',
    '[message."A"\n',
    "[renamed]\n\n[renamed]\n",
    '[message."A"]\nx = {\n',
]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_lock_here_is_read_the_same(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8")
    if "pin-duplicate-number" not in lock.parts:
        assert repr(tables(text)) == repr(tomllib.loads(text))


@pytest.mark.parametrize("text", BY_HAND)
def test_what_people_write_is_read_the_same(text: str) -> None:
    assert repr(tables(HEAD + text)) == repr(tomllib.loads(HEAD + text))


@pytest.mark.parametrize("text", WRONG)
def test_what_is_wrong_is_said_by_the_toml_reader(text: str) -> None:
    with pytest.raises(tomllib.TOMLDecodeError) as whole:
        tomllib.loads(HEAD + text)
    with pytest.raises(tomllib.TOMLDecodeError) as parts:
        tables(HEAD + text)
    assert str(parts.value) == str(whole.value)
