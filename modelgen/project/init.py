"""The first settings of a package: a commented modelgen.toml, from what is found in it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from modelgen.contract.model import Contract, LeftOut, Module
from modelgen.finding import Finding, Level, Location, failed
from modelgen.project import settings
from modelgen.project.keys import TARGETS
from modelgen.project.settings import OWN_FILE, PROJECT_FILE
from modelgen.source import Options, read
from modelgen.source.package import Package, PackageNotFound, locate

USUAL = (
    "run run_* predict predict_* transform inverse_transform decision_function score_samples encode encode_* decode "
    "decode_* embed embed_* transcribe translate generate generate_* summarize classify detect recognize segment "
    "extract extract_* answer chat complete rank rerank search forecast tokenize tag parse correct recommend stem "
    "lemmatize classify_* detect_* polarity_scores get_scores get_embeddings infer inference"
).split()
"""What inference methods are usually called."""
CALL = "__call__"
"""Counts where a class has none of the usual ones."""
OWN = frozenset({"explain", "detect_drift"})
"""Served where they exist, whatever the settings say."""
MOST = 20
"""Classes without a method of a usual name that are named."""
INSTALLED = frozenset({"site-packages", "dist-packages"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """What looking at a package came to."""

    path: Path | None = None
    """The file that was written."""
    text: str = ""
    classes: int = 0
    methods: int = 0
    gaps: int = 0
    """How many types could not be read."""
    findings: tuple[Finding, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether an error stood in the way. Nothing was written then."""
        return failed(self.findings)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """One class, and its methods with a usual name."""

    symbol: str
    methods: tuple[str, ...]
    gaps: tuple[tuple[str, LeftOut], ...]
    """Key in settings, and what could not be read there."""
    refused: int


def init(path: Path) -> Started:
    """Write a modelgen.toml for the package at a path, where it has no settings yet."""
    try:
        package = locate(path)
    except PackageNotFound as error:
        return Started(findings=(error.finding,))
    target = _place(package) / OWN_FILE
    if existing := _existing(package):
        return Started(findings=(_exists(existing),))
    reading = read(package.root, Options(methods={"*": (*USUAL, CALL)}, refused="warning"))
    broken = tuple(one for one in reading.findings if one.level is Level.ERROR and one.code != "nothing-servable")
    seen = list(_seen(reading.contract))
    if any(one.code != "syntax-error" for one in broken) or (broken and not seen):
        return Started(findings=broken)
    text = "\n".join(_text(package, seen, [] if seen else _others(package)))
    try:
        with target.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        return Started(findings=(_exists(target),))
    except OSError as error:
        return Started(findings=(_unwritable(target, error),))
    return Started(
        path=target,
        text=text,
        classes=len(seen),
        methods=sum(len(one.methods) for one in seen),
        gaps=sum(len(one.gaps) for one in seen),
    )


def _place(package: Package) -> Path:
    """Beside the package, or beside the `src` that it lies in; in the package, where it is installed among others."""
    root = package.root.absolute()
    if root.parent.name in INSTALLED and root.is_dir():
        return root
    beside_src = root.parent.parent
    return beside_src if root.parent.name == "src" and (beside_src / PROJECT_FILE).is_file() else root.parent


def _existing(package: Package) -> Path | None:
    """The file that holds settings already."""
    for path in settings.looked_at(package.root):
        if path.is_file() and (path.name == OWN_FILE or b"[tool.modelgen" in path.read_bytes()):
            return path
    return None


# What is there


def _seen(contract: Contract) -> Iterator[_Seen]:
    for module in contract.modules:
        names = _names(module)
        if names:
            gaps = tuple(_gaps(module, names))
            refused = sum(_short(one.name) in names for one in module.refused)
            yield _Seen(symbol=module.symbol, methods=names, gaps=gaps, refused=refused)


def _others(package: Package) -> list[tuple[str, list[str]]]:
    """Classes with methods of any name that can be served as they are, and those."""
    reading = read(package.root, Options(methods={"*": ("*",)}, refused="warning"))
    found = [
        (one.symbol, [method.name for method in one.methods if method.kind == "infer" and method.parameters])
        for one in reading.contract.modules
    ]
    return [(symbol, names) for symbol, names in found if names][:MOST]


def _names(module: Module) -> tuple[str, ...]:
    """The methods of a class that are likely to be inference, in the order of the source."""
    served = [method.name for method in module.methods if method.kind == "infer" and method.name not in OWN]
    every = [*served, *(_short(one.name) for one in module.refused)]
    usual = [name for name in every if name not in (CALL, "train")]
    return tuple(usual or [name for name in every if name == CALL])


def _gaps(module: Module, names: Iterable[str]) -> Iterator[tuple[str, LeftOut]]:
    for refused in module.refused:
        if _short(refused.name) in names:
            yield from ((f"{module.symbol}.{_short(refused.name)}.{gap.name}", gap) for gap in refused.gaps)
    for method in module.methods:
        if method.name in names:
            for gap in method.left_out:
                if not gap.reason.startswith("`*"):  # `**kwargs` has no name that settings could call it by
                    yield f"{module.symbol}.{method.name}.{gap.name}", replace(gap, doc="drop")


def _short(name: str) -> str:
    return name.rpartition(".")[2]


# What is written


