"""The service's log: lines for people on a terminal, JSON in a pipe; one line per request where that is asked for.

A line holds what happened, never what was sent: no payloads, no headers, no query of a path.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import IO, Any

from modelgen.runtime.origin import ORIGIN, named

ACCESS = logging.getLogger("modelgen.access")
"""One line per request."""

_OWN = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}
"""What every record holds: all else was given with `extra`."""
_COLOURS = {"DEBUG": "\x1b[2m", "WARNING": "\x1b[33m", "ERROR": "\x1b[31m", "CRITICAL": "\x1b[31;1m"}
_DIM, _PLAIN = "\x1b[2m", "\x1b[0m"


def configure(level: str, form: str, stream: IO[str] | None = None) -> None:
    """Log to a stream (standard error), in the form that suits it where `auto` is asked for."""
    stream = sys.stderr if stream is None else stream
    terminal = stream.isatty()
    handler = logging.StreamHandler(stream)
    if form == "json" or (form == "auto" and not terminal):
        handler.setFormatter(Json())
    else:
        handler.setFormatter(Text(colours=terminal and "NO_COLOR" not in os.environ))
    handler.addFilter(_is_news)
    handler.addFilter(_name_request)
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    logging.captureWarnings(True)


def manner() -> tuple[str, str]:
    """The level and the form of this process's log, for `configure` in a process that it starts."""
    root = logging.getLogger()
    in_json = any(isinstance(handler.formatter, Json) for handler in root.handlers)
    return logging.getLevelName(root.level).lower(), "json" if in_json else "text"


def _is_news(record: logging.LogRecord) -> bool:
    """Not what uvicorn tells of starts and stops: the service does so itself."""
    return record.levelno >= logging.WARNING or not record.name.startswith("uvicorn")


def _name_request(record: logging.LogRecord) -> bool:
    """Says which request a model's own record is of."""
    for name, value in named(ORIGIN.get()).items():
        record.__dict__.setdefault(name, value)
    return True


def outlast_readers() -> None:
    """Go on when who reads standard output or standard error goes away, as in `serve | head`."""
    sys.stdout, sys.stderr = _Lasting(sys.stdout), _Lasting(sys.stderr)


class _Lasting:
    """A text stream that leads nowhere once its reader is gone; in all else the stream itself."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        try:
            self._stream.write(text)
        except BrokenPipeError:
            self._lead_nowhere()
        return len(text)

    def flush(self) -> None:
        try:
            self._stream.flush()
        except BrokenPipeError:
            self._lead_nowhere()

    def _lead_nowhere(self) -> None:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self._stream.fileno())  # so that what is still held back has somewhere to go
        os.close(nowhere)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


class Json(logging.Formatter):
    """An object per line: `time`, `level`, `logger`, `message`, what was given with `extra`, and `exception`."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        line: dict[str, Any] = {
            "time": _moment(record).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **_given(record),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str, ensure_ascii=False)


class Text(logging.Formatter):
    """`12:30:01 INFO ready  key=value`, in colours on a terminal."""

    def __init__(self, *, colours: bool) -> None:
        super().__init__()
        self._colours = colours

    def format(self, record: logging.LogRecord) -> str:
        """The line, and what was raised below it."""
        time = _moment(record).astimezone().strftime("%H:%M:%S")
        given = " ".join(f"{name}={_shown(value)}" for name, value in _given(record).items())
        level, message = record.levelname, _printable(record.getMessage())
        if self._colours:
            level = f"{_COLOURS.get(level, '')}{level}{_PLAIN}"
            time, given = f"{_DIM}{time}{_PLAIN}", f"{_DIM}{given}{_PLAIN}" if given else ""
        line = f"{time} {level} {message}" + (f"  {given}" if given else "")
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def _moment(record: logging.LogRecord) -> datetime:
    return datetime.fromtimestamp(record.created, timezone.utc)


def _given(record: logging.LogRecord) -> Mapping[str, Any]:
    return {name: value for name, value in record.__dict__.items() if name not in _OWN}


def _shown(value: Any) -> str:
    text = str(value)
    return text if text.isprintable() and text and not set(text) & set(' "=') else json.dumps(text)


def _printable(text: str) -> str:
    """The text without what would move a terminal's cursor."""
    return "".join(letter if letter.isprintable() or letter in "\n\t" else repr(letter)[1:-1] for letter in text)
