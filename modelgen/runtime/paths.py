"""The paths by which errors name fields: `inputs.boxes[2].width`."""

from __future__ import annotations


def joined(path: str, step: int | str) -> str:
    """The path of a field or an item inside what `path` names."""
    if isinstance(step, int):
        return f"{path}[{step}]"
    return f"{path}.{step}" if path else step
