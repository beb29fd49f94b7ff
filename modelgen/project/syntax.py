"""Whether a generated text is at least a text of its kind: the last look before anything is written."""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Callable
from pathlib import PurePosixPath

if sys.version_info >= (3, 11):
    import tomllib
else:  # the standard library has it from 3.11 on
    import tomli as tomllib


def problem(path: str, text: str) -> str:
    """What is wrong with a file's text, judged by the file's suffix; empty where nothing is."""
    try:
        text.encode()
        with warnings.catch_warnings():
            warnings.simplefilter("error", SyntaxWarning)
            _PARSERS.get(PurePosixPath(path).suffix, _anything)(text, path)
    except (ValueError, SyntaxError, SyntaxWarning, RecursionError) as error:
        return " ".join(str(error).split())
    return ""


def _anything(text: str, path: str) -> None:
    pass


def _python(text: str, path: str) -> None:
    compile(text, path, "exec", dont_inherit=True)


def _json(text: str, path: str) -> None:
    json.loads(text)


def _toml(text: str, path: str) -> None:
    tomllib.loads(text)


def _yaml(text: str, path: str) -> None:
    import yaml  # only where a project has such a file

    try:
        yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error


_PARSERS: dict[str, Callable[[str, str], None]] = {
    ".py": _python,
    ".pyi": _python,
    ".json": _json,
    ".toml": _toml,
    ".yaml": _yaml,
    ".yml": _yaml,
}
