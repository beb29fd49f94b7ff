"""Sequences of different lengths in one batch: filled up, cut back, and answered as if each were alone."""

from __future__ import annotations

import importlib
import logging
import subprocess
import sys
from collections import namedtuple
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from modelgen.runtime.batching import batcher
from modelgen.runtime.binding import MethodBinding
from modelgen.runtime.call import Call
from modelgen.runtime.checks import check_batches
from modelgen.runtime.engines.local import answered
from modelgen.runtime.padding import size_class
from modelgen.runtime.settings import Batch, read

from .conftest import Running

Both = namedtuple("Both", "each whole")


class Request(BaseModel):
    """Without parameters."""


def binding(*inputs: str) -> MethodBinding:
    return MethodBinding(
        module="Model",
        name="run",
        request=Request,
        response=None,
        arguments=dict,
        inputs=inputs,
        result=None,
        from_proto=dict,
        to_proto=None,
    )


def calls(settings: Batch, *arguments: dict[str, Any]) -> list[Call]:
    method = binding(*arguments[0])
    found = batcher(method, settings)
    made = []
    for given_ in arguments:
        group = found.group(Request(), given_)
        made.append(Call(deployment="m", binding=method, arguments=given_, batcher=found, group=group))
    return made


class Replica:
    """A model that is a function, and what it was given."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self.model = self
        self.seen: list[dict[str, Any]] = []

    def invoke(self, replica: Any, name: str, positional: tuple[str, ...], arguments: dict[str, Any]) -> Any:
        self.seen.append(arguments)
        return self.function(**arguments)


def together(function: Callable[..., Any], settings: Batch, *arguments: dict[str, Any]) -> tuple[list[Any], list[Any]]:
    """Outcomes of calls of one group, and what the model was given."""
    made = calls(settings, *arguments)
    assert len({call.group for call in made}) == 1
    replica = Replica(function)
    return answered(replica, made), replica.seen


@st.composite
def sequences(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Calls with rows of tokens, whose features and dtype are the same."""
    features = draw(st.sampled_from([(), (2,)]))
    dtype = draw(st.sampled_from(["int64", "float32"]))
    tensor = draw(st.booleans())
    found = []
    for _ in range(draw(st.integers(1, 5))):
        size = (draw(st.integers(0, 3)), draw(st.integers(0, 9)))
        seed = np.random.default_rng(draw(st.integers(0, 99)))
        tokens = seed.integers(-9, 9, (*size, *features)).astype(dtype)
        mask = np.broadcast_to(seed.integers(0, 2, size).reshape(*size, *(1 for _ in features)), tokens.shape)
        call = {"tokens": tokens, "mask": mask.astype(dtype)}
        found.append({name: torch.from_numpy(array) for name, array in call.items()} if tensor else call)
    return found


@settings(deadline=None)
@given(sent=sequences(), side=st.sampled_from(["right", "left"]))
def test_a_batch_of_different_lengths_answers_what_single_calls_do(sent, side):
    def model(tokens: Any, mask: Any) -> Any:
        kept = tokens * mask
        return {"each": kept * 2, "rows": (kept, kept + 1), "whole": kept.sum(1)}

    settings = Batch(axis=0, pad_axis=1, pad={"tokens": 7, "mask": 0}, pad_side=side, cut_axis={"each": 1, "rows": 1})
    outcomes, seen = together(model, settings, *sent)
    assert len(seen) == 1
    for outcome, one in zip(outcomes, sent, strict=True):
        alone = model(**one)
        for found, expected in (
            (outcome["each"], alone["each"]),
            (outcome["rows"][0], alone["rows"][0]),
            (outcome["rows"][1], alone["rows"][1]),
            (outcome["whole"], alone["whole"]),
        ):
            assert found.dtype == expected.dtype
            np.testing.assert_array_equal(np.asarray(found), np.asarray(expected))


