"""The numbers of a project: those its lock has given, and those that the contract gets now."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from modelgen.contract import codec
from modelgen.contract.keeping import keep
from modelgen.contract.lowering import lower
from modelgen.contract.model import Contract
from modelgen.contract.pins import Pins, pin
from modelgen.contract.renames import follow, likely
from modelgen.contract.wire import Wire
from modelgen.finding import Finding, Level, Location, failed
from modelgen.project import folder, manifest
from modelgen.project.settings import Settings

LOCK = "modelgen.lock"


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbered:
    """A contract on the wire, with a number for everything."""

    wire: Wire
    pins: Pins
    lock: str
    """The text of the lock file."""
    findings: tuple[Finding, ...] = ()
    """What stays to be told while the settings are as they are."""
    news: tuple[Finding, ...] = ()
    """What is told once, when it happens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbering:
    """What is asked of the numbers."""

    keep: tuple[str, ...] = ()
    """Symbols of what changed its type and is to keep its number."""
    given: Pins | None = None
    """The numbers that are out; None: those of the project's lock."""


def number(contract: Contract, given: Pins, settings: Settings, keeping: tuple[str, ...] = ()) -> Numbered:
    """Number a contract after what was given, with `keeping` as in `Numbering.keep`."""
    followed = follow(given, settings.renames, contract)
    renames = tuple(replace(one, where=_settings_file(settings)) for one in followed.findings)
    wire = lower(contract, followed.pins.known())
    named = [one if one.startswith(f"{contract.package}.") else f"{contract.package}.{one}" for one in keeping]
    kept, said = keep(wire, followed.pins, named)
    pins, told = pin(wire, kept, contract.version)
    news = said if failed(said) else (*said, *told, *likely(kept, pins))
    return Numbered(wire=wire, pins=pins, lock=codec.dump(contract, wire, pins), findings=renames, news=news)


def published(root: Path) -> Pins:
    """The numbers that the project in a folder has given already.

    Raises:
        LockError: its lock cannot be used.
    """
    text = lock_text(root)
    if text is None and (finding := lost(root)):
        raise codec.LockError((finding,))
    return Pins() if text is None else codec.load(text, LOCK).pins


def lost(root: Path) -> Finding | None:
    """What to tell where a project's lock is gone; None where there never was one."""
    try:
        known = manifest.load((folder.read(root, manifest.MANIFEST) or b"").decode("utf-8", "replace"))
    except (manifest.ManifestError, folder.PathError, OSError):
        return None
    if LOCK not in known.files:
        return None
    return Finding(
        level=Level.ERROR,
        code="lock-missing",
        message=f"{LOCK} is gone, and every number of {root.name} with it",
        where=Location(path=LOCK),
        hint="restore it from version control, or from the protos: modelgen pin --from-proto",
    )


def lock_text(root: Path) -> str | None:
    """The text of a project's lock; None where it has none.

    Raises:
        LockError: it cannot be read.
    """
    try:
        data = folder.read(root, LOCK)
        return None if data is None else data.decode("utf-8")
    except folder.PathError as error:
        raise codec.LockError((_unreadable(str(error)),)) from error
    except UnicodeDecodeError as error:
        raise codec.LockError((_unreadable("is not UTF-8"),)) from error
    except OSError as error:
        raise codec.LockError((_unreadable(f"cannot be read: {error.strerror}"),)) from error


def _settings_file(settings: Settings) -> Location | None:
    return Location(path=folder.shown(settings.files[-1])) if settings.files else None


def _unreadable(why: str) -> Finding:
    return Finding(
        level=Level.ERROR,
        code="lock-invalid",
        message=f"{LOCK} {why}",
        where=Location(path=LOCK),
        hint="restore it from version control",
    )
