"""What models that misbehave do to a service: their own calls fail, the others are answered, and it stops as ever."""

from __future__ import annotations

import importlib
import json
import os
import queue
import re
import resource
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import grpc
import httpx
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from .conftest import Running, start
from .load import LOST, REFUSED, calling

MOOD = "/api/v1/classifier/run-mood"
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING
KINDS = ["thread", "process"]


def written(folder: Path, *lines: str, head: str = "") -> str:
    """A settings file for one Classifier."""
    file = folder / "service.toml"
    file.write_text(head + '[deployments.one]\nmodule = "Classifier"\n' + "".join(f"{line}\n" for line in lines))
    return str(file)


def mood(service: Running, text: str) -> httpx.Response:
    return httpx.post(service.http + MOOD, json={"inputs": text}, timeout=60)


def noting(file: Path) -> bytes:
    return json.dumps({"inputs": f"note {file}"}).encode()


def children(process: int) -> list[int]:
    """Its processes, whichever thread started them."""
    tasks = Path(f"/proc/{process}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]


def opened(service: Running) -> socket.socket:
    host, port = service.http.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=60)


def metric(service: Running, name: str) -> float:
    """The sum of a metric's samples."""
    text = httpx.get(f"{service.http}/metrics", timeout=30).text
    return sum(float(line.rpartition(" ")[2]) for line in text.splitlines() if re.match(rf"{name}[{{ ]", line))


@pytest.fixture(scope="module", params=KINDS)
def model(request, toy_folder, tmp_path_factory) -> Iterator[Running]:
    """A service with a model of each isolation; ready after every test, and it stops in order."""
    file = written(tmp_path_factory.mktemp("model"), f'isolation = "{request.param}"')
    running = start(toy_folder, settings=file)
    yield running
    assert running.stop() == 0, running.log.read_text()


RAISED = "runtime exit keyboard generator stop cancelled odd recursion wrong unpicklable".split()


@pytest.mark.parametrize("text", RAISED)
def test_what_is_raised_or_cannot_be_answered_fails_one_call(model, pb, text):
    before = mood(model, "process").json()
    answer = mood(model, text)
    assert (answer.status_code, answer.json()["error_code"]) == (500, "INTERNAL")
    assert not re.search(r"Traceback|secret|/usr/|\.py", answer.text)
    stubs = importlib.import_module("toy_service.toy_pb2_grpc")
    with grpc.insecure_channel(model.grpc) as channel, pytest.raises(grpc.RpcError) as caught:
        stubs.ClassifierServiceStub(channel).RunMood(pb.TextRequest(text=text), timeout=60)
    assert caught.value.code() is grpc.StatusCode.INTERNAL
    assert mood(model, "process").json() == before
    assert httpx.get(f"{model.http}/ready", timeout=30).status_code == 200


@pytest.mark.parametrize("text", ["exiting thread", "stdout", "signals", "unwell"])
def test_what_is_done_to_the_process_leaves_it_serving(model, text):
    before = mood(model, "process").json()
    assert mood(model, text).status_code in (200, 500)
    assert mood(model, "process").json() == before
    assert httpx.get(f"{model.http}/ready", timeout=30).status_code == 200


@pytest.mark.parametrize("isolation", KINDS)
def test_a_model_that_takes_all_files_fails_its_calls_until_it_gives_them_back(start, tmp_path, isolation):
    service = start(settings=written(tmp_path, f'isolation = "{isolation}"'))
    with service.client() as known:  # who is connected already: new callers are sent away meanwhile
        process = int(known.post(MOOD, json={"inputs": "process"}).json()["result"])
        resource.prlimit(process, resource.RLIMIT_NOFILE, (256, 256))
        answer = known.post(MOOD, json={"inputs": "files"})
        assert (answer.status_code, answer.json()["error_code"]) == (500, "INTERNAL")
        assert "Too many open files" in service.log.read_text()
        assert known.post(MOOD, json={"inputs": "text"}).json() == {"result": "ok"}
        assert known.post(MOOD, json={"inputs": "no files"}).json() == {"result": "closed"}
    assert mood(service, "text").json() == {"result": "ok"}
    assert service.stop() == 0