@settings(deadline=None)
@given(lengths=st.lists(st.integers(0, 9), min_size=2, max_size=4), axes=st.permutations([0, 1, 2]))
def test_any_axes_can_be_joined_and_filled_up(lengths, axes):
    along, pad, other = axes
    sent = []
    for number, length in enumerate(lengths):
        shape = [0, 0, 0]
        shape[along], shape[pad], shape[other] = number + 1, length, 2
        sent.append({"x": np.arange(np.prod(shape)).reshape(shape)})
    settings = Batch(axis=along, pad_axis=pad, pad=-1, cut_axis=pad)
    outcomes, seen = together(lambda x: x * 3, settings, *sent)
    assert len(seen) == 1
    assert seen[0]["x"].shape[pad] == max(lengths)
    for outcome, one in zip(outcomes, sent, strict=True):
        np.testing.assert_array_equal(outcome, one["x"] * 3)


def rows(*lengths: int, dtype: Any = np.int64) -> list[dict[str, Any]]:
    return [{"x": np.arange(1, length + 1, dtype=dtype).reshape(1, length)} for length in lengths]


@pytest.mark.parametrize(
    ("side", "expected"), [("right", [[1, 2, 5, 5], [1, 2, 3, 4]]), ("left", [[5, 5, 1, 2], [1, 2, 3, 4]])]
)
def test_what_is_filled_up_stands_at_its_side(side, expected):
    _, seen = together(lambda x: x, Batch(axis=0, pad_axis=1, pad=5, pad_side=side, cut_axis=1), *rows(2, 4))
    np.testing.assert_array_equal(seen[0]["x"], expected)


def test_tensors_of_one_length_are_joined_as_they_are():
    outcomes, seen = together(lambda x: x, Batch(axis=0, pad_axis=1), *rows(3, 3))
    assert [one["x"].shape for one in seen] == [(2, 3)]
    np.testing.assert_array_equal(outcomes[1], [[1, 2, 3]])


def test_other_lengths_other_sizes_and_other_types_are_other_batches():
    settings = Batch(axis=0, pad_axis=1)
    groups = [call.group for call in calls(settings, *rows(1, 32, 33, 64, 65))]
    assert [groups.index(group) for group in groups] == [0, 0, 2, 2, 4]
    assert [size_class(length) for length in (0, 32, 33, 128, 129)] == [5, 5, 6, 7, 8]
    assert len({call.group for call in calls(settings, *rows(3), *rows(3, dtype=np.int32))}) == 2
    deep = [{"x": np.zeros((1, length, features))} for length, features in ((2, 3), (3, 3), (3, 4))]
    assert len({call.group for call in calls(settings, *deep)}) == 2
    flat = [{"x": np.zeros(length)} for length in (2, 3)]  # they have no second axis
    assert len({call.group for call in calls(settings, *flat)}) == 1


def test_inputs_that_the_table_does_not_name_are_not_filled_up():
    sent = [{"x": np.ones((1, length)), "features": np.ones((1, size))} for length, size in ((2, 5), (3, 5), (3, 6))]
    made = calls(Batch(axis=0, pad_axis=1, pad={"x": 0}), *sent)
    assert made[0].group == made[1].group != made[2].group
    made = calls(Batch(axis=0, pad_axis=1), *sent)  # of two lengths in one call: which would a result be cut to?
    assert len({call.group for call in made}) == 3


@pytest.mark.parametrize(
    ("cut", "result"),
    [
        (1, lambda x: (x, [x, {"a": x}])),
        ({"each": 1}, lambda x: Both(x, x.sum(1))),
        ({"each": 1}, lambda x: {"each": x, "whole": np.repeat(x.sum(1, keepdims=True), 4, 1)}),
        ({"1": 2}, lambda x: [x.sum(1), x[:, None, :]]),
        ({}, lambda x: np.repeat(x.sum(1, keepdims=True), 4, 1)),
        (None, lambda x: np.repeat(x.sum(1, keepdims=True), 3, 1)),
    ],
)
def test_what_settings_say_is_cut_back_and_nothing_else(cut, result, caplog):
    outcomes, seen = together(result, Batch(axis=0, pad_axis=1, cut_axis=cut), *rows(2, 4))
    assert len(seen) == 1, caplog.text
    for outcome, one in zip(outcomes, rows(2, 4), strict=True):
        expected = result(one["x"])
        assert type(outcome) is type(expected)
        np.testing.assert_equal(outcome, expected)


