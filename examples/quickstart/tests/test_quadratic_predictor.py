"""The predictor's answers, training and files."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from quickstart import Point, QuadraticPredictor


def test_predictions_follow_the_formula() -> None:
    assert QuadraticPredictor().run(3.0) == 9.0
    assert QuadraticPredictor(2.0, -1.0, 0.5).run_batch([0.0, 1.0, -2.0]) == [0.5, 1.5, 10.5]
    assert QuadraticPredictor().run_batch([]) == []


@pytest.mark.parametrize("x", [math.nan, math.inf])
def test_only_finite_numbers(x: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        QuadraticPredictor().run(x)


def test_a_curve_holds_both_ends() -> None:
    curve = QuadraticPredictor().run_curve(-1.0, 1.0, points=3)
    assert curve == [Point(x=-1, y=1), Point(x=0, y=0), Point(x=1, y=1)]
    assert len(QuadraticPredictor().run_curve(0.0, 1.0)) == 50


@pytest.mark.parametrize(("start", "stop", "points"), [(1.0, 1.0, 5), (2.0, 1.0, 5), (0.0, 1.0, 1)])
def test_a_curve_needs_a_stretch_and_two_points(start: float, stop: float, points: int) -> None:
    with pytest.raises(ValueError, match=r"stop must be|at least 2"):
        QuadraticPredictor().run_curve(start, stop, points)


def test_the_vertex_is_where_the_curve_turns() -> None:
    assert QuadraticPredictor(1.0, -4.0, 1.0).run_vertex() == Point(x=2.0, y=-3.0)
    assert QuadraticPredictor(0.0, 1.0, 1.0).run_vertex() is None


@pytest.mark.parametrize("coefficients", [(1.0, 0.0, 0.0), (-0.5, 2.0, 7.0), (0.0, 3.0, -100.0)])
def test_training_finds_the_coefficients(coefficients: tuple[float, float, float]) -> None:
    truth = QuadraticPredictor(*coefficients)
    model = QuadraticPredictor.train(truth.run_curve(-3.0, 3.0, points=20))
    for x in (-2.5, 0.0, 4.0):
        assert model.run(x) == pytest.approx(truth.run(x), abs=0.05)


def test_training_refuses_too_few_points() -> None:
    with pytest.raises(ValueError, match="three different x"):
        QuadraticPredictor.train([Point(x=1, y=1), Point(x=1, y=2), Point(x=2, y=2)])


def test_a_saved_model_answers_alike(tmp_path: Path) -> None:
    QuadraticPredictor(2.0, 3.0, 4.0).save(str(tmp_path / "model.pt"))
    assert QuadraticPredictor.load(str(tmp_path / "model.pt")).run(1.0) == 9.0
