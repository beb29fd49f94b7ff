"""The text that the model learns from, and its alphabet."""

from __future__ import annotations

import re

import torch

ALPHABET = "\n" + "".join(chr(code) for code in range(32, 127))
"""Newline and printable ASCII; the network knows one more character, for all others."""
UNKNOWN = len(ALPHABET)
UNKNOWN_TEXT = "\N{REPLACEMENT CHARACTER}"
_INDEX = {character: index for index, character in enumerate(ALPHABET)}
_PLAIN = str.maketrans({"“": '"', "”": '"', "‘": "'", "’": "'", "–": "-", "—": "-", "…": "...", "\t": " "})
_NO_PROSE = re.compile(r"^ {5}|::=|>>>|\+--|^[*=\-.^~\d ]+$|\\", re.MULTILINE)


def encode(text: str) -> torch.Tensor:
    """Turn a text into the indices of its characters."""
    return torch.tensor([_INDEX.get(character, UNKNOWN) for character in text.translate(_PLAIN)], dtype=torch.long)


def decode(index: int) -> str:
    """Turn an index into its character."""
    return ALPHABET[index] if index < len(ALPHABET) else UNKNOWN_TEXT


def paragraphs() -> list[str]:
    """Read the language reference that `help()` shows: its paragraphs of prose, each on one line."""
    from pydoc_data.topics import topics

    blocks = (block for name in sorted(topics) for block in re.split(r"\n\s*\n", topics[name]))
    lines = (" ".join(block.translate(_PLAIN).split()) for block in blocks if not _NO_PROSE.search(block))
    return list(dict.fromkeys(line for line in lines if len(line) >= 40))


def split() -> tuple[str, str]:
    """Part the paragraphs into what is learned from and, every tenth of them, what is held out."""
    lines = paragraphs()
    learned = [line for number, line in enumerate(lines) if number % 10]
    return "\n".join(learned) + "\n", "\n".join(lines[::10]) + "\n"