@pytest.mark.parametrize(
    ("settings", "result", "reason"),
    [
        ({"cut_axis": None}, lambda x: x, "the result has 4 on axis 1"),
        ({"cut_axis": None}, lambda x: [x.sum(1), {"a": x[:, None]}], "the result has 4 on axis 2"),
        ({"cut_axis": 1}, lambda x: x.sum(1), "the result has no axis 1 of 4, as `cut_axis` says"),
        ({"cut_axis": 1}, lambda x: x[:, :1], "the result has no axis 1 of 4, as `cut_axis` says"),
        ({"cut_axis": {"a": 1}}, lambda x: {"b": x}, "the result has no `a`"),
        ({"cut_axis": {"a": 1}}, lambda x: x, "the result has no parts"),
        ({"cut_axis": 1, "pad": 0.5}, lambda x: x, "`x`, of int64, cannot be filled up with 0.5"),
        ({"cut_axis": 1, "pad": 1e30}, lambda x: x, "cannot be filled up with 1e+30"),
    ],
)
def test_what_cannot_be_cut_back_is_answered_one_by_one_and_told_in_the_log(settings, result, reason, caplog):
    with caplog.at_level(logging.WARNING, "modelgen.runtime"):
        outcomes, seen = together(result, Batch(axis=0, pad_axis=1, **settings), *rows(2, 4))
    assert [one["x"].shape for one in seen][-2:] == [(1, 2), (1, 4)]
    for outcome, one in zip(outcomes, rows(2, 4), strict=True):
        np.testing.assert_equal(outcome, result(one["x"]))
    assert "2 calls of Model.run failed as a batch, and none of them by itself" in caplog.text
    assert reason in caplog.text


@pytest.mark.parametrize(("dtype", "fill"), [("bool", 1), ("float32", 0.1), ("float32", float("nan")), ("uint8", 255)])
@pytest.mark.parametrize("make", [np.asarray, torch.from_numpy])
def test_every_dtype_is_filled_up_with_what_it_can_hold(dtype, fill, make):
    sent = [{"x": make(np.ones((1, length), dtype))} for length in (1, 3)]
    _, seen = together(lambda x: x, Batch(axis=0, pad_axis=1, pad=fill, cut_axis=1), *sent)
    assert len(seen) == 1
    np.testing.assert_array_equal(np.asarray(seen[0]["x"])[0, 1:], np.full(2, fill, dtype))


@pytest.mark.parametrize(("dtype", "fill"), [("bool", 2), ("uint8", 256), ("uint8", -1), ("int64", 0.5)])
@pytest.mark.parametrize("make", [np.asarray, torch.from_numpy])
def test_and_with_nothing_else(dtype, fill, make):
    sent = [{"x": make(np.ones((1, length), dtype))} for length in (1, 3)]
    _, seen = together(lambda x: x, Batch(axis=0, pad_axis=1, pad=fill, cut_axis=1), *sent)
    assert [tuple(one["x"].shape) for one in seen] == [(1, 1), (1, 3)]


# Settings


