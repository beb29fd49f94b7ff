"""quickstart: served answers are local ones; training over the wire gives a model that is served."""

from __future__ import annotations

import json
from collections.abc import Callable

import httpx
import pytest

from tests.examples.conftest import Served


@pytest.fixture
def quickstart(served: Callable[[str], Served]) -> Served:
    return served("quickstart")


def schemes(served: Served) -> tuple[str, str]:
    return served.http, f"grpc://{served.grpc}"


def test_a_classification_is_the_local_one(quickstart: Served) -> None:
    from quickstart import BinaryClassifier

    local = BinaryClassifier().run([0.4, -1.2], threshold=0.0, explain=True)
    for url in schemes(quickstart):
        with quickstart.client.BinaryClassifier.connect(url) as model:
            remote = model.run([0.4, -1.2], threshold=0.0, explain=True)
        assert remote.label.value == local.label.value
        assert remote.probability == pytest.approx(local.probability)
        assert remote.contributions == pytest.approx(local.contributions)


def test_rest_answers_json(quickstart: Served) -> None:
    answer = httpx.post(f"{quickstart.http}/api/v1/quadratic-predictor/run", json={"inputs": 3.0})
    assert answer.status_code == 200
    assert answer.json() == {"result": pytest.approx(9.0)}


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", None])
def test_any_content_type_is_json(quickstart: Served, content_type: str | None) -> None:
    headers = {"content-type": content_type} if content_type else {}
    url = f"{quickstart.http}/api/v1/quadratic-predictor/run"
    assert httpx.post(url, content=b'{"inputs": 2}', headers=headers).json()["result"] == pytest.approx(4.0)


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"parameters": {}}, 422, "inputs"),
        ({"inputs": [1.0, 2.0], "parameters": {"treshold": 1}}, 422, "parameters.treshold"),
        ({"inputs": "not a point"}, 422, "inputs"),
        ({"inputs": [1.0, 2.0], "parameters": {"threshold": 2.0}}, 422, "parameters.threshold"),
        ({"inputs": [1.0, 2.0], "deployment": "nowhere"}, 404, None),
    ],
)
def test_a_wrong_request_is_told(quickstart: Served, body: dict, status: int, field: str | None) -> None:
    answer = httpx.post(f"{quickstart.http}/api/v1/binary-classifier/run", json=body)
    assert answer.status_code == status
    told = answer.json()
    assert told["error"]
    assert [detail["field"] for detail in told["details"]] == ([field] if field else [])


def test_nan_is_refused(quickstart: Served) -> None:
    url = f"{quickstart.http}/api/v1/quadratic-predictor/run"
    assert httpx.post(url, content=b'{"inputs": NaN}').status_code == 422


def test_the_models_own_refusal_is_the_callers_error_on_both_wires(quickstart: Served) -> None:
    for url in schemes(quickstart):
        refusal = pytest.raises(quickstart.client.InvalidInput)
        with quickstart.client.BinaryClassifier.connect(url) as model, refusal:
            model.run([1.0, 2.0, 3.0])


def test_training_gives_a_deployment(quickstart: Served) -> None:
    points = [quickstart.client.Point(x=x, y=2 * x * x + 1) for x in (-2.0, -1.0, 0.0, 1.0, 2.0)]
    for url in schemes(quickstart):
        job = quickstart.client.QuadraticPredictor.train(points, steps=2000, target=url)
        job.wait(timeout=120)
        assert job.state == "succeeded"
        with job.model() as model:
            assert model.run(3.0) == pytest.approx(19.0, abs=0.5)
    jobs = httpx.get(f"{quickstart.http}/api/v1/jobs").json()["jobs"]
    assert {job["state"] for job in jobs} == {"succeeded"}
    assert json.loads(json.dumps(jobs))[0]["module"] == "QuadraticPredictor"
