"""Certificates for HTTP and gRPC, looked at whenever a connection opens, so that new ones need no restart."""

from __future__ import annotations

import logging
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import grpc

from modelgen.finding import Finding, Level

if TYPE_CHECKING:
    from modelgen.runtime.settings import Settings

logger = logging.getLogger("modelgen.runtime")

Stamp: TypeAlias = "tuple[tuple[int, int, int], ...]"
"""What tells one state of the files from another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """Where the certificates are."""

    certificate: str
    """The server's own, in PEM, with those between it and its authority."""
    key: str
    client_authority: str = ""
    """The authority that callers must have a certificate of; empty: callers need none."""

    def stamp(self) -> Stamp:
        """Another one when a file is another. Raises OSError."""
        stats = (Path(file).stat() for file in (self.certificate, self.key, self.client_authority) if file)
        return tuple((stat.st_mtime_ns, stat.st_size, stat.st_ino) for stat in stats)

    def context(self) -> ssl.SSLContext:
        """For HTTP. Raises OSError or ssl.SSLError where they do not fit."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_alpn_protocols(["http/1.1"])
        context.load_cert_chain(self.certificate, self.key, _no_password)
        if self.client_authority:
            context.load_verify_locations(self.client_authority)
            context.verify_mode = ssl.CERT_REQUIRED
            context.options |= ssl.OP_NO_TICKET  # a resumed session would outlive its certificate
            context.num_tickets = 0
        return context

    def configuration(self) -> Any:
        """For gRPC. Raises OSError."""
        pair = (Path(self.key).read_bytes(), Path(self.certificate).read_bytes())
        authority = Path(self.client_authority).read_bytes() if self.client_authority else None
        return grpc.ssl_server_certificate_configuration([pair], authority)


def _no_password() -> str:
    raise ssl.SSLError("the key is encrypted")  # else OpenSSL would ask for its password on the terminal


def of(settings: Settings) -> Files:
    """Those that the settings name."""
    return Files(
        certificate=settings.tls_certificate,
        key=settings.tls_key,
        client_authority=settings.tls_client_authority,
    )


class Certificates:
    """The certificates as the files have them now; the last that worked while what is there does not."""

    def __init__(self, files: Files) -> None:
        """Raises OSError or ssl.SSLError where they do not fit."""
        self._files = files
        self._context = files.context()
        self._stamp = files.stamp()
        self._refused: Stamp = ()
        self._given = self._stamp

    def context(self) -> ssl.SSLContext:
        """For HTTP: hands each connection the certificates of its moment."""
        outer = self._files.context()

        def current(connection: ssl.SSLObject, name: str | None, context: ssl.SSLContext) -> None:
            connection.context = self._current()

        outer.sni_callback = current  # called for every connection, whether it names a host or not
        return outer

    def credentials(self) -> grpc.ServerCredentials:
        """For gRPC."""
        return grpc.dynamic_ssl_server_credentials(
            self._files.configuration(), self._newer, require_client_authentication=bool(self._files.client_authority)
        )

    def _newer(self) -> Any:
        """What gRPC takes from now on; None: as before. Called by gRPC for every connection, on threads of its own."""
        self._current()
        if self._given == self._stamp:
            return None
        try:
            found = self._files.configuration()
        except OSError:
            return None
        self._given = self._stamp
        return found

    def _current(self) -> ssl.SSLContext:
        try:
            stamp = self._files.stamp()
            if stamp not in (self._stamp, self._refused):
                self._context, self._stamp = self._files.context(), stamp
                logger.info("the certificates have changed")
        except (OSError, ssl.SSLError) as error:
            self._refuse(error)
        return self._context

    def _refuse(self, error: Exception) -> None:
        """Tell once that the files do not fit."""
        try:
            stamp = self._files.stamp()
        except OSError:
            stamp = ((0, 0, 0),)
        if stamp != self._refused:
            self._refused = stamp
            logger.error("the certificates cannot be used, the former ones stay: %s", _why(error))


def check(files: Files) -> Finding | None:
    """What is wrong with the certificates."""
    try:
        Certificates(files)
    except (OSError, ssl.SSLError) as error:
        named = ", ".join(f"`{file}`" for file in (files.certificate, files.key, files.client_authority) if file)
        message = f"the certificates {named} cannot be used: {_why(error)}"
        hint = "files in PEM, the key not encrypted"
        return Finding(level=Level.ERROR, code="settings-certificate", message=message, hint=hint)
    return None


def _why(error: Exception) -> str:
    if isinstance(error, ssl.SSLError):
        reason = getattr(error, "reason", None)  # one that Python raised has none
        return reason.lower().replace("_", " ") if reason else str(error)
    return f"{error.strerror}: {error.filename}" if isinstance(error, OSError) and error.strerror else str(error)
