"""The golden projects: what `make regen` rewrites and the tests compare with.

    fixtures/packages/<case>/<package>  ->  fixtures/packages/<case>/expected
    examples/<name>                     ->  examples/<name>/<package>-service

A project is rewritten whole, scaffolds included, but for the numbers in its lock: those stay, as they do for users. What
it holds is its release, so that its CHANGELOG does not tell of how a fixture came about.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import modelgen
from modelgen.finding import Finding, failed
from modelgen.project import settings, tree
from modelgen.project.numbers import LOCK
from modelgen.project.releases import CHANGELOG, RELEASED
from modelgen.project.render import Rendering, render
from modelgen.source.package import Package, locate
from modelgen.targets.target import Forgetful

ROOT = Path(__file__).parents[1]
EXPECTED = "expected"


@dataclass(frozen=True)
class Golden:
    """A package and the project that modelgen makes of it."""

    name: str
    package: Package
    project: Path

    def render(self) -> Rendering:
        """What modelgen makes of the package now."""
        decided, findings = settings.load(self.package.root)
        if failed(findings):
            return Rendering(findings=findings)
        return render(self.package, decided, self.project, Forgetful(), lambda step: None)

    def rewrite(self) -> tuple[Finding, ...]:
        """Replace the project. Answers what was wrong, and leaves the project then."""
        rendering = self.render()
        if failed(rendering.findings):
            return rendering.findings
        files = {file.path: file.text for file in rendering.files}
        if files[RELEASED] != files[LOCK]:
            (self.project / RELEASED).write_text(files[LOCK], encoding="utf-8")
            (self.project / LOCK).write_text(files[LOCK], encoding="utf-8")
            (self.project / CHANGELOG).unlink(missing_ok=True)
            rendering = self.render()
        with tempfile.TemporaryDirectory(dir=self.project.parent) as folder:
            fresh = Path(folder) / "project"
            with tree.opened(fresh):
                changes = tree.plan(fresh, rendering.files, generator=modelgen.__version__)
                tree.apply(changes)
            if changes.refused:
                return changes.findings
            shutil.rmtree(self.project, ignore_errors=True)
            fresh.rename(self.project)
        return ()


def goldens() -> Iterator[Golden]:
    """Every golden project, fixtures first."""
    for case in sorted((ROOT / "fixtures/packages").glob("*/")):
        package = next((path for path in sorted(case.iterdir()) if _is_package(path)), None)
        if package is not None and (case / EXPECTED).exists():
            yield Golden(case.name, locate(package), case / EXPECTED)
    for example in sorted((ROOT / "examples").glob("*/pyproject.toml")):
        package_ = locate(example.parent)
        yield Golden(example.parent.name, package_, example.parent / f"{package_.name.replace('_', '-')}-service")


def main() -> int:
    """Rewrite every project; 1 if one could not be."""
    wrong = False
    for golden in goldens():
        findings = golden.rewrite()
        wrong |= bool(findings)
        for line in (f"{golden.name}: {golden.project.relative_to(ROOT)}", *map(str, findings)):
            print(line)
    return int(wrong)


def _is_package(path: Path) -> bool:
    return path.name != EXPECTED and (path.suffix == ".py" or (path / "__init__.py").is_file())


if __name__ == "__main__":
    sys.exit(main())