@pytest.mark.parametrize(
    ("batch", "text"),
    [
        ("axis = -1", "`axis` must be 0 or more, not -1"),
        ("axis = 0, pad_axis = 1.5", "`pad_axis` must be an integer, not 1.5"),
        ('axis = 0, pad_axis = 1, pad = "0"', "`pad` must be a number, or a table of numbers, not '0'"),
        ('axis = 0, pad_axis = 1, pad = { x = "0" }', "`pad` must be a number, not '0'"),
        ("axis = 0, pad_axis = 1, cut_axis = { x = -1 }", "`cut_axis` must be 0 or more, not -1"),
        ('axis = 0, pad_axis = 1, pad_side = "up"', "`pad_side` must be one of right, left, not 'up'"),
        ("pad_axis = 1", "`pad_axis` says nothing without `axis`"),
        ("axis = 1, pad_axis = 1", "`pad_axis` must be another axis than `axis`"),
        ("axis = 0, pad = 1", "`pad` says nothing without `pad_axis`"),
        ('axis = 0, pad_side = "left"', "`pad_side` says nothing without `pad_axis`"),
        ("axis = 0, cut_axis = 1", "`cut_axis` says nothing without `pad_axis`"),
        ("axis = 0, pad_axis = 1, cut_axis = 0", "`cut_axis` must be another axis than `axis`"),
        ("axis = 0, pad_axis = 1, pad = { word = 1 }", "`pad` names `word`, which is no input of Tagger"),
    ],
)
def test_settings_that_do_not_hold_together_are_told(tmp_path, batch, text, pb):
    service = importlib.import_module("toy_service.bindings").SERVICE
    file = tmp_path / "service.toml"
    file.write_text(f'[deployments.a]\nmodule = "tagger"\narguments = {{ pause = 0 }}\nbatch = {{ {batch} }}\n')
    settings, found = read(file, {})
    (told,) = (*found, *check_batches(settings, service.modules))
    assert text in told.message


def test_a_service_does_not_start_with_them(toy_folder, tmp_path):
    file = tmp_path / "service.toml"
    file.write_text('[deployments.a]\nmodule = "Tagger"\nbatch = { pad_axis = 1 }\n')
    command = [sys.executable, "-m", "toy_service", "serve", "--http-port", "0", "--settings", str(file)]
    ended = subprocess.run(command, cwd=toy_folder, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 2
    assert "the batches of deployment `a`: `pad_axis` says nothing without `axis`" in ended.stderr


# Through a server


def test_callers_of_a_service_get_their_own_lengths_back(start, tmp_path):
    file = tmp_path / "service.toml"
    file.write_text(
        '[deployments.tagger]\nmodule = "Tagger"\narguments = { pause = 0.05 }\n'
        "batch = { axis = 0, pad_axis = 1, pad = { tokens = 9, mask = 0 }, cut_axis = 1 }\n"
    )
    service: Running = start("--no-grpc", settings=str(file))

    def called(length: int) -> tuple[Any, Any]:
        tokens = np.arange(1, length + 1, dtype=float).reshape(1, length)
        mask = np.ones_like(tokens)
        mask[:, ::3] = 0
        with service.client() as client:
            sent = {"inputs": {"tokens": tokens.tolist(), "mask": mask.tolist()}}
            answer = client.post("/api/v1/tagger/run", json=sent)
        return answer.json(), {"result": np.cumsum(tokens * mask, 1).tolist()}

    with ThreadPoolExecutor(16) as pool:
        for found, expected in pool.map(called, [1 + number % 30 for number in range(48)]):
            assert found == expected
    with service.client() as client:
        text = client.get("/metrics").text
    batches = {
        line.split()[0].split("{")[0]: float(line.split()[1])
        for line in text.splitlines()
        if line.startswith("inference_batch_size_")
    }
    assert batches["inference_batch_size_sum"] == 48
    assert batches["inference_batch_size_count"] < 40
    assert "failed as a batch" not in service.log.read_text()
    assert service.stop() == 0


def test_a_call_that_is_wrong_fails_alone():
    def model(x: Any) -> Any:
        if (x < 0).any():
            raise ValueError("negative")
        return x

    sent = [*rows(2), {"x": -np.ones((1, 3), np.int64)}, *rows(4)]
    outcomes, _ = together(model, Batch(axis=0, pad_axis=1, cut_axis=1), *sent)
    np.testing.assert_array_equal(outcomes[0], [[1, 2]])
    np.testing.assert_array_equal(outcomes[2], [[1, 2, 3, 4]])
    assert isinstance(outcomes[1].error, ValueError)
