"""Request ids."""

from __future__ import annotations

import random
import re

VISIBLE = re.compile(r"[!-~]{1,128}")


def request_identifier(given: str | None) -> str:
    """The id that a caller gave, if it is short and visible ASCII; else a new one."""
    if given is not None and VISIBLE.fullmatch(given):
        return given
    return f"{random.getrandbits(128):032x}"  # names a request, protects nothing: the system's randomness costs more
