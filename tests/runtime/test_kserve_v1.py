"""KServe's V1 protocol, on running services: what an instance may be, what is answered, and what becomes of the queue."""

from __future__ import annotations

import asyncio
import base64
import gzip
import importlib
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modelgen.runtime.http import create_app
from modelgen.runtime.settings import Settings
from tests.runtime.conftest import Running
from tests.runtime.test_metrics import read

LABELS = {"method": "Words.run", "protocol": "v1"}


@pytest.fixture
def service(instances_service: Running) -> Running:
    return instances_service


@pytest.fixture
def client(service):
    with service.client() as client:
        yield client


def predicted(client: httpx.Client, name: str, instances: list[Any], **more: Any) -> Any:
    """The predictions, or the status and the error."""
    answer = client.post(f"/v1/models/{name}:predict", content=json.dumps({"instances": instances, **more}))
    return told(answer)


def told(answer: httpx.Response) -> Any:
    body = answer.json()
    if answer.status_code == 200:
        assert list(body) in (["predictions"], ["explanations"])
        return next(iter(body.values()))
    assert isinstance(body["error"], str)
    assert body["error"]
    assert body["request_id"] == answer.headers["x-request-id"]
    return answer.status_code, body["error"]


def test_the_server_lives(client):
    assert client.get("/").json() == {"status": "alive"}


def test_models_are_the_deployments(client):
    found = client.get("/v1/models").json()["models"]
    assert {"words", "small", "rows", "pair", "broken"} <= set(found)


def test_a_model_tells_whether_it_is_ready(client):
    assert client.get("/v1/models/words").json() == {"name": "words", "ready": True}
    assert told(client.get("/v1/models/broken")) == (503, "Deployment `broken` is not ready")
    status, error = told(client.get("/v1/models/nothing"))
    assert status == 404
    assert error.startswith("There is no deployment `nothing`; there are: ")


@pytest.mark.parametrize(
    ("name", "instances", "predictions"),
    {
        "the value of the one input": ("words", ["a", "b"], ["a", "b"]),
        "by name, with an option": ("words", [{"text": "a", "times": 2}, "b"], ["aa", "b"]),
        "two inputs by name": ("pair", [{"left": 3, "right": 1}, {"left": 1, "right": 3, "scale": 0.5}], [2.0, -1.0]),
        "an object that is the one input": ("mover", [{"x": 1.5}, {"x": 2, "label": "b"}], [{"x": 3.0, "label": "none"}, {"x": 4.0, "label": "b"}]),
        "the same by name": ("mover", [{"place": {"x": 1}, "factor": 3}], [{"x": 3.0, "label": "none"}]),
        "an object with a field named like the input, by name": ("boxed", [{"box": {"box": "in"}}], ["in"]),
        "any value": ("anything", [None, True, 1, 2**70, 0.1, -0.0, "é\n", [1, {"a": []}], {}, {"b": 1}], [None, True, 1, 2**70, 0.1, -0.0, "é\n", [1, {"a": []}], {}, {"b": 1}]),
        "bytes": ("raw", [base64.b64encode(b"abc").decode()], [base64.b64encode(b"cba").decode()]),
        "nothing answered": ("silent", ["a", "b"], [None, None]),
        "a coroutine": ("later", [1, 2, 3], [2, 3, 4]),
        "nothing that must be sent": ("forgiving", [{}, {"text": "a"}], ["default", "a"]),
        "`predict`": ("predictor", [1, 3], [0.5, 1.5]),
        "the only method": ("single", ["abc"], [3]),
        "none at all": ("words", [], []),
    }.values(),
    ids=str,
)  # fmt: skip
def test_an_instance_is_the_methods_input(client, name, instances, predictions):
    assert predicted(client, name, instances) == predictions


def test_parameters_are_for_all_that_have_none_of_their_own(client):
    sent = ["a", {"text": "b", "times": 3}, {"text": "c"}]
    assert predicted(client, "words", sent, parameters={"times": 2}) == ["aa", "bbb", "cc"]
    assert predicted(client, "words", sent, parameters=None) == ["a", "bbb", "c"]


