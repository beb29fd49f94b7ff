"""What is asked of vaderSentiment."""

from __future__ import annotations

from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

MODULE = "SentimentIntensityAnalyzer"
TEXTS = ["VADER is smart, handsome, and funny!", "Today SUX!", "", "Not bad at all :)"]
CALLS = [("polarity_scores", {"text": text}, {"inputs": text}) for text in TEXTS]


def make() -> SentimentIntensityAnalyzer:
    return SentimentIntensityAnalyzer()