@pytest.mark.parametrize("isolation", KINDS)
def test_a_model_that_starts_threads_without_end_fails_one_call(start, tmp_path, isolation):
    """There is no room for the stacks of all: a limit that holds for root too."""
    service = start(settings=written(tmp_path, f'isolation = "{isolation}"'))
    process = int(mood(service, "process").json()["result"])
    used = int(Path(f"/proc/{process}/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    before = resource.prlimit(process, resource.RLIMIT_AS, (used + 2**30, resource.RLIM_INFINITY))
    answer = mood(service, "threads without end")
    resource.prlimit(process, resource.RLIMIT_AS, before)
    assert (answer.status_code, answer.json()["error_code"]) == (500, "INTERNAL")
    assert "can't start new thread" in service.log.read_text()
    assert mood(service, "process").json() == {"result": str(process)}
    assert httpx.get(f"{service.http}/ready", timeout=30).status_code == 200
    assert service.stop() == 0


@pytest.mark.parametrize("isolation", KINDS)
@pytest.mark.parametrize("flags", [(), ("--workers", "2")], ids=["one", "workers"])
def test_it_stops_whatever_the_model_did_to_threads_and_signals(start, tmp_path, flags, isolation):
    service = start(*flags, settings=written(tmp_path, f'isolation = "{isolation}"'))
    for text in ("signals", "unfinished threads", "stdout"):
        for _ in range(4):  # so that each worker may have some
            assert mood(service, text).status_code == 200
    assert service.stop() == 0


def test_settings_are_found_again_by_a_model_that_went_elsewhere(start, tmp_path, toy_folder, wait_until):
    name = toy_folder / f"{tmp_path.name}.toml"
    name.write_text('[deployments.classifier]\nmodule = "Classifier"\n')  # beside what other tests trained
    service = start(settings=name.name)  # relative to the folder that the service is started in
    assert mood(service, "elsewhere").json() == {"result": "elsewhere"}
    name.write_text('[deployments.one]\nmodule = "Classifier"\narguments = {name = "two"}\n')
    service.process.send_signal(signal.SIGHUP)

    def label() -> str:
        answer = httpx.post(f"{service.http}/api/v1/classifier/run", json={"inputs": "a"}, timeout=30)
        return answer.json()["result"][0]["label"] if answer.status_code == 200 else ""

    wait_until(lambda: label() == "two-0", "the change")
    assert service.stop() == 0


@pytest.mark.parametrize("text", ["die", "leave", "crash"])
@pytest.mark.parametrize("flags", [(), ("--workers", "2")], ids=["one", "workers"])
def test_a_process_that_ends_under_load_costs_what_it_was_doing(start, tmp_path, wait_until, flags, text):
    service = start(*flags, settings=written(tmp_path, 'isolation = "process"', "replicas = 2"))
    notes = tmp_path / "notes"
    with calling(service.http, MOOD, noting(notes)) as load:
        wait_until(lambda: load.answered() > 100, "the load")
        assert mood(service, text).status_code == 503
        before = load.outcomes[200]
        wait_until(lambda: load.outcomes[200] > before + 100, "answers after it")
        wait_until(lambda: metric(service, "inference_processes_replaced_total") == 1, "another process")
        wait_until(lambda: httpx.get(f"{service.http}/ready", timeout=30).status_code == 200, "ready")
    assert load.outcomes.keys() == {200}, load.errors  # the other replica answers meanwhile
    assert notes.stat().st_size == load.outcomes[200]
    assert service.stop() == 0


@pytest.mark.parametrize("text", ["die", "leave", "crash"])
def test_a_model_that_ends_its_worker_under_load_costs_what_that_was_doing(start, tmp_path, wait_until, text):
    service = start("--workers", "2", settings=written(tmp_path))
    before = children(service.process.pid)
    with calling(service.http, MOOD, noting(tmp_path / "notes")) as load:
        wait_until(lambda: load.answered() > 100, "the load")
        with pytest.raises(httpx.TransportError):
            mood(service, text)
        wait_until(lambda: len(set(children(service.process.pid)) - set(before)) == 1, "another worker")
        answered = load.outcomes[200]
        wait_until(lambda: load.outcomes[200] > answered + 100, "answers after it")
    assert load.outcomes.keys() <= {200, LOST, REFUSED}
    assert load.outcomes[LOST] <= 8  # one for each caller
    assert service.stop() == 0


def test_a_model_that_leaks_is_replaced_between_two_calls(start, tmp_path, wait_until):
    limit = 300_000_000
    service = start(settings=written(tmp_path, 'isolation = "process"', f"max_process_memory = {limit}"))
    first = mood(service, "process").json()["result"]
    notes = tmp_path / "notes"
    with calling(service.http, MOOD, noting(notes), callers=4) as load:
        wait_until(
            lambda: mood(service, "leak a little").is_success and mood(service, "process").json()["result"] != first,
            "another process",
        )
        wait_until(lambda: metric(service, "inference_processes_replaced_total") == 1, "the metric")
    assert load.outcomes.keys() == {200}  # nobody noticed
    assert notes.stat().st_size == load.outcomes[200]
    assert 0 < metric(service, "inference_process_memory_bytes") < limit
    wait_until(lambda: not Path(f"/proc/{first}").exists(), "the end of the first process")
    assert (
        'inference_processes_replaced_total{deployment="one",reason="memory"} 1.0'
        in httpx.get(f"{service.http}/metrics", timeout=30).text
    )
    assert service.stop() == 0


@pytest.fixture
def brief(start, tmp_path, wait_until) -> tuple[Running, Path]:
    """A service with a process that is replaced after each call, by one that waits for a gate; and the gate."""
    gate = tmp_path / "gate"
    gate.touch()
    arguments = f'arguments = {{wait_for = "{gate}"}}'
    service = start(settings=written(tmp_path, 'isolation = "process"', "max_process_calls = 1", arguments))
    gate.unlink()
    mood(service, "text")
    wait_until(lambda: len(children(service.process.pid)) == 2, "the next process")
    return service, gate


def test_a_stream_is_not_cut_by_the_replacement(brief, pb, wait_until):
    service, gate = brief
    stubs = importlib.import_module("toy_service.toy_pb2_grpc")
    words: queue.Queue[str | None] = queue.Queue()

    def pieces() -> Iterator[object]:
        while (word := words.get()) is not None:
            yield pb.EchoRequest(words=word)

    with grpc.insecure_channel(service.grpc) as channel:
        echoed = stubs.ClassifierServiceStub(channel).RunEcho(pieces(), timeout=60)
        for number in range(100):
            words.put(str(number))
            assert next(echoed).result == str(number)
            if number == 50:
                gate.touch()
                wait_until(lambda: "another process has loaded" in service.log.read_text(), "the next process")
        words.put(None)
        assert next(echoed, None) is None
    wait_until(lambda: metric(service, "inference_processes_replaced_total") == 1, "the replacement")
    assert mood(service, "text").json() == {"result": "ok"}
    assert service.stop() == 0


def test_one_that_ends_before_the_next_has_loaded_is_replaced_by_that(brief, wait_until):
    service, gate = brief
    assert mood(service, "die").status_code == 503
    wait_until(lambda: httpx.get(f"{service.http}/ready", timeout=30).status_code == 503, "not ready")
    gate.touch()
    wait_until(lambda: httpx.get(f"{service.http}/ready", timeout=30).status_code == 200, "ready")
    assert mood(service, "text").json() == {"result": "ok"}
    assert service.stop() == 0


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_process_that_still_loads_goes_with_the_service(brief, wait_until, how):
    service, _ = brief
    loading = children(service.process.pid)
    service.process.send_signal(how)
    service.process.wait(60)
    wait_until(lambda: not any(map(alive, loading)), "the end of both processes")


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_process_that_hears_nothing_goes_with_the_service(start, tmp_path, wait_until, how):
    service = start(settings=written(tmp_path, 'isolation = "process"', head="grace = 0\n"))
    file = tmp_path / "gripped"
    with opened(service) as connection:
        body = json.dumps({"inputs": f"grip {file}"}).encode()
        connection.sendall(f"POST {MOOD} HTTP/1.1\r\nhost: a\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body)
        wait_until(lambda: file.exists() and file.read_text(), "the call")
        service.process.send_signal(how)
        service.process.wait(60)
    wait_until(lambda: not alive(int(file.read_text())), "the end of the process")


def test_one_goes_on_whose_successor_cannot_be_loaded(start, tmp_path, wait_until):
    (tmp_path / "model.json").write_text('{"name": "kept"}')
    lines = ('artifact = "model.json"', 'isolation = "process"', "max_process_calls = 1")
    service = start(settings=written(tmp_path, *lines))
    first = mood(service, "process").json()
    (tmp_path / "model.json").unlink()
    wait_until(lambda: mood(service, "process").json() == first and "No such file" in service.log.read_text(), "it")
    assert mood(service, "process").json() == first
    assert service.stop() == 0


def alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize("replicas", [1, 2])
def test_a_model_that_hangs_on_a_thread_is_named_and_not_waited_for(start, pb, tmp_path, wait_until, replicas):
    service = start(settings=written(tmp_path, "timeout = 1.0", f"replicas = {replicas}"))
    ready = f"{service.http}/ready"
    for number in range(replicas):
        assert httpx.get(ready, timeout=60).status_code == 200
        hung = mood(service, f"hold {tmp_path / str(number)}")
        assert (hung.status_code, hung.json()["error_code"]) == (504, "DEADLINE_EXCEEDED")
        text = f"{number + 1} of {replicas} replicas"
        wait_until(lambda text=text: text in service.log.read_text(), "the report")
    assert metric(service, "inference_longest_call_seconds") > 2
    assert metric(service, "inference_deployment_ready") == 0
    answer = httpx.get(ready, timeout=60)
    assert (answer.status_code, "twice its timeout" in answer.json()["missing"]["one"]) == (503, True)
    refused = mood(service, "text")
    assert (refused.status_code, refused.json()["error_code"]) == (503, "UNAVAILABLE")  # no deadline was waited for
    assert "retry-after" in refused.headers
    stubs = importlib.import_module("toy_service.toy_pb2_grpc")
    with grpc.insecure_channel(service.grpc) as channel:
        health = health_pb2_grpc.HealthStub(channel)
        request = health_pb2.HealthCheckRequest()
        wait_until(lambda: health.Check(request, timeout=60).status == NOT_SERVING, "not serving")
        with pytest.raises(grpc.RpcError) as caught:
            stubs.ClassifierServiceStub(channel).RunMood(pb.TextRequest(text="text"), timeout=60)
        assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
    (tmp_path / "0.go").touch()
    wait_until(lambda: httpx.get(ready, timeout=60).status_code == 200, "ready again")
    assert mood(service, "text").json() == {"result": "ok"}
    assert service.stop() == 0


@pytest.mark.parametrize("flags", [(), ("--workers", "2")], ids=["one", "workers"])
@pytest.mark.parametrize("isolation", KINDS)
def test_a_model_that_hangs_does_not_keep_it_from_stopping(start, tmp_path, flags, isolation):
    service = start(*flags, settings=written(tmp_path, "timeout = 1.0", f'isolation = "{isolation}"'))
    assert mood(service, f"hold {tmp_path / 'call'}").status_code == 504
    assert mood(service, "spin").status_code in (503, 504)
    assert service.stop() == 0
