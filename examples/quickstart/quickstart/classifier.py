"""Logistic regression on a few features, in torch."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Annotated

import torch
from pydantic import Field
from torch import Tensor, nn


class Label(Enum):
    """What a point can be."""

    NEGATIVE = "negative"
    POSITIVE = "positive"


@dataclass(frozen=True)
class Classification:
    """The verdict on one point."""

    label: Label
    """Positive if the probability reaches the threshold."""
    probability: float
    """Of being positive, from 0 to 1."""
    contributions: list[float] | None = None
    """What each feature adds to the log-odds; None unless asked for."""


class BinaryClassifier:
    """Tells positive points from negative ones.

    A new instance has random weights, the same for the same seed; `train` makes one that has learned.
    """

    def __init__(
        self, features: Annotated[int, Field(ge=1, le=4096)] = 2, seed: Annotated[int, Field(ge=0)] = 0
    ) -> None:
        """Make an untrained classifier.

        Args:
            features: Numbers in a point.
            seed: Of the initial weights.
        """
        if features < 1:
            raise ValueError(f"features must be at least 1, not {features}")
        self.features = features
        self._layer = nn.Linear(features, 1)
        generator = torch.Generator().manual_seed(seed)
        nn.init.normal_(self._layer.weight, generator=generator)
        nn.init.zeros_(self._layer.bias)

    def run(
        self,
        point: list[float],
        threshold: Annotated[float, Field(ge=0, le=1)] = 0.5,
        explain: bool = False,
    ) -> Classification:
        """Classify one point.

        Args:
            point: As many numbers as the model has features.
            threshold: Probability from which on a point counts as positive.
            explain: Also tell what each feature contributed.

        Raises:
            ValueError: The point has another number of features, or the threshold is not a probability.
        """
        return self.run_batch([point], threshold, explain)[0]

    def run_batch(
        self,
        points: list[list[float]],
        threshold: Annotated[float, Field(ge=0, le=1)] = 0.5,
        explain: bool = False,
    ) -> list[Classification]:
        """Classify many points at once.

        Args:
            points: Each with as many numbers as the model has features.
            threshold: Probability from which on a point counts as positive.
            explain: Also tell what each feature contributed.

        Raises:
            ValueError: A point has another number of features, or the threshold is not a probability.
        """
        if not 0 <= threshold <= 1:
            raise ValueError(f"threshold must be between 0 and 1, not {threshold}")
        inputs = _tensor(points, self.features)
        with torch.no_grad():
            probabilities = torch.sigmoid(self._layer(inputs)).squeeze(1).tolist()
            contributions = (inputs * self._layer.weight).tolist()
        return [
            Classification(
                label=Label.POSITIVE if probability >= threshold else Label.NEGATIVE,
                probability=probability,
                contributions=parts if explain else None,
            )
            for probability, parts in zip(probabilities, contributions, strict=True)
        ]

    @classmethod
    def train(
        cls,
        points: list[list[float]] | None = None,
        labels: list[Label] | None = None,
        epochs: Annotated[int, Field(ge=1, le=10_000)] = 200,
        learning_rate: Annotated[float, Field(gt=0)] = 0.1,
        seed: Annotated[int, Field(ge=0)] = 0,
    ) -> BinaryClassifier:
        """Learn from labelled points, or from two made clouds of them if none are given.

        Args:
            points: The examples, all with the same number of features.
            labels: The label of each point.
            epochs: Passes over the examples.
            learning_rate: Step size of Adam.
            seed: Of the made examples and the initial weights.

        Raises:
            ValueError: Points without labels or labels without points, or not as many of one as of the other.
        """
        if points is None and labels is None:
            points, labels = _clouds(seed)
        if points is None or labels is None or len(points) != len(labels) or not points:
            raise ValueError("points and labels go together: give one label for each point, or neither")
        model = cls(features=len(points[0]), seed=seed)
        inputs = _tensor(points, model.features)
        targets = torch.tensor([[float(label is Label.POSITIVE)] for label in labels])
        optimizer = torch.optim.Adam(model._layer.parameters(), lr=learning_rate)
        for _ in range(epochs):
            optimizer.zero_grad()
            nn.functional.binary_cross_entropy_with_logits(model._layer(inputs), targets).backward()
            optimizer.step()
        return model

    def save(self, path: str) -> None:
        """Write the weights to a file."""
        torch.save({"features": self.features, "weights": self._layer.state_dict()}, path)

    @classmethod
    def load(cls, path: str) -> BinaryClassifier:
        """Read a model that `save` wrote."""
        state = torch.load(path, weights_only=True)
        model = cls(features=state["features"])
        model._layer.load_state_dict(state["weights"])
        return model


def _tensor(points: list[list[float]], features: int) -> Tensor:
    for number, point in enumerate(points):
        if len(point) != features:
            raise ValueError(f"point {number} has {len(point)} features, the model has {features}")
    return torch.tensor(points, dtype=torch.float32).reshape(len(points), features)


def _clouds(seed: int, size: int = 200) -> tuple[list[list[float]], list[Label]]:
    """Two round clouds around (-1, -1) and (1, 1)."""
    generator = torch.Generator().manual_seed(seed)
    labels = [Label.NEGATIVE, Label.POSITIVE] * (size // 2)
    centers = torch.tensor([[-1.0], [1.0]]).repeat(size // 2, 2)
    points: list[list[float]] = (centers + 0.5 * torch.randn(size, 2, generator=generator)).tolist()
    return points, labels
