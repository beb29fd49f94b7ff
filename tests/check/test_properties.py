"""Laws over random packages: a tree against itself is silent, other ways of writing the same are, breaking edits are not."""

from __future__ import annotations

import copy
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from .judging import judged, rules, shown
from .packages import DEFAULTS, SPELLINGS, Call, Pack, Param, drawn, written

SEEDS = range(*(int(seed) for seed in os.environ.get("MODELGEN_FUZZ_CHECK", "0 20").split()))
"""The first seed, and the one after the last."""


def found(before: dict[str, str], after: dict[str, str]) -> tuple[set[str], str]:
    """The rules that find something, and all that they say."""
    with tempfile.TemporaryDirectory() as folder:
        report = judged(Path(folder), before, after)
        said = "\n".join(shown(one, Path(folder)) for one in report.judgement.changes)
        sources = "\n--\n".join(
            "\n".join(f"# file: {name}\n{text}" for name, text in one.items()) for one in (before, after)
        )
        return set(rules(report)), f"{said}\n{sources}"


@pytest.mark.parametrize("seed", SEEDS)
def test_a_tree_against_itself_is_silent(seed: int) -> None:
    files = written(Random(seed), drawn(Random(seed)))
    assert found(files, files)[0] == set()


@pytest.mark.parametrize("seed", SEEDS)
def test_another_way_of_writing_the_same_is_silent(seed: int) -> None:
    pack = drawn(Random(seed))
    got, said = found(written(Random(seed + 1), pack), written(Random(seed + 2), pack))
    assert got == set(), said


# Edits: each changes the package, and answers the rules that must find it; none where it does not apply.


def _call(random: Random, pack: Pack) -> Call:
    """A method of its own: those that send and answer the model stay."""
    return random.choice(
        [one for calls in pack.classes.values() for one in calls if one.name not in ("run_all", "run_mood")]
    )


def _option(random: Random, pack: Pack, *, set_: bool) -> Param | None:
    fitting = [
        one
        for calls in pack.classes.values()
        for call in calls
        for one in call.params
        if (one.default is not None) is set_ and one.type in DEFAULTS and call.name not in ("run_all", "run_mood")
    ]
    return random.choice(fitting) if fitting else None


def remove_class(random: Random, pack: Pack) -> set[str]:
    name = list(pack.classes)[-1]
    if len(pack.classes) < 2:
        return set()
    del pack.classes[name]
    return {"module-removed"}


def remove_method(random: Random, pack: Pack) -> set[str]:
    calls = random.choice(list(pack.classes.values()))
    if len(calls) < 2 or calls[1].name in ("run_all", "run_mood"):
        return set()
    del calls[1]
    return {"method-removed"}


def untype_method(random: Random, pack: Pack) -> set[str]:
    calls = random.choice(list(pack.classes.values()))
    if calls[0].params[0].default is not None or len(calls) < 2:
        return set()
    calls[0].typed = False
    return {"method-unrepresentable"}


def add_required(random: Random, pack: Pack) -> set[str]:
    call = _call(random, pack)
    at = next((at for at, one in enumerate(call.params) if one.default is not None), len(call.params))
    call.params.insert(at, Param("needed", random.choice(list(SPELLINGS))))
    return {"field-added-required"}


def remove_parameter(random: Random, pack: Pack) -> set[str]:
    call = _call(random, pack)
    call.params.remove(random.choice(call.params))
    return {"field-removed"}


def lose_default(random: Random, pack: Pack) -> set[str]:
    one = _option(random, pack, set_=True)
    if one is None:
        return set()
    call = next(call for calls in pack.classes.values() for call in calls if any(two is one for two in call.params))
    if call.params[call.params.index(one) - 1].default is not None:
        return set()
    one.default = None
    return {"field-became-required"}


def win_default(random: Random, pack: Pack) -> set[str]:
    call = _call(random, pack)
    one = [one for one in call.params if one.default is None][-1]
    if one.type not in DEFAULTS:
        return set()
    one.default = 0
    return {"field-became-optional"}


def change_default(random: Random, pack: Pack) -> set[str]:
    one = _option(random, pack, set_=True)
    if one is None:
        return set()
    one.default = 1
    return {"default-changed"}


RETYPED = {
    "int": ("type-changed", "bytes"),
    "float": ("type-changed", "texts"),
    "str": ("cardinality-changed", "texts"),
    "bool": ("type-changed", "rows"),
    "bytes": ("type-changed", "weights"),
    "texts": ("element-type-changed", "rows"),
    "weights": ("type-changed", "label"),
    "either": ("union-collapsed", "int"),
    "label": ("cardinality-changed", "labels"),
    "mood": ("enum-opened", "str"),
    "mode": ("enum-opened", "str"),
    "maybe": ("nullable-removed", "str"),
}


def retype(random: Random, pack: Pack) -> set[str]:
    fitting = [one for one in _call(random, pack).params if one.default is None and one.type in RETYPED]
    if not fitting:
        return set()
    one = random.choice(fitting)
    code, one.type = RETYPED[one.type]
    return {code}


def retype_result(random: Random, pack: Pack) -> set[str]:
    call = _call(random, pack)
    call.returns = "bytes" if call.returns in ("rows", "weights", "labels", "label") else "rows"
    return {"return-type-changed"}


def retype_field(random: Random, pack: Pack) -> set[str]:
    fitting = [one for one in pack.label if one.type in RETYPED and one.default is None]
    if not fitting:
        return set()
    one = random.choice(fitting)
    code, one.type = RETYPED[one.type]
    return {code}


def remove_field(random: Random, pack: Pack) -> set[str]:
    pack.label.pop()
    return {"field-removed"}


def add_field(random: Random, pack: Pack) -> set[str]:
    pack.label.insert(0, Param("needed", "int"))
    return {"field-added-required"}


def remove_member(random: Random, pack: Pack) -> set[str]:
    pack.moods.pop()
    return {"enum-value-removed"}


def add_member(random: Random, pack: Pack) -> set[str]:
    pack.moods.append("NEW")
    return {"enum-value-added"}


def stream(random: Random, pack: Pack) -> set[str]:
    _call(random, pack).stream = True
    return {"method-stream-changed"}


def swap(random: Random, pack: Pack) -> set[str]:
    call = _call(random, pack)
    needed = [one for one in call.params if one.default is None]
    if len(needed) < 2:
        return set()
    call.params[0], call.params[1] = call.params[1], call.params[0]
    return {"param-order-changed"}


EDITS: tuple[Callable[[Random, Pack], set[str]], ...] = (
    *(remove_class, remove_method, untype_method, add_required, remove_parameter, lose_default, win_default),
    *(change_default, retype, retype_result, retype_field, remove_field, add_field, remove_member, add_member),
    *(stream, swap),
)


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.__name__)
def test_an_edit_that_breaks_is_found_however_it_is_written(edit: Callable[[Random, Pack], set[str]]) -> None:
    judged_edits = 0
    for seed in SEEDS:
        random = Random(seed)
        pack = drawn(random)
        edited = copy.deepcopy(pack)
        wanted = edit(random, edited)
        if wanted:
            got, said = found(written(Random(seed + 1), pack), written(Random(seed + 2), edited))
            assert got == wanted, said
            judged_edits += 1
    assert judged_edits >= len(SEEDS) // 6, "the edit hardly ever applies"
