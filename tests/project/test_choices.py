"""What is served and how, by settings: methods, what is left out, roles, renames; down to a running service."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from modelgen.project.generate import generate
from tests.project.served import Served, served, written

CHOSEN = '''
"""Much that settings choose from."""


class TextScorer:
    """Scores."""

    def predict(self, text: str, level: int = 1, words: list[str] = []) -> int:
        """Score."""
        return level * len(text) + len(words)

    def predict_many(self, texts: list[str]) -> list[int]:
        """Score many."""
        return [len(text) for text in texts]

    def explain(self, text: str) -> str:
        """Explain."""
        return text


class OldScorer(TextScorer):
    """Left out."""


class Encoder:
    """Encodes."""

    def encode(self, text: str) -> bytes:
        """Encode."""
        return text.encode()

    def predict(self, text: str) -> int:
        """Not chosen."""
        return 0
'''

CHOICES = """
exclude = ["chosen.Old*", "chosen.*.predict_many"]

[methods]
"*Scorer" = ["predict", "predict_*", "explain"]
"chosen.Encoder" = ["encode"]

[roles]
"chosen.*.predict.words" = "inputs"
"chosen.*.predict.text" = "inputs"
"""


@pytest.fixture(scope="module")
def chosen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    package = written(tmp_path_factory.mktemp("chosen"), "chosen", {"__init__.py": CHOSEN}, CHOICES)
    yield from served(package, tmp_path_factory.mktemp("state"))


def test_what_is_chosen_is_served_and_nothing_else(chosen: Served) -> None:
    paths = httpx.get(f"{chosen.service.http}/openapi.json").json()["paths"]
    routes = {path for path in paths if (path.startswith("/api/v1/") and "scor" in path) or "enc" in path}
    assert routes == {"/api/v1/text-scorer/predict", "/api/v1/text-scorer/explain", "/api/v1/encoder/encode"}
    assert not hasattr(chosen.remote, "OldScorer")


def test_roles_decide_where_a_request_carries_it(chosen: Served) -> None:
    body = {"inputs": {"text": "abc", "words": ["x"]}, "parameters": {"level": 2}}
    assert chosen.post("text-scorer/predict", body).json() == {"result": 7}
    assert chosen.post("text-scorer/predict", {"inputs": {"text": "abc"}}).json() == {"result": 3}
    assert chosen.post("text-scorer/predict", {"inputs": "abc", "parameters": {"words": []}}).status_code == 422


@pytest.mark.parametrize("transport", ["http", "grpc"])
def test_chosen_methods_through_the_client(chosen: Served, transport: str) -> None:
    with chosen.remote.TextScorer.connect(chosen.url(transport)) as scorer:
        assert scorer.predict("abc", level=2, words=["x"]) == 7
        assert scorer.explain("why") == "why"
    with chosen.remote.Encoder.connect(chosen.url(transport)) as encoder:
        assert encoder.encode("a") == b"a"
        assert not hasattr(encoder, "predict")


def test_a_rename_keeps_the_number(tmp_path: Path) -> None:
    package = written(tmp_path, "chosen", {"__init__.py": CHOSEN}, CHOICES)
    assert not generate(package, tmp_path / "project").failed
    before = (tmp_path / "project/modelgen.lock").read_text()
    renamed = CHOSEN.replace("level", "grade")
    renames = '\n[renames]\n"chosen.TextScorer.predict.level" = "chosen.TextScorer.predict.grade"\n'
    written(tmp_path, "chosen", {"__init__.py": renamed}, CHOICES + renames)
    assert not generate(package, tmp_path / "project").failed
    after = (tmp_path / "project/modelgen.lock").read_text()
    lines = [line for line in before.splitlines() if 'name = "level"' in line]
    assert len(lines) == 1
    assert lines[0].replace("level", "grade") in after
    assert "retired" not in after
