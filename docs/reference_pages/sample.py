"""A project in memory, from which the pages take what every project has."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from modelgen.finding import failed
from modelgen.project.render import Rendering, render
from modelgen.project.settings import Settings
from modelgen.source.package import locate
from modelgen.targets.target import Forgetful

SOURCE = '''"""A package with everything that adds a route."""

from __future__ import annotations


class Model:
    """A model."""

    def run(self, text: str) -> str:
        """Run it."""

    @classmethod
    def train(cls, texts: list[str]) -> Model:
        """Train it."""

    def save(self, path: str) -> None:
        """Save it."""

    @classmethod
    def load(cls, path: str) -> Model:
        """Load it."""
'''


@cache
def project() -> Mapping[str, str]:
    """The generated files of the sample: path -> text."""
    return {file.path: file.text for file in rendering("sample", SOURCE).files}


def rendering(name: str, source: str) -> Rendering:
    """What modelgen makes of a package of one file."""
    with tempfile.TemporaryDirectory() as folder:
        package = Path(folder) / name
        package.mkdir()
        (package / "__init__.py").write_text(source, encoding="utf-8")
        found = render(locate(package), Settings(), Path(folder) / "project", Forgetful(), lambda step: None)
    if failed(found.findings):
        raise ValueError("\n".join(map(str, found.findings)))
    return found
