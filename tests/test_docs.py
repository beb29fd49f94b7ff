"""The documentation says what the code has: generated pages are fresh, nothing public is left out, every link leads on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import get_args

import pytest
import typer

from docs.generate_reference import FOLDER, PAGES, rendered
from docs.reference_pages import commands, findings
from modelgen.cli.main import COMMANDS, application
from modelgen.contract.types import ScalarKind, TypeRef
from modelgen.project import keys
from modelgen.runtime import settings as service_settings
from modelgen.runtime.errors import CODES
from modelgen.runtime.http import create_app

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
MEASURED = {"performance", "coverage"}
"""The page of the reference that `make bench` writes."""
WRITTEN = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
LINKED = sorted([*WRITTEN, *ROOT.glob("examples/*.md"), *ROOT.glob("examples/*/README.md")])

FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?:)([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)

SAID = {
    "Scalar": "`int64`",
    "Json": "`json`",
    "Empty": "`optional<int64>`",  # a parameter that can only be None cannot be sent
    "Named": "`message mylib.Label`",
    "Literals": '`enum{"auto", "exact"}`',
    "ListOf": "`list<int64>`",
    "TupleOf": "`tuple<string, int64>`",
    "MapOf": "`map<string, double>`",
    "OptionalOf": "`optional<message mylib.Label>`",
    "OneOf": "`oneof<int64 \\| string>`",
    "Tensor": "`tensor<float32, any>`",
}
"""Kind of type -> a type text on the page of types that shows it."""


def page(name: str) -> str:
    """A page of the reference."""
    return (FOLDER / f"{name}.md").read_text(encoding="utf-8")


def headings(text: str) -> set[str]:
    return {match[1] for match in HEADING.finditer(FENCED.sub("", text))}


def anchors(text: str) -> set[str]:
    """What GitHub calls the headings of a page."""
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings(text))
    return {heading.strip().replace(" ", "-") for heading in plain}


@pytest.mark.parametrize("name", PAGES)
def test_a_generated_page_is_fresh(name: str) -> None:
    assert page(name) == rendered(name), "run: python -m docs.generate_reference"


def test_every_page_of_the_reference_is_made_by_something() -> None:
    found = {path.relative_to(FOLDER).with_suffix("").as_posix() for path in FOLDER.rglob("*.md")}
    assert found - MEASURED == set(PAGES)


def test_every_command_and_option_is_documented() -> None:
    text = page("commands")
    app = typer.main.get_command(application())
    for name, _ in COMMANDS:
        assert f"### modelgen {name}\n" in text
        for option in (option for one in app.commands[name].params for option in one.opts if option.startswith("-")):
            assert f"`{option}`" in text
    assert commands.HEAD[0] in text


def test_every_setting_is_documented() -> None:
    found = headings(page("settings"))
    assert set(keys.CHECKS) <= found
    assert {field.name for field in fields(service_settings.Settings)} - {"deployments"} <= found
    assert {field.name for field in fields(service_settings.Deployment)} - {"name"} <= found


def test_every_error_code_is_documented() -> None:
    text = page("errors")
    assert all(f"| `{code}` | {error.status} |" in text for code, error in CODES.items())
    assert set(keys.CODES) == set(CODES)


def test_every_finding_code_is_documented() -> None:
    explained = {code for part in findings.words().values() for code in part}
    assert explained == set(findings.codes())


def test_every_route_is_documented() -> None:
    text = page("routes")
    app = create_app(commands.nothing(), service_settings.Settings())
    for route in app.routes:
        path = str(getattr(route, "path", ""))
        if path != "/docs/oauth2-redirect":
            assert f"{path}`" in text


def test_every_kind_of_type_is_documented() -> None:
    text = page("types")
    assert {kind.__name__ for kind in get_args(TypeRef)} == set(SAID)
    assert all(shown in text for shown in SAID.values())
    assert all(f"| `{kind}` |" in text for kind in get_args(ScalarKind))


def links(file: Path) -> Iterator[tuple[str, Path, str]]:
    """Each link of a page inside the repository: as written, the file, the heading."""
    for match in LINK.finditer(FENCED.sub("", file.read_text(encoding="utf-8"))):
        path, _, anchor = match[1].partition("#")
        yield match[1], (file.parent / path).resolve() if path else file, anchor


@pytest.mark.parametrize("file", LINKED, ids=lambda file: str(file.relative_to(ROOT)))
def test_every_link_leads_on(file: Path) -> None:
    for written, target, anchor in links(file):
        assert target.exists(), written
        assert target.is_relative_to(ROOT), written
        assert not anchor or anchor in anchors(target.read_text(encoding="utf-8")), written


def test_every_page_can_be_reached() -> None:
    reached: set[Path] = set()
    waiting = [ROOT / "README.md"]
    while waiting:
        file = waiting.pop()
        if file not in reached and file.suffix == ".md":
            reached.add(file)
            waiting += [target for _, target, _ in links(file)]
    assert set(WRITTEN) - {FOLDER / f"{name}.md" for name in MEASURED} <= reached


@pytest.mark.parametrize(
    "file",
    [file for file in WRITTEN if file.parent.name != "rules"],  # those show findings as they are told
    ids=lambda file: str(file.relative_to(ROOT)),
)
def test_lines_are_short(file: Path) -> None:
    lines = file.read_text(encoding="utf-8").splitlines()
    assert not [line for line in lines if len(line) > 120 and not line.startswith("|")]
