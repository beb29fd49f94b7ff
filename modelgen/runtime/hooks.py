"""The seams that a project's `hooks.py` may fill: `startup`, `shutdown`, `middleware` and `interceptors`."""

from __future__ import annotations

from typing import Any

NAMES = ("startup", "shutdown", "middleware", "interceptors")


def call_hook(hooks: Any, name: str, *arguments: Any) -> Any:
    """What the hook answers; None where the project has none of that name."""
    hook = getattr(hooks, name, None)
    return hook(*arguments) if hook is not None else None
