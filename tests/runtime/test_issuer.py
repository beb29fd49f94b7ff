"""Tokens of an OpenID Connect issuer, whose keys a server of the test publishes."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import grpc
import httpx
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

RUN, TRAIN = "/api/v1/classifier/run", "/api/v1/classifier/train"


class Issuer:
    """Publishes keys, and makes tokens that they confirm."""

    def __init__(self) -> None:
        self.rsa = rsa.generate_private_key(65537, 2048)
        self.ec = ec.generate_private_key(ec.SECP256R1())
        self.other = rsa.generate_private_key(65537, 2048)
        self.asked: list[str] = []
        self.answers = True
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                issuer.asked.append(self.path)
                content = json.dumps(issuer.page(self.path)).encode()
                self.send_response(200 if issuer.answers else 500)
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def page(self, path: str) -> dict[str, Any]:
        if path == "/.well-known/openid-configuration":
            return {"issuer": self.url, "jwks_uri": f"{self.url}/keys"}
        keys = [
            {**RSAAlgorithm.to_jwk(self.rsa.public_key(), as_dict=True), "kid": "r", "use": "sig"},
            {**ECAlgorithm.to_jwk(self.ec.public_key(), as_dict=True), "kid": "e", "use": "sig"},
        ]
        return {"keys": keys}

    def token(self, kid: str = "r", algorithm: str = "RS256", key: Any = None, **claims: Any) -> str:
        known = {"iss": self.url, "aud": "toy", "exp": time.time() + 600, "scope": "openid infer", "sub": "somebody"}
        found = {name: value for name, value in {**known, **claims}.items() if value is not None}
        return jwt.encode(found, key or self.rsa, algorithm, headers={"kid": kid})


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    made = Issuer()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture(scope="module")
def service(issuer, toy_folder):
    from tests.runtime.conftest import start

    running = start(toy_folder, "--set", f"jwt_issuer={issuer.url}", "--set", "jwt_audience=toy")
    yield running
    assert running.stop() == 0


def status(service, token: str, path: str = RUN, sent: Any = "a") -> int:
    headers = {"authorization": f"Bearer {token}"}
    return httpx.post(service.http + path, json={"inputs": sent}, headers=headers, timeout=30).status_code


def test_tokens_of_the_issuer_count(service, issuer):
    assert status(service, issuer.token()) == 200
    assert status(service, issuer.token("e", "ES256", issuer.ec)) == 200
    assert status(service, issuer.token(aud=["other", "toy"])) == 200
    assert status(service, issuer.token(scope=None, scp=["infer"])) == 200
    assert status(service, issuer.token(scope=None, scp="infer manage"), TRAIN, 1) == 202
    assert httpx.post(service.http + RUN, json={"inputs": "a"}).status_code == 401


def test_a_scope_is_what_a_token_is_good_for(service, issuer):
    assert status(service, issuer.token(scope="manage"), RUN) == 403
    assert status(service, issuer.token(scope="manage"), TRAIN, 1) == 202
    assert status(service, issuer.token(), TRAIN, 1) == 403
    assert status(service, issuer.token(scope="INFER inference")) == 403
    assert status(service, issuer.token(scope=7)) == 403


def public(issuer: Issuer) -> bytes:
    key = issuer.rsa.public_key()
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def forged(issuer: Issuer) -> str:
    """A token whose secret is the published key: what a check that trusts the token's `alg` would take."""
    import base64
    import hashlib
    import hmac

    def part(content: bytes) -> bytes:
        return base64.urlsafe_b64encode(content).rstrip(b"=")

    head = part(json.dumps({"alg": "HS256", "typ": "JWT", "kid": "r"}).encode())
    claims = {"iss": issuer.url, "aud": "toy", "exp": time.time() + 600, "scope": "infer"}
    signed = head + b"." + part(json.dumps(claims).encode())
    return (signed + b"." + part(hmac.new(public(issuer), signed, hashlib.sha256).digest())).decode()


@pytest.mark.parametrize(
    "make",
    [
        lambda issuer: issuer.token(exp=time.time() - 60),
        lambda issuer: issuer.token(exp=None),
        lambda issuer: issuer.token(nbf=time.time() + 300),
        lambda issuer: issuer.token(aud="other"),
        lambda issuer: issuer.token(aud=None),
        lambda issuer: issuer.token(iss="https://other.example"),
        lambda issuer: issuer.token(iss=None),
        lambda issuer: issuer.token(key=issuer.other),
        lambda issuer: issuer.token(kid="unknown"),
        lambda issuer: issuer.token("e"),
        lambda issuer: jwt.encode({"iss": issuer.url, "aud": "toy", "exp": 9**10, "scope": "infer"}, "", "none"),
        forged,
        lambda issuer: issuer.token()[:-4] + "AAAA",
        lambda issuer: issuer.token() + "x" * 20_000,
        lambda issuer: "a.b.c",
    ],
    ids="expired endless early audience no-audience issuer no-issuer key unknown mixed none secret changed long no".split(),
)
def test_what_the_issuer_did_not_make_for_us_is_refused(service, issuer, make):
    token = make(issuer)
    assert status(service, token) == 401
    assert token not in service.log.read_text()


def test_over_grpc(service, issuer, pb):
    import importlib

    with grpc.insecure_channel(service.grpc) as channel:
        stub = importlib.import_module("toy_service.toy_pb2_grpc").ClassifierServiceStub(channel)
        metadata = (("authorization", f"Bearer {issuer.token()}"),)
        assert len(stub.Run(pb.RunRequest(text="a"), metadata=metadata, timeout=10).result) == 1
        wrong = (("authorization", f"Bearer {issuer.token(aud='other')}"),)
        with pytest.raises(grpc.RpcError) as refused:
            stub.Run(pb.RunRequest(text="a"), metadata=wrong, timeout=10)
        assert refused.value.code() == grpc.StatusCode.UNAUTHENTICATED


def test_the_issuer_is_not_asked_for_every_token(service, issuer):
    status(service, issuer.token())
    before = len(issuer.asked)
    for number in range(20):
        assert status(service, issuer.token(jti=str(number))) == 200
        assert status(service, issuer.token(kid=f"made-up-{number}")) == 401
    assert len(issuer.asked) - before <= 1, "a made-up key asks the issuer seldom"


def test_an_issuer_that_does_not_answer_lets_nobody_in(start):
    away = Issuer()
    away.answers = False
    service = start("--no-grpc", "--set", f"jwt_issuer={away.url}", "--set", "jwt_audience=toy")
    assert status(service, away.token()) == 503
    away.answers = True
    assert status(service, away.token()) == 200
    assert service.stop() == 0
    away.server.shutdown()
    away.server.server_close()
