"""What goes into the model and what comes out of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class FinishReason(Enum):
    """Why a text ended."""

    LENGTH = "length"
    """The most characters allowed were reached."""
    STOP = "stop"
    """A stop text, or the end of a paragraph in a chat, was reached."""


class Role(Enum):
    """Who speaks."""

    SYSTEM = "system"
    """Sets the scene; read, but not answered."""
    USER = "user"


@dataclass(frozen=True)
class Token:
    """One generated character."""

    text: str
    logprob: float
    """Natural logarithm of its probability, at temperature 1."""
    index: int
    """Counts from 0."""
    finish_reason: FinishReason | None = None
    """Set on the last character only."""


@dataclass(frozen=True)
class Usage:
    """How many characters were read and written."""

    prompt_tokens: int
    completion_tokens: int


@dataclass(frozen=True)
class Completion:
    """A whole generated text."""

    text: str
    finish_reason: FinishReason
    usage: Usage
    logprobs: list[float] | None = None
    """Of each character; None unless asked for."""


@dataclass(frozen=True)
class Message:
    """What someone says in a chat."""

    text: str
    role: Role = Role.USER


@dataclass(frozen=True)
class Reply:
    """The model's answer to one message."""

    text: str
    turn: int
    """Counts the answers from 0."""
    finish_reason: FinishReason
    usage: Usage
