"""SIGHUP, and models that make room for each other."""

from __future__ import annotations

import signal
from types import SimpleNamespace

from modelgen.runtime.memory import Memory
from modelgen.runtime.settings import Deployment

from .load import calling

RUN = "/api/v1/classifier/run"


def label(client, deployment: str) -> str:
    answer = client.post(RUN, json={"inputs": "a", "deployment": deployment})
    return answer.json()["result"][0]["label"] if answer.status_code == 200 else answer.json()["error_code"]


def table(name: str, told: str, *lines: str) -> str:
    text = f'[deployments.{name}]\nmodule = "Classifier"\narguments = {{name = "{told}"}}\n'
    return text + "".join(f"{line}\n" for line in lines)


def test_deployments_come_go_and_change_without_losing_a_call(start, tmp_path, wait_until):
    settings = tmp_path / "service.toml"
    settings.write_text(table("stays", "one") + table("goes", "one"))
    service = start(settings=str(settings))
    with calling(service.http, RUN, b'{"inputs": "a", "deployment": "stays"}') as load, service.client() as client:
        assert (label(client, "stays"), label(client, "goes")) == ("one-0", "one-0")
        settings.write_text(table("stays", "two") + table("comes", "one"))
        service.process.send_signal(signal.SIGHUP)
        wait_until(lambda: label(client, "stays") == "two-0", "the change")
        wait_until(lambda: label(client, "comes") == "one-0", "the new one")
        assert label(client, "goes") == "NOT_FOUND"
        assert client.get("/ready").status_code == 200
    assert load.outcomes.keys() == {200}
    assert service.stop() == 0


def test_a_change_that_does_not_load_leaves_what_was_there(start, tmp_path, wait_until):
    settings = tmp_path / "service.toml"
    settings.write_text(table("one", "one"))
    service = start(settings=str(settings))
    with service.client() as client:
        settings.write_text('[deployments.one]\nmodule = "Classifier"\nartifact = "nothing.json"\n')
        service.process.send_signal(signal.SIGHUP)
        wait_until(lambda: "stays as it was" in service.log.read_text(), "the failure")
        assert label(client, "one") == "one-0"
        settings.write_text('[deployments.one]\nmodule = "Nothing"\n')
        service.process.send_signal(signal.SIGHUP)
        wait_until(lambda: "all stays as it was" in service.log.read_text(), "the refusal")
        assert label(client, "one") == "one-0"
        settings.write_text("max_body = 5\n" + table("one", "two"))
        service.process.send_signal(signal.SIGHUP)
        wait_until(lambda: label(client, "one") == "two-0", "the change")
        assert "max_body: not before the next start" in service.log.read_text()
    assert service.stop() == 0


def test_models_make_room_and_come_back(start, tmp_path, wait_until):
    tables = [table(name, name, "memory = 100") for name in ("one", "two")]
    settings = tmp_path / "service.toml"
    settings.write_text("max_memory = 250\n" + "".join(tables) + table("kept", "kept", "memory = 100", "keep = true"))
    service = start(settings=str(settings))
    with service.client() as client:
        assert client.get("/ready").status_code == 200
        for _ in range(3):
            for name in ("one", "two", "kept"):
                assert label(client, name) == f"{name}-0"
        metrics = client.get("/metrics").text
    for name in ("one", "two", "kept"):
        assert f'inference_deployment_ready{{deployment="{name}"}} 1.0' in metrics, "the next call loads it"
    text = service.log.read_text()
    assert "deployment one is unloaded" in text
    assert "deployment two is unloaded" in text
    assert "deployment kept is unloaded" not in text
    assert service.stop() == 0


def test_a_model_that_gives_no_room_stays():
    def model(name: str, size: int, used: int) -> SimpleNamespace:
        return SimpleNamespace(settings=Deployment(name=name, module="M"), size=size, used=used)

    present = [model("small", 0, 0), model("old", 100, 1), model("new", 100, 2)]
    assert [one.settings.name for one in Memory(250).evicted(100, present)] == ["old"]
