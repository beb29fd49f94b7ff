"""A small convolutional network that reads handwritten digits of 8 by 8 pixels."""

from digits.classifier import DigitClassifier

__all__ = ["DigitClassifier"]
