"""The expressions that carry one value between host, schema and message. What converters are written with.

Four directions, a file each: schema -> host (`host`), host -> schema (`schema`), message -> plain value (`plain`),
schema -> message (`message`). Each method answers the text of an expression over the text it is given; the same text
means that nothing needs to be done. What an expression cannot say becomes a function of its own, in `functions`.
"""

from __future__ import annotations

from dataclasses import dataclass

from modelgen.targets.conversions.from_message import FromMessage
from modelgen.targets.conversions.names import Function, adapter_of, attr, ordered, presence, unadapted
from modelgen.targets.conversions.to_host import ToHost
from modelgen.targets.conversions.to_message import ToMessage
from modelgen.targets.conversions.to_schema import ToSchema

__all__ = ["Conversions", "Function", "adapter_of", "attr", "ordered", "presence", "unadapted"]


@dataclass
class Conversions(ToHost, ToSchema, FromMessage, ToMessage):
    """The expressions of one converter file, and what that file must import for them."""
