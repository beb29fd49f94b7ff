"""What servers are measured beside, and what the report says of those that are not there."""

import struct
import sys
from dataclasses import replace

import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from benchmarks.serving import open_inference, rounds
from benchmarks.serving.entrants import BARE, ECHO, NAME, PLAIN, STREAMING, Entrants, row
from benchmarks.serving.load import Load
from benchmarks.serving.peers import PEERS, Peer, Script, enter
from benchmarks.serving.report import section
from benchmarks.serving.rounds import CONNECTIONS, MODELS, SIZES, Results, measure
from benchmarks.serving.starting import StartError, started
from benchmarks.serving.streams import Streamed


def entrants(**kinds):
    return Entrants(**{"http": [], "grpc": {model: [] for model in MODELS}, "streams": [], **kinds})


def results(peers=()):
    """Of a service that is twice as fast as all others."""
    found = Results(loops={(model, size): [4000.0] for model in MODELS for size in SIZES})
    for name in (BARE.name, PLAIN.name, *peers, NAME):
        speed = 2 if name == NAME else 1
        load = Load(rate=1000 * speed, p50=0.002 / speed, p99=0.004 / speed)
        for model in MODELS:
            found.starts[model, name] = [(1.0, 200.0)]
            found.calls[model, name] = [load]
            found.loads.update({(model, name, number): [load] for number in CONNECTIONS})
        found.streams[name] = [Streamed(rate=100 * speed, first=0.01 / speed, added=0.0005)]
    found.calls["tiny", ECHO.name] = [Load(rate=1000, p50=0.002, p99=0.004)]
    return found


def rows(text):
    cells = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ")]
    return {name: (reached, must) for name, reached, must in (line for line in cells if len(line) == 3)}


def test_every_ratio_stands_beside_what_it_must_be():
    found = rows(section(results([peer.name for peer in PEERS]), {}, 3, 2))
    assert found["M1, 64 connections, × plain FastAPI"] == ("2.00", "≥ 3 missed")
    assert found["M1, 64 connections, × LitServe"] == ("2.00", "≥ 10 missed")
    assert found["M2, 64 connections, of the loop at batch 64"] == ("0.50", "≥ 0.45 met")
    assert found["M2, 16 connections, × the fastest peer"] == ("2.00", "≥ 1 met")
    assert found["M1, p50 at 1 connection, × plain FastAPI"] == ("0.50", "≤ 1.2 met")
    assert found["gRPC, 64 in flight, M2 × KServe"] == ("2.00", "≥ 4 missed")
    assert found["gRPC, 64 in flight, M2 × Triton"] == ("2.00", "≥ 1 met")
    assert found["time to the first token, × LitServe"] == ("0.50", "≤ 0.3 missed")
    assert found["ms added to a token every 5 ms"] == ("0.50", "≤ 1 met")


def test_without_peers_the_same_rows_say_so():
    alone, beside = (rows(section(results(peers), {}, 3, 2)) for peers in ((), [peer.name for peer in PEERS]))
    assert list(alone) == list(beside)
    lacking = {name for name, (reached, _) in alone.items() if reached == "not measured"}
    assert lacking == {
        *(f"{model}, 64 connections, × LitServe" for model in ("M1", "M2")),
        *(
            f"{model}, {few} × the fastest peer"
            for model in ("M1", "M2")
            for few in ("1 connection,", "16 connections,")
        ),
        *(f"gRPC, 64 in flight, M2 × {peer}" for peer in ("KServe", "MLServer", "Triton")),
        *("tokens a second, × LitServe", "time to the first token, × LitServe"),
    }


def test_the_report_says_why_a_peer_is_not_there():
    found = results()
    found.failures["BentoML"] = "7 of 100 answers failed"
    text = section(found, {"Triton": "no wheel for this machine"}, 3, 2)
    assert "- Triton: no wheel for this machine\n- BentoML: 7 of 100 answers failed" in text


def test_what_cannot_be_installed_is_left_out_with_its_reason(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    nowhere = Peer(
        name="Nowhere",
        requirements=("nowhere @ file:///nowhere-1-py3-none-any.whl",),
        http=Script(name="lit", path="/predict", body=PLAIN.body),
    )
    measured, told = entrants(), []
    missing = enter(measured, told.append, [nowhere])
    assert list(missing) == ["Nowhere"]
    assert "/nowhere-1-py3-none-any.whl" in missing["Nowhere"]
    assert measured == entrants()
    assert told == ["installing Nowhere"]


def test_a_peer_that_fails_spoils_nothing_and_one_of_ours_is_an_error(monkeypatch):
    monkeypatch.setattr(rounds, "MODELS", ())
    broken = replace(
        STREAMING, name="broken", command=lambda model, port: (sys.executable, "-c", "raise SystemExit('no port')")
    )
    found = measure(entrants(streams=[replace(broken, optional=True), STREAMING]), 1, 1, lambda text: None)
    assert found.failures["broken"] == "broken ended with 1: no port"
    assert list(found.streams) == [STREAMING.name]
    with pytest.raises(StartError, match="ended with 1"):
        measure(entrants(streams=[broken]), 1, 1, lambda text: None)


def test_a_grpc_server_is_ready_when_it_has_answered():
    with started(ECHO, "tiny") as server:
        assert server.cold > 0
        assert server.memory > 0


def test_a_call_of_the_open_inference_protocol_is_what_its_proto_says():
    text, number, raw = (
        getattr(descriptor_pb2.FieldDescriptorProto, f"TYPE_{kind}") for kind in ("STRING", "INT64", "BYTES")
    )
    file = descriptor_pb2.FileDescriptorProto(name="part.proto", package="part", syntax="proto3")
    tensor, request = file.message_type.add(name="Tensor"), file.message_type.add(name="Request")
    tensor.field.add(name="name", number=1, type=text, label=1)
    tensor.field.add(name="datatype", number=2, type=text, label=1)
    tensor.field.add(name="shape", number=3, type=number, label=3)
    request.field.add(name="model_name", number=1, type=text, label=1)
    request.field.add(name="inputs", number=5, type=11, label=3, type_name=".part.Tensor")
    request.field.add(name="raw_input_contents", number=7, type=raw, label=3)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    read = message_factory.GetMessageClass(pool.FindMessageTypeByName("part.Request"))
    sent = read.FromString(open_inference.message("wide", row("wide")))
    assert sent.model_name == "wide"
    assert [(one.name, one.datatype, list(one.shape)) for one in sent.inputs] == [("rows", "FP32", [1, 512])]
    assert list(struct.unpack("<512f", *sent.raw_input_contents)) == pytest.approx(row("wide"), rel=1e-6)
