"""`python -m toy_service serve`."""

from modelgen.runtime.server import command_line

from .bindings import SERVICE

command_line(SERVICE)()
