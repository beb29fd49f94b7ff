"""The rules, by the part of the contract that they look at. Importing this registers all of them."""

from __future__ import annotations

from modelgen.check.rules import constraints as constraints
from modelgen.check.rules import enums as enums
from modelgen.check.rules import fields as fields
from modelgen.check.rules import methods as methods
from modelgen.check.rules import modules as modules
from modelgen.check.rules import pins as pins
from modelgen.check.rules import types as types
