"""A parabola through points, fitted by gradient descent."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated

import torch
from pydantic import Field


@dataclass(frozen=True)
class Point:
    """A point of the plane."""

    x: float
    y: float


class QuadraticPredictor:
    """Predicts y = a x² + b x + c."""

    def __init__(self, a: float = 1.0, b: float = 0.0, c: float = 0.0) -> None:
        """Make a predictor with known coefficients.

        Args:
            a: Of x².
            b: Of x.
            c: The value at 0.
        """
        self._coefficients = torch.tensor([a, b, c], dtype=torch.float64)

    def run(self, x: float) -> float:
        """Predict y at one x.

        Raises:
            ValueError: x is not finite.
        """
        return self.run_batch([x])[0]

    def run_batch(self, xs: list[float]) -> list[float]:
        """Predict y at each x.

        Raises:
            ValueError: An x is not finite.
        """
        for x in xs:
            if not math.isfinite(x):
                raise ValueError(f"x must be a finite number, not {x}")
        predictions: list[float] = (_powers(torch.tensor(xs, dtype=torch.float64)) @ self._coefficients).tolist()
        return predictions

    def run_curve(self, start: float, stop: float, points: Annotated[int, Field(ge=2, le=10_000)] = 50) -> list[Point]:
        """Draw the curve between two x, both included.

        Args:
            start: The first x.
            stop: The last x.
            points: How many, evenly spread.

        Raises:
            ValueError: stop is not beyond start, or fewer than two points are asked for.
        """
        if not stop > start:
            raise ValueError(f"stop must be greater than start, and {stop} is not greater than {start}")
        if points < 2:
            raise ValueError(f"a curve has at least 2 points, not {points}")
        xs: list[float] = torch.linspace(start, stop, points, dtype=torch.float64).tolist()
        return [Point(x=x, y=y) for x, y in zip(xs, self.run_batch(xs), strict=True)]

    def run_vertex(self) -> Point | None:
        """Tell where the curve turns; None if it is a straight line."""
        a, b, _ = self._coefficients.tolist()
        if a == 0:
            return None
        x = -b / (2 * a)
        return Point(x=x, y=self.run(x))

    @classmethod
    def train(
        cls,
        points: Annotated[list[Point], Field(min_length=3)],
        steps: Annotated[int, Field(ge=1, le=100_000)] = 1000,
        learning_rate: Annotated[float, Field(gt=0)] = 0.1,
    ) -> QuadraticPredictor:
        """Fit the curve to points by least squares.

        Args:
            points: Three or more, with different x.
            steps: Of gradient descent.
            learning_rate: Step size of Adam.

        Raises:
            ValueError: Fewer than three different x.
        """
        if len({point.x for point in points}) < 3:
            raise ValueError("a parabola needs points with three different x or more")
        xs = torch.tensor([point.x for point in points], dtype=torch.float64)
        ys = torch.tensor([point.y for point in points], dtype=torch.float64)
        powers = _powers(xs)
        scale = powers.abs().amax(dim=0)  # so that x² does not drown x
        weights = torch.zeros(3, dtype=torch.float64, requires_grad=True)
        optimizer = torch.optim.Adam([weights], lr=learning_rate * float(ys.abs().max().clamp(min=1)))
        for _ in range(steps):
            optimizer.zero_grad()
            torch.nn.functional.mse_loss(powers / scale @ weights, ys).backward()
            optimizer.step()
        a, b, c = (weights.detach() / scale).tolist()
        return cls(a, b, c)

    def save(self, path: str) -> None:
        """Write the coefficients to a file."""
        torch.save(self._coefficients, path)

    @classmethod
    def load(cls, path: str) -> QuadraticPredictor:
        """Read a model that `save` wrote."""
        a, b, c = torch.load(path, weights_only=True).tolist()
        return cls(a, b, c)


def _powers(xs: torch.Tensor) -> torch.Tensor:
    """The columns x², x and 1."""
    return torch.stack([xs**2, xs, torch.ones_like(xs)], dim=1)
