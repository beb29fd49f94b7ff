"""What the figures are made of."""

import sys
from functools import partial

import pytest

from benchmarks.generator import LARGE
from benchmarks.page import page, slopes, table
from benchmarks.timing import Case, CommandError, medians, time_all


def python(code):
    return ((sys.executable, "-c", code),)


def test_cases_take_turns_and_the_first_round_does_not_count(tmp_path):
    prepared = []
    cases = [
        Case(
            name=letter,
            commands=partial(python, "pass"),
            folder=tmp_path,
            prepare=lambda round_, letter=letter: prepared.append(f"{letter}{round_}"),
        )
        for letter in "ab"
    ]
    times = time_all(cases, 2, lambda text: None)
    assert prepared == ["a0", "b0", "a1", "b1", "a2", "b2"]
    assert {name: len(seconds) for name, seconds in times.items()} == {"a": 2, "b": 2}
    assert all(second > 0 for second in times["a"])


def test_a_command_that_fails_is_not_a_figure(tmp_path):
    case = Case(name="bad", commands=partial(python, "print('why'); raise SystemExit(3)"), folder=tmp_path)
    with pytest.raises(CommandError, match=r"(?s)ended with 3:.*why"):
        time_all([case], 1, lambda text: None)


def test_the_table_compares_with_the_anchor_and_the_target():
    times = medians(
        {
            **{"--version": [0.1], "--help": [0.2], "anchor --version": [0.2], "anchor --help": [0.2]},
            **{"generate 1, cold": [1.0], "generate 10, cold": [2.5, 0.5, 1.9], "anchor 1": [0.5], "anchor 10": [1.4]},
            **{"generate 1, unchanged": [0.2], "generate 10, unchanged": [0.31]},
            **{
                "generate 1, one changed": [0.5],
                "generate 10, one changed": [0.8],
                **{f"inspect {size}, {when}": [1] for size in (1, 10) for when in ("cold", "again")},
                **{f"{large.name}, {when}": [0.3] for large in LARGE for when in ("cold", "again")},
            },
        }
    )
    lines = table(times, (1, 10)).splitlines()
    assert "| `--version` | 0.10 | 0.20 | 0.50 | – |" in lines
    assert "| `generate 10, cold` | 1.90 | 1.40 | 1.36 | 2 met |" in lines
    assert "| `generate 10, unchanged` | 0.31 | 1.40 | 0.22 | 0.3 missed |" in lines
    assert "| `inspect 10, cold` | 1.00 | – | – | – |" in lines
    assert "| `inspect 50 files of 10,000 lines, 49 classes, cold` | 0.30 | – | – | 0.35 met |" in lines
    assert "| `inspect 200 files of 50,000 lines, 20 classes, again` | 0.30 | – | – | 0.2 missed |" in lines
    assert slopes(times, (1, 10)).splitlines()[-1] == "| from 1 to 10 | 100 | 100 | 25 missed |"


def test_a_part_of_the_page_is_rewritten_and_the_other_kept():
    whole = page("", {"Serving": "fast", "Generating": "slow"})
    assert whole.index("## Generating") < whole.index("## Serving")
    again = page(whole, {"Serving": "faster"})
    assert again == whole.replace("fast", "faster")
    assert page(again, {}) == again
