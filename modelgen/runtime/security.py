"""Who may do what: bearer tokens with scopes, and what is open without one.

Tokens are kept as hashes and compared in constant time. Without any token and issuer, inference is open, and management
(training jobs, and all that changes what is served) is for callers on this machine.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import logging
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeAlias
from urllib.parse import urlsplit

from modelgen.finding import Finding, Level, Location
from modelgen.runtime.errors import PermissionDenied, Unauthenticated

if TYPE_CHECKING:
    from modelgen.runtime.settings import Settings

logger = logging.getLogger("modelgen.runtime")

INFER, MANAGE = "infer", "manage"
SCOPES = (INFER, MANAGE)
ANYWHERE, LOCAL, TOKEN = "open", "local", "token"
"""Who may manage where no token is configured, as the setting `management` has it."""

VARIABLES: Mapping[str, frozenset[str]] = {
    "MODELGEN_TOKEN": frozenset({INFER}),
    "MODELGEN_MANAGE_TOKEN": frozenset(SCOPES),
}
"""Environment variables that hold a token, and what it is good for."""
LEAST = 16
"""Characters of a token: fewer can be guessed."""
_HASH = re.compile(r"sha256:([0-9a-f]{64})")

Scopes: TypeAlias = frozenset[str]


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, as far as it matters here."""

    scopes: Scopes = frozenset()
    known: bool = False
    """Whether it showed a token that counts."""
    private: bool = False
    """Whether it came to the management port."""
    local: bool = False
    """Whether it reached the service at an address of this machine alone, and not out of another site's page."""


class Issuer(Protocol):
    """Says what a token of somebody else's is good for."""

    async def scopes(self, token: str) -> Scopes:
        """The scopes. Raises Unauthenticated."""


class Tokens:
    """The service's own tokens: from the environment, and from a file that is read again when it changes."""

    def __init__(self, environment: Mapping[str, str], file: str) -> None:
        self._fixed = tuple(
            (_digest(environment[name]), scopes) for name, scopes in VARIABLES.items() if environment.get(name)
        )
        self._file = Path(file) if file else None
        self._stamp: tuple[int, int, int] | None = None
        self._listed: tuple[tuple[bytes, Scopes], ...] = ()
        self._refresh()

    def __bool__(self) -> bool:
        return bool(self._fixed) or self._file is not None

    def scopes(self, token: str) -> Scopes | None:
        """What a token is good for; None where it is none of these. The time does not depend on which it is."""
        self._refresh()
        digest = _digest(token)
        found: Scopes | None = None
        for known, scopes in (*self._fixed, *self._listed):
            if hmac.compare_digest(digest, known):
                found = scopes if found is None else found | scopes
        return found

    def _refresh(self) -> None:
        if self._file is None:
            return
        try:
            stat = self._file.stat()
            stamp = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
            if stamp != self._stamp:
                entries, problems = read_tokens(self._file.read_text(encoding="utf-8"))
                self._stamp, self._listed = stamp, entries
                for line, problem in problems:
                    logger.error("line %d of the tokens' file counts for nothing: %s", line, problem)
        except (OSError, UnicodeDecodeError) as error:
            if self._stamp is not None:
                logger.error("the tokens' file cannot be read, no token of it counts: %s", type(error).__name__)
            self._stamp, self._listed = None, ()


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()


def read_tokens(text: str) -> tuple[tuple[tuple[bytes, Scopes], ...], tuple[tuple[int, str], ...]]:
    """The tokens that a file lists, as hashes with scopes; and line and text of what is wrong with it.

    A line is `sha256:<hex>` or a token itself, then its scopes with commas between; `#` begins a comment.
    """
    found: list[tuple[bytes, Scopes]] = []
    problems: list[tuple[int, str]] = []
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.partition("#")[0].split()
        if not words:
            continue
        problem = _wrong(words)
        if problem:
            problems.append((number, problem))
            continue
        hashed = _HASH.fullmatch(words[0])
        digest = bytes.fromhex(hashed[1]) if hashed else _digest(words[0])
        found.append((digest, frozenset(words[1].split(","))))
    return tuple(found), tuple(problems)


def _wrong(words: list[str]) -> str:
    """What is wrong with a line, without a word of the token."""
    if len(words) != 2:
        return "it must be a token and its scopes"
    if words[0].startswith("sha256:") and not _HASH.fullmatch(words[0]):
        return "after `sha256:` there must be 64 hexadecimal digits"
    if len(words[0]) < LEAST:
        return f"the token has less than {LEAST} characters"
    if not set(words[1].split(",")) <= set(SCOPES):
        return "after the token there must be `infer`, `manage`, or `infer,manage`"
    return ""


