"""Two small models to start with: a binary classifier and a quadratic predictor."""

from quickstart.classifier import BinaryClassifier, Classification, Label
from quickstart.quadratic import Point, QuadraticPredictor

__all__ = ["BinaryClassifier", "Classification", "Label", "Point", "QuadraticPredictor"]
