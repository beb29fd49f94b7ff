"""The classifier's answers, training and files."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from quickstart import BinaryClassifier, Label

POINTS = [[-1.0, -1.2], [1.1, 0.9], [0.2, 0.1]]


def test_new_classifiers_are_equal_for_equal_seeds() -> None:
    assert BinaryClassifier(seed=3).run_batch(POINTS) == BinaryClassifier(seed=3).run_batch(POINTS)
    assert BinaryClassifier(seed=3).run_batch(POINTS) != BinaryClassifier(seed=4).run_batch(POINTS)


def test_training_separates_the_clouds() -> None:
    model = BinaryClassifier.train()
    assert model.run([-1.0, -1.0]).label is Label.NEGATIVE
    assert model.run([1.0, 1.0]).label is Label.POSITIVE
    assert model.run([1.0, 1.0]).probability > 0.95


def test_training_on_given_points_learns_their_rule() -> None:
    points = [[float(x), 0.0, 1.0] for x in range(-5, 6) if x]
    labels = [Label.POSITIVE if x < 0 else Label.NEGATIVE for x, *_ in points]
    model = BinaryClassifier.train(points, labels)
    assert [verdict.label for verdict in model.run_batch(points)] == labels


@pytest.mark.parametrize(
    ("points", "labels"),
    [([[0.0]], None), (None, [Label.POSITIVE]), ([[0.0]], []), ([], []), ([[0.0], [1.0]], [Label.POSITIVE])],
)
def test_training_refuses_points_without_their_labels(
    points: list[list[float]] | None, labels: list[Label] | None
) -> None:
    with pytest.raises(ValueError, match="go together"):
        BinaryClassifier.train(points, labels)


def test_a_batch_is_each_point_by_itself() -> None:
    model = BinaryClassifier()
    singles = [model.run(point) for point in POINTS]
    for one, of_batch in zip(singles, model.run_batch(POINTS), strict=True):
        assert of_batch.label is one.label
        assert of_batch.probability == pytest.approx(one.probability)


def test_no_points_no_verdicts() -> None:
    assert BinaryClassifier().run_batch([]) == []


def test_the_threshold_moves_the_label_not_the_probability() -> None:
    model = BinaryClassifier()
    low, high = (model.run(POINTS[2], threshold=threshold) for threshold in (0.0, 1.0))
    assert (low.label, high.label) == (Label.POSITIVE, Label.NEGATIVE)
    assert low.probability == high.probability


def test_contributions_sum_to_the_log_odds() -> None:
    verdict = BinaryClassifier().run([0.3, -0.4], explain=True)
    assert verdict.contributions is not None
    log_odds = math.log(verdict.probability / (1 - verdict.probability))
    assert sum(verdict.contributions) == pytest.approx(log_odds, abs=1e-5)
    assert BinaryClassifier().run([0.3, -0.4]).contributions is None


def test_bad_input_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="point 0 has 3 features, the model has 2"):
        BinaryClassifier().run([1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match="threshold must be between 0 and 1"):
        BinaryClassifier().run([1.0, 2.0], threshold=1.5)
    with pytest.raises(ValueError, match="at least 1"):
        BinaryClassifier(features=0)


def test_a_saved_model_answers_alike(tmp_path: Path) -> None:
    model = BinaryClassifier.train([[0.0], [1.0]], [Label.NEGATIVE, Label.POSITIVE], epochs=20)
    model.save(str(tmp_path / "model.pt"))
    assert BinaryClassifier.load(str(tmp_path / "model.pt")).run([0.7]) == model.run([0.7])