class Access:
    """The rules of one service."""

    def __init__(self, settings: Settings, environment: Mapping[str, str], issuer: Issuer | None = None) -> None:
        self._tokens = Tokens(environment, settings.tokens)
        self._issuer = issuer
        self.open_inference = settings.open_inference
        """Whether methods are called without a token, though management needs one."""
        self._management = settings.management
        self._own_port = settings.management_port is not None
        self.active = bool(self._tokens) or issuer is not None
        """Whether callers have to show who they are."""
        self.listens_locally = is_loopback(settings.host)
        """Whether only this machine reaches the service, as far as its settings say."""

    async def caller(self, authorization: str | None, *, private: bool = False, local: bool = False) -> Caller:
        """Who calls with that `Authorization`. Raises Unauthenticated for one that does not count."""
        if authorization is None or not self.active:
            return Caller(private=private, local=local)
        kind, _, token = authorization.partition(" ")
        if kind.lower() != "bearer" or not token.strip():
            raise Unauthenticated("The Authorization is no bearer token")
        token = token.strip()
        scopes = self._tokens.scopes(token)
        if scopes is None:
            if self._issuer is None:
                raise Unauthenticated("The token is not known here")
            scopes = await self._issuer.scopes(token)
        return Caller(scopes=scopes, known=True, private=private, local=local)

    def admit(self, caller: Caller) -> None:
        """Let callers in who may do anything at all. Raises Unauthenticated."""
        if self.active and not (caller.known or self.open_inference):
            raise Unauthenticated("A token is needed: Authorization: Bearer …")

    def permit_inference(self, caller: Caller) -> None:
        """Raises Unauthenticated or PermissionDenied for a caller who may not call methods."""
        if self.active and not self.open_inference:
            self._require(INFER, caller)

    def permit_management(self, caller: Caller) -> None:
        """Raises Unauthenticated or PermissionDenied for a caller who may not manage."""
        if self._own_port and not caller.private:
            raise PermissionDenied("Management is served on a port of its own")
        if self.active:
            self._require(MANAGE, caller)
        elif self._management == TOKEN or (self._management == LOCAL and not (caller.private or caller.local)):
            raise PermissionDenied("Management needs a token here, and the service has none configured")

    def _require(self, scope: str, caller: Caller) -> None:
        if not caller.known:
            raise Unauthenticated("A token is needed: Authorization: Bearer …")
        if scope not in caller.scopes:
            raise PermissionDenied(f"The token has not the scope `{scope}`")


def is_loopback(host: str) -> bool:
    """Whether an address, or a name that always means one, is reached from this machine alone."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def is_address(text: str) -> bool:
    """Whether it is a URL whose answer nobody on the way can forge: HTTPS, or a machine's own."""
    parts = urlsplit(text)
    return bool(parts.hostname) and (
        parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))
    )


def check(settings: Settings, environment: Mapping[str, str], file: str = "service.toml") -> Iterator[Finding]:
    """What is wrong with the settings of this page, and what they leave open."""
    yield from _check_variables(environment)
    if settings.tokens:
        yield from _check_file(Path(settings.tokens))
    has_tokens = any(environment.get(name) for name in VARIABLES) or settings.tokens or settings.jwt_issuer
    port = settings.management_port
    reached = settings.host if port is None else settings.management_host
    if not has_tokens and not is_loopback(reached) and (settings.management == ANYWHERE or port is not None):
        text = f"whoever reaches {reached} may manage this service: no token is configured"
        hint = "set MODELGEN_MANAGE_TOKEN, `tokens` or `jwt_issuer`"
        yield Finding(level=Level.WARNING, code="management-open", message=text, where=Location(path=file), hint=hint)


def _check_variables(environment: Mapping[str, str]) -> Iterator[Finding]:
    for name in VARIABLES:
        if len(environment.get(name, "x" * LEAST)) < LEAST:  # empty too: what was to fill it in did not
            text = f"the token has less than {LEAST} characters"
            yield _error("settings-token", text, Location(path=name), "make one with `openssl rand -hex 32`")


def _check_file(path: Path) -> Iterable[Finding]:
    try:
        found, problems = read_tokens(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no UTF-8"
        return [_error("settings-token", f"the tokens' file cannot be read: {reason}", Location(path=str(path)))]
    hint = "a line is `sha256:<hex> infer` or `sha256:<hex> infer,manage`"
    if not found and not problems:
        return [_error("settings-token", "the tokens' file has no token", Location(path=str(path)), hint)]
    return [_error("settings-token", text, Location(path=str(path), line=line), hint) for line, text in problems]


def _error(code: str, message: str, where: Location, hint: str = "") -> Finding:
    return Finding(level=Level.ERROR, code=code, message=message, where=where, hint=hint)