def _text(package: Package, seen: list[_Seen], others: list[tuple[str, list[str]]]) -> Iterator[str]:
    service = f"{package.name.strip('_').replace('_', '-')}-service"
    yield f"# Settings of modelgen for {package.name}. Every key may be left out. Lines after # are suggestions."
    yield ""
    yield "# The service's name, its version, and the folder that it is written to."
    yield f'# service = "{service}"'
    yield '# version = "0.1.0"'
    yield f'# output = "{service}"'
    yield ""
    yield "# What is written beside the service: all of it, unless some is left out here."
    yield f"# targets = {json.dumps(list(TARGETS))}"
    yield ""
    yield "# Only these classes and methods, and not those, by their dotted names."
    yield f'# include = ["{seen[0].symbol if seen else package.name + ".Cls"}"]'
    yield f'# exclude = ["{package.name}.internal.*"]'
    yield ""
    yield from _refused(sum(one.refused for one in seen))
    yield ""
    yield from _methods(package, seen, others)
    yield ""
    yield from _types(package, seen)
    yield ""
    yield from _rest(package)


def _refused(number: int) -> Iterator[str]:
    if number:
        plural = "s" * (number != 1)
        yield f"# {number} method{plural} cannot be served yet, for a type that could not be read: see [types] below."
        yield '# With "warning" the others are served; take the line away to be told as errors.'
        yield 'refused = "warning"'
    else:
        yield '# A method that cannot be served: an "error" stops modelgen, a "warning" leaves the method out.'
        yield '# refused = "error"'


def _methods(package: Package, seen: list[_Seen], others: list[tuple[str, list[str]]]) -> Iterator[str]:
    yield "# The inference methods of each class. Without this table they are run and run_* of every class."
    special = [one for one in seen if one.methods == (CALL,)]
    usual = [one for one in seen if one not in special]
    for one in usual:
        yield f"#   {one.symbol}: {', '.join(one.methods)}"
    names = list(dict.fromkeys(name for one in usual for name in one.methods))
    if not seen or (not special and all(name.split("_")[0] == "run" for name in names)):
        if others:
            yield "# No class has a method with a usual name. These can be served; choose, and take the # away:"
        elif not seen:
            yield "# No class has a method with a usual name. Name yours:"
        yield "# [methods]"
        yield from (f'# "{symbol}" = {json.dumps(names)}' for symbol, names in others)
        if not others:
            yield f'# "{package.name}.Cls" = ["predict"]'
        return
    yield "[methods]"
    if names:
        yield f'"*" = {json.dumps(names)}'
    yield from (f'"{one.symbol}" = ["{CALL}"]' for one in special)


def _types(package: Package, seen: list[_Seen]) -> Iterator[str]:
    gaps: dict[Location | None, list[tuple[str, LeftOut]]] = {}
    for one in seen:
        for key, gap in one.gaps:
            gaps.setdefault(gap.where, []).append((key, gap))
    yield "# Types by dotted name, which may be a glob. They count more than annotations and docstrings."
    if not gaps:
        yield "# [types]"
        yield f'# "{package.name}.Cls.predict.X" = "numpy.ndarray"'
        return
    yield "# These could not be read. Write what they are, as in Python, and take the # away;"
    yield '# "drop" leaves out a parameter that has a default.'
    yield "[types]"
    for where, found in gaps.items():
        read_ = f" (read: {' '.join(found[0][1].text.split())})" if found[0][1].text else ""
        yield f"# {where}: {' '.join(found[0][1].reason.split())}{read_}"
        yield from (f'# "{key}" = "{gap.doc if gap.doc == "drop" else ""}"' for key, gap in found)


def _rest(package: Package) -> Iterator[str]:
    name = package.name
    yield "# For classes that say nothing of their fields: the type that their values travel as, and two functions."
    yield '# [adapters."PIL.Image.Image"]'
    yield '# type = "bytes"'
    yield f'# load = "{name}.wire.load_image"'
    yield f'# dump = "{name}.wire.dump_image"'
    yield ""
    yield '# Where a request carries a parameter: without a default it is of the "inputs", else of the "parameters".'
    yield "# [roles]"
    yield f'# "{name}.Cls.predict.top_k" = "inputs"'
    yield ""
    yield "# The error that callers get for an exception. ValueError and TypeError are INVALID_ARGUMENT anyway."
    yield "# [raises]"
    yield f'# "{name}.errors.TooLong" = "INVALID_ARGUMENT"'
    yield ""
    yield "# What a class is for, by Hugging Face's name of the task."
    yield "# [tasks]"
    yield f'# "{name}.Cls" = "text-classification"'
    yield ""
    yield "# How calls of a method are batched, where it has a sibling for many inputs, or takes tensors."
    yield "# [batching]"
    yield f'# "{name}.Cls.predict" = {{ max_size = 32, axis = 0 }}'
    yield ""
    yield "# What the service starts with beside an instance of each class that is made without arguments."
    yield "# [deployments.second]"
    yield f'# module = "{name}.Cls"'
    yield '# arguments = { language = "de" }'
    yield ""
    yield "# After renaming a class or a field: the old dotted name, and the new one that keeps its wire numbers."
    yield "# [renames]"
    yield f'# "{name}.Old" = "{name}.New"'
    yield ""


# What the user is told


def _exists(path: Path) -> Finding:
    return Finding(
        level=Level.ERROR,
        code="settings-exist",
        message=f"{path.name} holds settings already: nothing was written",
        where=Location(path=str(path)),
        hint="change them there",
    )


def _unwritable(path: Path, error: OSError) -> Finding:
    return Finding(
        level=Level.ERROR,
        code="settings-unwritable",
        message=f"{path.name} could not be written: {error.strerror or error}",
        where=Location(path=str(path)),
        hint="give the right to write there",
    )