@pytest.mark.parametrize(
    "kind", ["", "text/plain", "application/json; charset=utf-8", "application/x-www-form-urlencoded"]
)
def test_the_content_type_does_not_matter(client, kind):
    headers = {"content-type": kind} if kind else {}
    request = client.build_request("POST", "/v1/models/words:predict", content=b'{"instances":["a"]}', headers=headers)
    assert ("content-type" in request.headers) == bool(kind)
    assert told(client.send(request)) == ["a"]


@pytest.mark.parametrize(
    ("name", "body", "error"),
    [
        ("words", {"instances": ["a", "b", "c", 4]}, "`instances[3]` must be a string"),
        ("words", {"instances": ["a", {"text": 4}]}, "`instances[1].text` must be a string"),
        ("words", {"instances": ["a", {"text": "a", "times": "x"}]}, "`instances[1].times` must be an integer"),
        ("words", {"instances": ["a", {"text": "a", "more": 1}]}, "`instances[1].more` is not a known field"),
        ("words", {"instances": ["a"], "parameters": {"times": "x"}}, "`parameters.times` must be an integer"),
        ("words", {"instances": ["a"], "parameters": {"more": 1}}, "`parameters.more` is not a known field"),
        ("boxed", {"instances": [{"box": "in"}]}, "`instances[0].box` must be an object"),
        ("pair", {"instances": [{"left": 1}]}, "`instances[0].right` is required"),
        ("pair", {"instances": [1]}, "`instances[0]` must be an object of `left`, `right`"),
        ("mover", {"instances": [{"x": "1"}]}, "`instances[0].x` must be a number"),
        ("mover", {"instances": [{"place": {"x": "1"}}]}, "`instances[0].place.x` must be a number"),
        ("rows", {"instances": [[[1.0] * 20], [[1.0] * 19]]}, "`instances[1]` must have"),
        ("rows", {"instances": [[["x"] * 20]]}, "`instances[0]` must hold numbers only"),
        ("words", {"instances": "a"}, "`instances` must be a list"),
        ("words", {"inputs": "a"}, "`instances` is required; `inputs` is not a known field"),
        ("words", [], "The request must be an object"),
        ("words", b"", 'The request is empty: send JSON, such as {"instances": […]}'),
        ("words", b'{"instances": ["\xff"]}', "The request is not valid JSON"),
        ("words", b'{"instances": [' * 5000, "The request is nested deeper than 20 levels"),
        ("mover", b'{"instances": [{"x": NaN}]}', "`instances[0].x` must be a finite number"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_by_its_place(client, name, body, error):
    content = body if isinstance(body, bytes) else json.dumps(body)
    status, message = told(client.post(f"/v1/models/{name}:predict", content=content))
    assert status == 400
    assert message.startswith(error), message


def test_many_wrong_instances_are_not_all_told(client):
    answer = client.post("/v1/models/words:predict", json={"instances": [1] * 1000}).json()
    assert [detail["field"] for detail in answer["details"]] == [f"instances[{number}]" for number in range(20)]


@pytest.mark.parametrize(
    ("name", "verb", "status"),
    [("nothing", "predict", 404), ("counting", "predict", 501), ("several", "predict", 501), ("pair", "explain", 501)],
)
def test_what_cannot_be_asked(client, name, verb, status):
    assert told(client.post(f"/v1/models/{name}:{verb}", json={"instances": ["a"]}))[0] == status


def test_the_verbs_want_a_post(client):
    answer = client.get("/v1/models/words:predict")
    assert (told(answer)[0], answer.headers["allow"]) == (405, "POST")
    assert told(client.post("/v1/models/words"))[0] == 405
    assert told(client.get("/v1/nothing"))[0] == 404


def test_a_model_that_is_not_there_answers_unavailable(client):
    assert predicted(client, "broken", ["a"]) == (503, "Deployment `broken` could not be loaded")


def test_explanations(client):
    answer = client.post("/v1/models/words:explain", json={"instances": ["ab", {"text": "aa"}]})
    assert answer.json() == {"explanations": [{"a": 0.5, "b": 0.5}, {"a": 1.0}]}


def test_a_failing_item_fails_the_request_and_is_named(client):
    assert predicted(client, "words", ["a", "bad", "c"]) == (400, "`instances[1]`: a bad word")
    assert predicted(client, "words", ["a", "b", "broken"]) == (500, "`instances[2]`: `Words.run` failed")
    status, error = predicted(client, "words", ["a", "wrong", "b"])
    assert (status, error) == (500, "`instances[1]`: `Words.run` is declared to return string; it returned int")
    answer = client.post("/v1/models/words:predict", json={"instances": ["a", "bad"]}).json()
    assert answer["details"] == [{"field": "instances[1]", "message": "a bad word"}]
    assert predicted(client, "words", ["a"]) == ["a"]


def test_a_thousand_instances_are_batches_in_order(service, client):
    before = read(service.http)
    sent = [f"{number} " for number in range(1000)]
    assert predicted(client, "words", sent) == sent
    after = read(service.http)
    found = {"deployment": "words", "method": "Words.run"}
    count, total = (
        after.of(name, **found) - before.of(name, **found)
        for name in ("inference_batch_size_count", "inference_batch_size_sum")
    )
    assert total == 1000
    assert count == 32, "31 batches of 32, and one of 8"
    asked = after.of("inference_requests_total", **LABELS, code="OK") - before.of(
        "inference_requests_total", **LABELS, code="OK"
    )
    assert asked == 1, "a request is one, whatever it holds"


def test_tensors_are_joined(service, client):
    before = read(service.http)
    sent = [[[float(number)] * 20] * 2 for number in range(64)]
    assert predicted(client, "rows", sent) == [[[number * 2.0] * 20] * 2 for number in range(64)]
    assert read(service.http).of("inference_batch_size_count", deployment="rows") == 2 + before.of(
        "inference_batch_size_count", deployment="rows"
    )
    assert predicted(client, "rows", [[[True, *[1.0] * 19]]])[0] == 400


def test_instances_with_other_options_are_in_other_batches(client):
    sent = [{"text": "a", "times": number % 3} for number in range(100)]
    assert predicted(client, "words", sent) == ["a" * (number % 3) for number in range(100)]


def test_more_than_the_queue_holds_is_refused(client):
    status, error = predicted(client, "small", ["a"] * 5)
    assert (status, error) == (413, "`small` takes at most 4 instances in a request (`max_queue`); there are 5")
    assert predicted(client, "small", ["a"] * 4) == ["a"] * 4


def met(service: Running, name: str = "met") -> list[str]:
    file = service.folder / name
    return file.read_text().split() if file.exists() else []


def depth(service: Running, name: str) -> float:
    return read(service.http).of("inference_queue_depth", deployment=name)


@pytest.fixture
def held(service, wait_until):
    """A pool of callers, while the model `slow` is held by one of them until `go` is called."""
    go = service.folder / "met.go"
    go.unlink(missing_ok=True)
    (service.folder / "met").unlink(missing_ok=True)
    with ThreadPoolExecutor(20) as pool:
        first = pool.submit(
            httpx.post, f"{service.http}/api/v1/slow/run", json={"inputs": "wait", "deployment": "slow"}, timeout=60
        )
        wait_until(lambda: met(service) == ["wait"], "the first call")
        try:
            yield pool
        finally:
            go.touch()
            assert first.result().status_code == 200
    wait_until(lambda: depth(service, "slow") == 0, "an empty queue")


def test_without_a_batcher_others_come_between_in_order(service, held, wait_until):
    def ask(url: str, body: Any) -> Any:
        return httpx.post(service.http + url, json=body, timeout=60).json()

    many = held.submit(ask, "/v1/models/slow:predict", {"instances": [f"m{number}" for number in range(30)]})
    wait_until(lambda: depth(service, "slow") == 31, "their places")
    other = held.submit(ask, "/api/v1/slow/run", {"inputs": "other", "deployment": "slow"})
    wait_until(lambda: depth(service, "slow") == 32, "its place")
    (service.folder / "met.go").touch()
    assert many.result() == {"predictions": [f"m{number}" for number in range(30)]}
    assert other.result() == {"result": "other"}
    seen = met(service)[1:]
    assert seen.index("other") <= 2, "it does not wait for all thirty"
    assert [word for word in seen if word != "other"] == [f"m{number}" for number in range(30)]


def test_a_request_finds_all_its_places_or_none(service, held, client, wait_until):
    answer = client.post("/v1/models/slow:predict", json={"instances": ["a"] * 41})
    assert told(answer)[0] == 429
    assert told(answer)[1] == "The queue of `slow` has no room for 41 calls: 1 of 41 are there"
    assert int(answer.headers["retry-after"]) >= 1
    assert depth(service, "slow") == 1
    some = held.submit(predicted, client, "slow", ["a"] * 40)
    wait_until(lambda: depth(service, "slow") == 41, "their places")
    assert httpx.post(f"{service.http}/api/v1/slow/run", json={"inputs": "a", "deployment": "slow"}).status_code == 429
    (service.folder / "met.go").touch()
    assert some.result() == ["a"] * 40
    wait_until(lambda: depth(service, "slow") == 0, "an empty queue")


def test_a_caller_who_leaves_gives_all_places_back(service, held, wait_until):
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(f"{service.http}/v1/models/slow:predict", json={"instances": ["gone"] * 20}, timeout=0.5)
    wait_until(lambda: depth(service, "slow") == 1, "their places")
    (service.folder / "met.go").touch()
    wait_until(lambda: depth(service, "slow") == 0, "an empty queue")
    assert met(service) == ["wait"]


def test_a_failing_item_gives_the_others_places_back(service, client, wait_until):
    assert predicted(client, "words", ["a"] * 10 + ["bad"] + ["c"] * 900)[0] == 400
    wait_until(lambda: depth(service, "words") == 0, "an empty queue")


def test_a_request_has_its_time(service, held, client):
    answer = client.post(
        "/v1/models/slow:predict", json={"instances": ["late"] * 3}, headers={"x-request-timeout": "0.2"}
    )
    assert told(answer) == (504, "The request was not answered in time")
    assert depth(service, "slow") == 1
    answer = client.post("/v1/models/slow:predict", json={"instances": []}, headers={"x-request-timeout": "soon"})
    assert told(answer)[0] == 400


def test_a_deployments_timeout_is_for_each(service, client):
    assert predicted(client, "hasty", ["a"] * 20) == ["a"] * 20
    assert predicted(client, "hasty", ["a", "wait"]) == (504, "`instances[1]`: The call was not answered in time")
    (service.folder / "hasty.go").touch()


def test_requests_are_counted_and_logged_by_bounded_names(service, client):
    before = read(service.http)
    for number in range(5):
        predicted(client, f"made-up-{number}", ["a"])
    predicted(client, "words", [1])
    after = read(service.http)
    where = {**LABELS, "code": "INVALID_ARGUMENT", "deployment": "words"}
    assert after.of("inference_requests_total", **where) == 1 + before.of("inference_requests_total", **where)
    assert "made-up" not in httpx.get(service.http + "/metrics").text
    assert after.values("protocol") <= {"v1", "http", "grpc"}


def test_ids_and_traces_go_through(client):
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    headers = {"x-request-id": "mine", "traceparent": trace}
    answer = client.post("/v1/models/words:predict", json={"instances": ["a"]}, headers=headers)
    assert (answer.headers["x-request-id"], answer.headers["traceparent"]) == ("mine", trace)


def test_bodies_have_the_same_limits_as_elsewhere(client):
    packed = gzip.compress(json.dumps({"instances": ["a"]}).encode())
    url = "/v1/models/words:predict"
    assert told(client.post(url, content=packed, headers={"content-encoding": "gzip"})) == ["a"]
    assert told(client.post(url, content=packed, headers={"content-encoding": "br"}))[0] == 415
    bomb = gzip.compress(b" " * (65 << 20))
    assert told(client.post(url, content=bomb, headers={"content-encoding": "gzip"}))[0] == 413


def test_an_instance_goes_as_far_as_a_request_may(client):
    assert predicted(client, "anything", [json.loads("[" * 19 + "]" * 19)])[0][0][0]
    assert predicted(client, "anything", [1, json.loads("[" * 20 + "]" * 20)]) == (
        400,
        "`instances[1]` is nested deeper than 20 levels",
    )
    deep = b'{"instances": ' + b"[" * 500 + b"]" * 500 + b"}"
    assert told(client.post("/v1/models/anything:predict", content=deep)) == (
        400,
        "The request is nested deeper than 20 levels",
    )
    assert len(predicted(client, "rows", [[[0.5] * 20] * 25] * 5)) == 5
    for rows in ([[0.5] * 20] * 26, [[2] * 20] * 26):
        status, error = predicted(client, "rows", [[[0.5] * 20], rows])
        assert (status, error.split(" ")[0]) == (400, "`instances[1]`"), error
        assert "500" in error


SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(st.sampled_from(("value", "x", "place", "")), inner, max_size=3),
    max_leaves=12,
)
SEEDED = settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


@SEEDED
@given(values=st.lists(VALUES, max_size=4))
def test_a_prediction_is_what_the_native_route_answers(client, values):
    for name, argument in (("anything", "value"), ("mover", "place"), ("rows", "rows")):
        bodies = [json.dumps({"inputs": value}) for value in values]
        native = [client.post(f"/api/v1/{name}/run", content=body) for body in bodies]
        found = predicted(client, name, [{argument: value} for value in values])
        if all(answer.status_code == 200 for answer in native):
            assert found == [answer.json()["result"] for answer in native]
        else:
            first = next(position for position, answer in enumerate(native) if answer.status_code != 200)
            assert found[0] == 400
            assert found[1].startswith(f"`instances[{first}].{argument}"), found


NUMBERS = st.integers(-(2**70), 2**70) | st.floats(allow_nan=False) | st.integers(-9, 9) | st.booleans()
ROWS = st.lists(st.lists(NUMBERS, min_size=20, max_size=20), max_size=2)


@SEEDED
@given(matrices=st.lists(ROWS, max_size=3))
def test_numbers_are_read_as_the_native_route_reads_them(client, matrices):
    """Lists of numbers have a way of their own through JSON."""
    native = [client.post("/api/v1/rows/run", content=json.dumps({"inputs": rows})) for rows in matrices]
    found = predicted(client, "rows", matrices)
    if all(answer.status_code == 200 for answer in native):
        assert found == [answer.json()["result"] for answer in native]
    else:
        assert found[0] == 400


@SEEDED
@given(body=VALUES | st.fixed_dictionaries({"instances": VALUES}, optional={"parameters": VALUES, "more": VALUES}))
def test_no_body_is_the_services_fault(client, body):
    for name in ("words", "pair", "mover", "boxed", "rows", "raw", "forgiving", "later"):
        answer = client.post(f"/v1/models/{name}:predict", content=json.dumps(body))
        told(answer)
        assert answer.status_code in (200, 400)


def test_the_plural_is_one_call_of_its_own(client):
    """A caller with many inputs may also call the native route of the plural: one call of the model."""
    answer = client.post(
        "/api/v1/words/run-batch", json={"inputs": ["a", "b"], "parameters": {"times": 2}, "deployment": "words"}
    )
    assert answer.json() == {"result": ["aa", "bb"]}


def test_a_token_opens_all_but_the_sign_of_life(start):
    service = start(environment={"MODELGEN_TOKEN": "i" * 32})
    token = {"authorization": "Bearer " + "i" * 32}
    with service.client() as client:
        assert client.get("/").json() == {"status": "alive"}
        for method, path in (
            ("GET", "/v1/models"),
            ("GET", "/v1/models/classifier"),
            ("POST", "/v1/models/classifier:predict"),
        ):
            assert told(client.request(method, path, json={"instances": ["abc"]}))[0] == 401
        assert client.get("/v1/models/classifier", headers=token).json()["ready"]
        answer = client.post("/v1/models/classifier:predict", json={"instances": ["abc"]}, headers=token)
        assert told(answer) == [[{"label": "toy-0", "score": 3.0}]]


def test_a_token_that_is_for_something_else_is_no_use(start, tmp_path):
    tokens = tmp_path / "tokens.txt"
    tokens.write_text("m" * 32 + " manage\n")
    service = start("--set", f"tokens={tokens}")
    with service.client() as client:
        headers = {"authorization": "Bearer " + "m" * 32}
        answer = client.post("/v1/models/classifier:predict", json={"instances": ["abc"]}, headers=headers)
        assert told(answer)[0] == 403


def test_while_it_loads_it_is_not_ready(start, toy_folder, tmp_path, wait_until):
    gate, settings = tmp_path / "gate", tmp_path / "service.toml"
    settings.write_text(f'[deployments.late]\nmodule = "Classifier"\narguments = {{ wait_for = "{gate}" }}\n')
    service = start(settings=str(settings), ready=False)
    with service.client() as client:
        assert client.get("/").json() == {"status": "alive"}
        assert client.get("/v1/models").json() == {"models": ["late"]}
        assert told(client.get("/v1/models/late")) == (503, "Deployment `late` is not ready")
        answer = client.post("/v1/models/late:predict", json={"instances": ["a"]})
        assert told(answer) == (503, "Deployment `late` is still loading")
        assert answer.headers["retry-after"] == "1"
        gate.touch()
        wait_until(lambda: client.get("/v1/models/late").status_code == 200, "ready")
        assert len(predicted(client, "late", ["a"])) == 1


def test_what_a_hook_guards_is_not_reached_past_it(running_with):
    for hook in ("dependency", "before"):
        with running_with(hook).client() as client:
            status, error = told(client.post("/v1/models/classifier:predict", json={"instances": ["a"]}))
            assert (status, error.split(": ")[1]) == (501, "POST /api/v1/classifier/run")
            assert client.get("/v1/models/classifier").status_code == 200
    with running_with("middleware").client() as client:
        answer = client.post("/v1/models/classifier:predict", json={"instances": ["a"]})
        assert len(told(answer)) == 1
        assert answer.headers["x-stamp"] == "yes"


def test_a_hook_may_have_the_root(running_with):
    with running_with("root").client() as client:
        assert client.get("/").json() == "welcome"
        assert client.get("/v1/models/classifier").json()["ready"]


def test_what_was_trained_is_a_model(start, wait_until):
    service, other = start(), start()
    with service.client() as client:
        job = client.post("/api/v1/classifier/train", json={"inputs": 1, "parameters": {"name": "mine"}}).json()["id"]
        wait_until(lambda: client.get(f"/v1/models/{job}").status_code == 200, "the trained model")
        assert predicted(client, job, ["abc"]) == [[{"label": "mine-0", "score": 3.0}]]
    with other.client() as client:
        assert predicted(client, job, ["abc"]) == [[{"label": "mine-0", "score": 3.0}]], "it has the same state"


def test_a_service_that_stops_is_not_ready(pb, tmp_path):
    """`pb` makes the toy service importable."""

    async def asked() -> list[int]:
        app = create_app(importlib.import_module("toy_service.bindings").SERVICE, Settings(state=str(tmp_path)))
        transport = httpx.ASGITransport(app)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://a") as client,
        ):
            await app.state.service.settled()
            ready = await client.get("/v1/models/classifier")
            app.state.service.draining = True
            return [ready.status_code, (await client.get("/v1/models/classifier")).status_code]

    assert asyncio.run(asked()) == [200, 503]


def test_a_stop_answers_what_it_accepted(start, tmp_path, wait_until):
    file, settings = tmp_path / "met", tmp_path / "service.toml"
    settings.write_text('[deployments.classifier]\nmodule = "Classifier"\n')
    service = start(settings=str(settings))
    with ThreadPoolExecutor(2) as pool, service.client() as client:
        body = {"inputs": {"file": str(file), "seconds": 1.0}}
        pool.submit(client.post, "/api/v1/classifier/run-wait", json=body)
        wait_until(file.exists, "the slow call")
        answer = pool.submit(
            httpx.post, f"{service.http}/v1/models/classifier:predict", json={"instances": ["abc"] * 500}, timeout=60
        )
        wait_until(lambda: depth(service, "classifier") == 501, "their places")
        assert service.stop() == 0
        assert len(told(answer.result())) == 500


def test_what_the_model_would_read_as_infinite_is_refused(client):
    row = [0.0] * 20
    status, error = predicted(client, "rows", [row, [*row[1:], 1e39]])
    assert status == 400
    assert "holds a number that float32 cannot" in error
    assert "instances[1]" in error
