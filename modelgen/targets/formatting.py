"""black, where it is needed: templates write what it leaves alone, but cannot foresee how long an expression gets."""

from __future__ import annotations

import hashlib

from modelgen.languages.python import WIDTH
from modelgen.targets.target import Cache


def tidy(text: str, cache: Cache) -> str:
    """Python source as black has it. Only top-level blocks with a line that is too long are given to it."""
    if not _long(text):
        return text
    key = "black-" + hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()
    kept = cache.get(key)
    if kept is None:
        kept = shortened(text)
        cache.put(key, kept)
    return kept


def shortened(text: str) -> str:
    """Python source whose blocks with lines that are too long were formatted by black."""
    blocks = text.rstrip("\n").split("\n\n\n")
    return "\n\n\n".join(_formatted(block) if _long(block) else block for block in blocks) + "\n"


def _long(text: str) -> bool:
    return any(len(line) > WIDTH for line in text.split("\n"))


def _formatted(block: str) -> str:
    import black
    from black.mode import TargetVersion

    mode = black.Mode(line_length=WIDTH, target_versions={TargetVersion.PY310})
    return black.format_str(block, mode=mode).rstrip("\n")
