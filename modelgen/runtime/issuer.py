"""Tokens of an OpenID Connect issuer: JSON Web Tokens (RFC 7519) that its published keys (RFC 7517) confirm."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import time
import urllib.request
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

import jwt

from modelgen.runtime.errors import Unauthenticated, Unavailable
from modelgen.runtime.security import SCOPES, Scopes, is_address

logger = logging.getLogger("modelgen.runtime")

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Only those whose keys can be published: with a shared secret, who checks a token could make one."""
PATIENCE = 5.0
"""Seconds that the issuer has to answer."""
LEEWAY = 30.0
"""Seconds that its clock may be off."""
REMEMBERED = 60.0
"""Seconds for which a token that was found right is not looked at again, and a revoked key still counts."""
MOST_REMEMBERED = 4096
LONGEST = 16 * 1024
"""Characters of a token."""


class Keys:
    """Confirms an issuer's tokens. Its keys are fetched when one is first needed, and again when they change."""

    def __init__(self, issuer: str, audience: str, keys: str = "") -> None:
        """`keys` is the address of its JSON Web Key Set; empty: what its discovery document says."""
        self._issuer = issuer
        self._audience = audience
        self._address = keys
        self._client: jwt.PyJWKClient | None = None
        self._remembered: OrderedDict[bytes, tuple[float, Scopes]] = OrderedDict()

    async def scopes(self, token: str) -> Scopes:
        """What the token is good for. Raises Unauthenticated, or Unavailable where the issuer does not answer."""
        digest = hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()
        known = self._remembered.get(digest)
        if known is not None and known[0] > time.time():
            return known[1]
        claims = await asyncio.to_thread(self._confirmed, token)  # it may have to ask the issuer
        scopes = _scopes(claims)
        self._remember(digest, min(float(claims["exp"]), time.time() + REMEMBERED), scopes)
        return scopes

    def _remember(self, digest: bytes, until: float, scopes: Scopes) -> None:
        self._remembered[digest] = (until, scopes)
        self._remembered.move_to_end(digest)
        while len(self._remembered) > MOST_REMEMBERED:
            self._remembered.popitem(last=False)

    def _confirmed(self, token: str) -> dict[str, Any]:
        if len(token) > LONGEST:
            raise Unauthenticated("The token is too long")
        try:
            key = self._keys().get_signing_key_from_jwt(token)
            found: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=ALGORITHMS,
                issuer=self._issuer,
                audience=self._audience,
                leeway=LEEWAY,
                options={"require": ["exp", "iss", "aud"]},
            )
        except jwt.PyJWKClientConnectionError as error:
            raise self._silent(error) from error
        except jwt.ExpiredSignatureError as error:
            raise Unauthenticated("The token has expired") from error
        except jwt.PyJWTError as error:
            logger.info("a token was refused: %s", type(error).__name__)
            raise Unauthenticated("The token is not known here") from error
        return found

    def _keys(self) -> jwt.PyJWKClient:
        if self._client is None:
            self._client = jwt.PyJWKClient(self._address or self._discovered(), timeout=PATIENCE)
        return self._client

    def _discovered(self) -> str:
        """What the issuer says of where its keys are (OpenID Connect Discovery 1.0, section 4)."""
        address = f"{self._issuer.rstrip('/')}/.well-known/openid-configuration"
        try:
            with urllib.request.urlopen(address, timeout=PATIENCE) as answer:  # the settings hold it to http(s)
                document = json.load(answer)
        except (OSError, ValueError) as error:
            raise self._silent(error) from error
        if not isinstance(document, dict) or document.get("issuer") != self._issuer:
            raise self._silent(ValueError("its discovery document is another issuer's"))
        found = str(document.get("jwks_uri", ""))
        if not is_address(found):
            raise self._silent(ValueError("its discovery document names no keys"))
        return found

    def _silent(self, error: Exception) -> Unavailable:
        logger.error("the issuer of tokens cannot be asked: %s", error)
        return Unavailable("Tokens cannot be checked at the moment", retry_after=1.0)


def _scopes(claims: Mapping[str, Any]) -> Scopes:
    """Those of ours that `scope` (RFC 8693) or `scp` names."""
    named: set[str] = set()
    for claim in (claims.get("scope"), claims.get("scp")):
        if isinstance(claim, str):
            named.update(claim.split())
        elif isinstance(claim, list):
            named.update(item for item in claim if isinstance(item, str))
    return frozenset(named & set(SCOPES))
