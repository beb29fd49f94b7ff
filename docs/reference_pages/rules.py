"""The rules of `modelgen check`: an index, and a page for each, which `--explain` prints as well."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from docs.reference_pages.markdown import table
from modelgen.check import rules
from modelgen.check.pages import page
from modelgen.check.rule import RULES, Rule
from modelgen.check.verdicts import VERDICTS

HEAD = """\
# Rules

What `modelgen check` finds, and what each finding may be on each surface: the *wire* (gRPC and its bytes), *json* (REST
and OpenAPI), *source* (code that calls the generated clients) and *behaviour* (calls that stay valid and mean something
else, or are refused). Where there are two, it hangs on the side that reaches the element, a request or an answer, on
the numbers, or on what the types hold. `modelgen check --explain RULE` prints a page in the terminal.

The gravest verdict is the finding's weight, unless the [settings](../settings.md#check) give the rule another one. See
[how to stop a breaking change in CI](../../how-to/check-in-ci.md) and
[how to accept one](../../how-to/accept-a-change.md). What `--format json` writes is described by
[a JSON schema](../check.schema.json)."""

PARTS: Mapping[str, str] = {
    "modules": "Packages and classes",
    "methods": "Methods",
    "fields": "Parameters and fields",
    "types": "Types",
    "enums": "Choices",
    "constraints": "Constraints, limits, descriptions",
    "pins": "Numbers and files",
}
"""File of rules -> what it looks at."""

assert rules  # loading them registers them


def pages() -> Mapping[str, Callable[[], str]]:
    """Name of the page -> what makes it."""
    return {"rules/README": _index, **{f"rules/{code}": _maker(rule) for code, rule in RULES.items()}}


def _maker(rule: Rule) -> Callable[[], str]:
    return lambda: page(rule)


def _index() -> str:
    return "\n\n".join((HEAD, *_parts()))


def _parts() -> Iterator[str]:
    for name, title in PARTS.items():
        found = [rule for rule in RULES.values() if rule.find.__module__.rpartition(".")[2] == name]
        yield f"## {title}"
        yield table(("rule", "wire", "json", "source", "behaviour", ""), map(_row, found))


def _row(rule: Rule) -> tuple[str, ...]:
    verdicts = (" or ".join(found) for found in VERDICTS[rule.code].values())
    return (f"[{rule.code}]({rule.code}.md)", *verdicts, rule.page.split("\n\n")[0].replace("\n", " "))
