"""sentence-transformers: overloads, torch, many options, and weights from a folder that `load` reads."""

from __future__ import annotations

import pytest

from tests.published.conftest import Case, Published, agreeing

WEIGHTS = """\
import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.models import StaticEmbedding
from tokenizers import Tokenizer, models, pre_tokenizers

torch.manual_seed(0)
words = {word: at for at, word in enumerate("[UNK] the quick brown fox a lazy dog".split())}
tokenizer = Tokenizer(models.WordLevel(words, unk_token="[UNK]"))
tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
SentenceTransformer(modules=[StaticEmbedding(tokenizer, embedding_dim=8)], device="cpu").save("tiny")
"""

SENTENCES = Case(
    requirement="sentence-transformers==6.2.0",
    package="sentence_transformers",
    calls="sentences.py",
    settings="""\
include = ["sentence_transformers.SentenceTransformer"]

[methods]
SentenceTransformer = ["encode", "similarity"]

[types]
"*.encode.inputs" = "list[str]"
"*.encode.return" = "numpy.ndarray"
""",
    service="""\
[deployments.sentence-transformer]
module = "SentenceTransformer"
arguments = { model_name_or_path = "tiny", device = "cpu" }
""",
    prepare=WEIGHTS,
)


@pytest.mark.conformance
def test_answers_are_the_local_ones(published: Published) -> None:
    rows = published(SENTENCES)
    assert agreeing(rows) == 9
