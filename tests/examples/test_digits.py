"""digits: tensors in and out, of a class that has docstrings and no annotations."""

from __future__ import annotations

import base64
from collections.abc import Callable

import httpx
import numpy as np
import pytest

from tests.examples.conftest import Served


@pytest.fixture
def digits(served: Callable[[str], Served]) -> Served:
    return served("digits")


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    from sklearn.datasets import load_digits

    return load_digits().images[:5].astype(np.float32)


def test_nested_lists_and_bytes_are_one_tensor(digits: Served, images: np.ndarray) -> None:
    url = f"{digits.http}/api/v1/digit-classifier/run"
    data = base64.b64encode(images[0].tobytes()).decode()
    lists = httpx.post(url, json={"inputs": images[0].tolist()}).json()["result"]
    packed = httpx.post(url, json={"inputs": {"dtype": "float32", "shape": [8, 8], "data": data}}).json()["result"]
    assert lists == packed
    assert int(np.argmax(lists)) == 0


@pytest.mark.parametrize("grpc", [False, True])
def test_the_client_answers_arrays_equal_to_the_local_ones(digits: Served, images: np.ndarray, grpc: bool) -> None:
    import torch
    from digits import DigitClassifier

    local = DigitClassifier()
    with digits.client.DigitClassifier.connect(f"grpc://{digits.grpc}" if grpc else digits.http) as model:
        found = np.asarray(model.run_images(images))
        with torch.inference_mode():
            expected = local.run_images(torch.from_numpy(images)).numpy()
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
        assert [model.run_top(image)[0] for image in images] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    "wrong",
    [
        [[1.0] * 8] * 7,
        [[1.0] * 8] * 7 + [[1.0] * 9],
        "image",
        [["a"] * 8] * 8,
        {"dtype": "float32", "shape": [8, 8], "data": "AAAA"},
        {"dtype": "float32", "shape": [8, 8], "data": "not base64!"},
    ],
)
def test_a_wrong_tensor_is_told(digits: Served, wrong: object) -> None:
    answer = httpx.post(f"{digits.http}/api/v1/digit-classifier/run", json={"inputs": wrong})
    assert answer.status_code == 422
    assert answer.json()["details"][0]["field"].startswith("inputs")


def test_a_choice_in_a_docstring_is_enforced(digits: Served, images: np.ndarray) -> None:
    body = {"inputs": images[0].tolist(), "parameters": {"fill": "glue"}}
    answer = httpx.post(f"{digits.http}/api/v1/digit-classifier/run-heatmap", json=body)
    assert answer.status_code == 422
    assert answer.json()["details"][0]["field"] == "parameters.fill"
