"""One call of each method, which the tests make. This file is yours: give the calls values that mean something."""

from __future__ import annotations

from typing import Any

REQUESTS: dict[tuple[str, str], dict[str, Any]] = {
    ("TextGenerator", "run"): {"inputs": "text"},
    ("TextGenerator", "run_complete"): {"inputs": "text"},
    ("TextGenerator", "run_chat"): {},
    ("TextGenerator", "run_perplexity"): {},
    ("TextGenerator", "run_paragraphs"): {"inputs": "text"},
}
"""(module, method) -> the body of a request."""

PIECES: dict[tuple[str, str], list[Any]] = {
    ("TextGenerator", "run_chat"): [{"text": "text"}, {"text": "text"}],
    ("TextGenerator", "run_perplexity"): ["text", "text"],
}
"""For methods that read a stream: its pieces."""
