"""Diffs of files, as `patch` and people read them."""

from __future__ import annotations

import difflib
import io
from collections.abc import Iterator


def unified(before: bytes | None, after: bytes | None, old: str, new: str) -> str:
    """What makes `after` of `before`, each under its name; None is no file."""
    lines = difflib.unified_diff(
        _lines(before), _lines(after), "/dev/null" if before is None else old, "/dev/null" if after is None else new
    )
    return "".join(_closed(lines))


def _lines(data: bytes | None) -> list[str]:
    return list(io.StringIO((data or b"").decode("utf-8", errors="replace"), newline="\n"))


def _closed(lines: Iterator[str]) -> Iterator[str]:
    for line in lines:
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
