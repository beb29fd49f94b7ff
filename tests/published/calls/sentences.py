"""A sentence-transformers model with a vocabulary of eight words."""

from __future__ import annotations

import numpy as np
from sentence_transformers import SentenceTransformer

MODULE = "SentenceTransformer"
TEXTS = ["the quick brown fox", "a lazy dog", "fox"]
ONE, OTHER = np.eye(3, 8, dtype=np.float32), np.ones((2, 8), dtype=np.float32)


def make() -> SentenceTransformer:
    return SentenceTransformer("tiny", device="cpu")


CALLS = [
    ("encode", {"inputs": TEXTS}, {"inputs": TEXTS}),
    (
        "encode",
        {"inputs": TEXTS, "normalize_embeddings": True},
        {"inputs": TEXTS, "parameters": {"normalize_embeddings": True}},
    ),
    (
        "similarity",
        {"embeddings1": ONE, "embeddings2": OTHER},
        {"inputs": {"embeddings1": ONE.tolist(), "embeddings2": OTHER.tolist()}},
    ),
]


def plain(answer: object) -> object:
    return np.asarray(answer)
