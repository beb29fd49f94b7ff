"""TLS over HTTP and gRPC, on a running service whose certificates change."""

from __future__ import annotations

import importlib
import ssl
import subprocess
import sys
from pathlib import Path

import grpc
import httpx
import pytest
import trustme

RUN = "/api/v1/classifier/run"


class Authority:
    """Certificates of one authority, as files in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.folder.mkdir()
        self._authority = trustme.CA()
        self._authority.cert_pem.write_to_path(folder / "authority.pem")
        client = self._authority.issue_cert("caller@example.org")
        client.private_key_and_cert_chain_pem.write_to_path(folder / "client.pem")

    def serve(self, folder: Path) -> None:
        """Put a new server's certificate into a folder."""
        made = self._authority.issue_cert("localhost", "127.0.0.1")
        made.private_key_pem.write_to_path(folder / "server.key")
        chain = b"".join(part.bytes() for part in made.cert_chain_pems)
        (folder / "server.pem").write_bytes(chain)

    @property
    def trusted(self) -> Path:
        return self.folder / "authority.pem"


class Caller:
    """Calls a service, trusting one authority, with a certificate of another or none."""

    def __init__(self, service, pb, authority: Authority, client: Authority | None = None) -> None:
        self._service, self._pb = service, pb
        self._trusted = authority.trusted
        self._client = client.folder / "client.pem" if client else None

    def over_http(self) -> int:
        context = ssl.create_default_context(cafile=str(self._trusted))
        if self._client:
            context.load_cert_chain(self._client)
        return httpx.post(self._service.http + RUN, json={"inputs": "a"}, verify=context, timeout=10).status_code

    def over_grpc(self) -> str:
        mine = self._client.read_bytes() if self._client else None
        credentials = grpc.ssl_channel_credentials(self._trusted.read_bytes(), mine, mine)
        with grpc.secure_channel(self._service.grpc.replace("127.0.0.1", "localhost"), credentials) as channel:
            stub = importlib.import_module("toy_service.toy_pb2_grpc").ClassifierServiceStub(channel)
            return stub.Run(self._pb.RunRequest(text="a"), timeout=10).result[0].label

    def refused(self) -> bool:
        """By both protocols."""
        with pytest.raises(httpx.TransportError):
            self.over_http()
        with pytest.raises(grpc.RpcError) as failure:
            self.over_grpc()
        return failure.value.code() == grpc.StatusCode.UNAVAILABLE

    def answered(self) -> bool:
        return self.over_http() == 200 and self.over_grpc() == "toy-0"


@pytest.fixture
def first(tmp_path) -> Authority:
    return Authority(tmp_path / "first")


@pytest.fixture
def second(tmp_path) -> Authority:
    return Authority(tmp_path / "second")


def settings(folder: Path, *, mutual: bool = False) -> str:
    text = 'tls_certificate = "server.pem"\ntls_key = "server.key"\n'
    (folder / "service.toml").write_text(text + ('tls_client_authority = "clients.pem"\n' if mutual else ""))
    return str(folder / "service.toml")


def test_both_protocols_are_encrypted(start, pb, tmp_path, first, second):
    first.serve(tmp_path)
    service = start(settings=settings(tmp_path), ready=False)
    assert service.http.startswith("https://")
    assert Caller(service, pb, first).answered()
    assert Caller(service, pb, second).refused()
    with pytest.raises(httpx.TransportError):
        httpx.get(service.http.replace("https", "http") + "/health")
    assert service.stop() == 0


def test_new_certificates_count_from_the_next_connection_on(start, pb, tmp_path, first, second):
    first.serve(tmp_path)
    service = start(settings=settings(tmp_path), ready=False)
    context = ssl.create_default_context(cafile=str(first.trusted))
    with httpx.Client(base_url=service.http, verify=context) as open_all_along:
        assert open_all_along.get("/health").status_code == 200
        second.serve(tmp_path)
        assert Caller(service, pb, second).answered()
        assert Caller(service, pb, first).refused()
        assert open_all_along.get("/health").status_code == 200, "what is open stays open"
    assert service.stop() == 0


def test_certificates_that_do_not_fit_change_nothing(start, pb, tmp_path, first, second):
    first.serve(tmp_path)
    service = start(settings=settings(tmp_path), ready=False)
    for spoil in (lambda: (tmp_path / "server.pem").write_text("rubbish"), (tmp_path / "server.key").unlink):
        spoil()
        assert Caller(service, pb, first).answered()
        assert Caller(service, pb, first).answered()
    assert service.log.read_text().count("the former ones stay") == 2, "each told once"
    assert "PRIVATE KEY" not in service.log.read_text()
    second.serve(tmp_path)
    assert Caller(service, pb, second).answered()
    assert service.stop() == 0


def test_callers_must_have_a_certificate_where_an_authority_of_them_is_named(start, pb, tmp_path, first, second):
    first.serve(tmp_path)
    (tmp_path / "clients.pem").write_bytes(second.trusted.read_bytes())
    service = start(settings=settings(tmp_path, mutual=True), ready=False)
    assert Caller(service, pb, first, second).answered()
    assert Caller(service, pb, first).refused()
    assert Caller(service, pb, first, first).refused()
    (tmp_path / "clients.pem").write_bytes(first.trusted.read_bytes())
    assert Caller(service, pb, first, first).answered()
    assert Caller(service, pb, first, second).refused(), "the former authority counts no more"
    assert service.stop() == 0


def test_the_management_port_has_them_too(start, tmp_path, first):
    first.serve(tmp_path)
    service = start("--management-port", "0", settings=settings(tmp_path), ready=False)
    context = ssl.create_default_context(cafile=str(first.trusted))
    assert httpx.get(service.management + "/metrics", verify=context).status_code == 200
    assert service.stop() == 0


def encrypted(folder: Path) -> None:
    from cryptography.hazmat.primitives import serialization

    key = serialization.load_pem_private_key((folder / "server.key").read_bytes(), None)
    secret = serialization.BestAvailableEncryption(b"secret")
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, secret)
    (folder / "server.key").write_bytes(pem)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda folder: (folder / "server.key").unlink(), "No such file or directory"),
        (lambda folder: (folder / "server.pem").write_text("rubbish"), "cannot be used"),
        (lambda folder: (folder / "server.key").write_text("rubbish"), "cannot be used"),
        (lambda folder: Authority(folder / "other").serve(folder) or None, ""),
        (encrypted, "the key is encrypted"),
    ],
    ids=["no key", "no certificate", "no PEM", "fits", "encrypted"],
)
def test_files_that_do_not_fit_are_told_before_anything_starts(toy_folder, tmp_path, first, spoil, said):
    first.serve(tmp_path)
    file = settings(tmp_path)
    spoil(tmp_path)
    flags = ["--no-http", "--no-grpc"] if not said else []
    command = [sys.executable, "-m", "toy_service", "serve", "--settings", file, *flags]
    ended = subprocess.run(
        command, cwd=toy_folder, capture_output=True, text=True, timeout=60, check=False, stdin=subprocess.DEVNULL
    )
    assert ended.returncode == 2
    assert "Traceback" not in ended.stderr
    assert ("settings-certificate" in ended.stderr) is bool(said)
    assert said in ended.stderr
