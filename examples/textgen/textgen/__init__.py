"""A character-level language model of Python's own documentation."""

from textgen.generator import TextGenerator
from textgen.messages import Completion, FinishReason, Message, Reply, Role, Token, Usage

__all__ = ["Completion", "FinishReason", "Message", "Reply", "Role", "TextGenerator", "Token", "Usage"]
