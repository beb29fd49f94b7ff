"""What the local engine does for torch, and that it does nothing without."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys

import numpy as np
import pytest
import torch
from pydantic import RootModel

from modelgen.runtime.binding import MethodBinding
from modelgen.runtime.call import Call
from modelgen.runtime.engines import accelerator
from modelgen.runtime.engines.accelerator import Placing
from modelgen.runtime.engines.host import Loaded, warmed
from modelgen.runtime.engines.local import LocalEngine, from_torch, to_torch
from modelgen.runtime.engines.wire import Connection
from modelgen.runtime.engines.worker import Runner
from modelgen.runtime.tensors import TensorType


class Network(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = torch.nn.Linear(3, 2)
        self.dropout = torch.nn.Dropout(0.9)

    def run(self, x: torch.Tensor) -> torch.Tensor:
        return self.dropout(self.layer(x))

    def state(self) -> tuple[bool, bool]:
        return torch.is_inference_mode_enabled(), self.training


def answered(name: str, arguments: dict[str, object]) -> tuple[object, str]:
    binding = MethodBinding(
        module="Network",
        name=name,
        request=RootModel[int],
        response=RootModel[int],
        arguments=dict,
        result=RootModel[int],
        from_proto=dict,
        to_proto=None,
    )

    async def main() -> tuple[object, str]:
        engine = await LocalEngine.load(Network, name="network", placing=Placing(device="cpu"))
        result = await engine.answer(Call(deployment="network", binding=binding, arguments=arguments))
        engine.close()
        return result, engine.device

    return asyncio.run(main())


def test_a_module_is_in_evaluation_and_inference_mode_on_its_device():
    assert answered("state", {}) == ((True, False), "cpu")


def test_a_result_carries_no_gradient():
    result, _ = answered("run", {"x": torch.ones(1, 3)})
    assert isinstance(result, torch.Tensor)
    assert not result.requires_grad
    assert from_torch(result).shape == (1, 2)


@pytest.mark.parametrize("dtype", ["float32", "float64", "int64", "bool", "uint8", "float16"])
@pytest.mark.parametrize("shape", [(), (0, 3), (2, 3)])
def test_arrays_become_tensors_and_come_back(dtype, shape):
    array = np.ones(shape, dtype)
    tensor = to_torch(array)
    assert tuple(tensor.shape) == shape
    np.testing.assert_array_equal(from_torch(tensor), array)


def test_an_array_that_is_not_contiguous_or_read_only_is_taken():
    array = np.arange(6.0).reshape(2, 3).T
    np.testing.assert_array_equal(from_torch(to_torch(array)), array)
    fixed = np.frombuffer(np.arange(3.0).tobytes())
    np.testing.assert_array_equal(from_torch(to_torch(fixed)), fixed)


@pytest.mark.parametrize("shape", [(3,), (2, 20)])
def test_lists_without_a_dtype_become_what_torch_makes_of_them(shape):
    floats, wholes = np.full(shape, 0.5).tolist(), np.ones(shape, int).tolist()
    tensor = TensorType()
    for lists in (floats, wholes):
        for array in (tensor.validate(lists), tensor.validate(tensor.from_numbers(lists))):
            assert to_torch(array).dtype is torch.tensor(lists).dtype
    said = {"dtype": "float64", "shape": list(shape), "data": np.full(shape, 0.5).tobytes()}
    assert to_torch(tensor.validate(said)).dtype is torch.float64
    assert to_torch(TensorType("float64").validate(floats)).dtype is torch.float64


def test_bfloat16():
    tensor = to_torch(np.array([1.0, 2.5], np.float32), "bfloat16")
    assert tensor.dtype is torch.bfloat16
    assert from_torch(tensor).dtype == np.float32
    assert from_torch(tensor).tolist() == [1.0, 2.5]


def test_results_may_be_gradients_arrays_and_lists():
    assert from_torch(torch.ones(2, requires_grad=True)).tolist() == [1.0, 1.0]
    assert from_torch(np.ones(2)).tolist() == [1.0, 1.0]
    assert from_torch([1, 2]).tolist() == [1, 2]


def test_serving_imports_torch_only_where_the_package_does():
    code = "import sys, modelgen.runtime.server, modelgen.runtime.jobs; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


class Wide(torch.nn.Module):
    """Tells what it was made of and called with."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = torch.nn.Linear(3, 2)
        self.seen: list[tuple[str, str]] = []

    def run(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
        y = self(x)
        self.seen.append((str(x.dtype), str(y.dtype)))
        return {"y": y}

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layer(x)

    def example(self) -> dict[str, torch.Tensor]:
        return {"x": torch.ones(1, 3)}


RUN = MethodBinding(
    module="Wide",
    name="run",
    request=RootModel[int],
    response=RootModel[int],
    arguments=dict,
    result=RootModel[int],
    from_proto=dict,
    to_proto=None,
)


@pytest.mark.parametrize(
    ("placing", "seen"),
    [
        (Placing(device="cpu"), ("torch.float32", "torch.float32")),
        (Placing(device="cpu", dtype="bfloat16"), ("torch.bfloat16", "torch.bfloat16")),
        (Placing(device="cpu", dtype="float64"), ("torch.float64", "torch.float64")),
        (Placing(device="cpu", autocast="bfloat16"), ("torch.float32", "torch.bfloat16")),
    ],
)
def test_it_computes_in_the_dtype_of_the_settings_and_answers_in_its_own(placing, seen):
    loaded = Loaded(Wide, placing)
    result = loaded.invoke(Runner(), "run", (), {"x": torch.ones(1, 3)})
    assert loaded.model.seen == [seen]
    assert result["y"].dtype is torch.float32


def test_what_is_compiled_answers_the_same(monkeypatch):
    compiled = []
    monkeypatch.setattr(torch, "compile", lambda forward: compiled.append(forward) or forward)
    loaded = Loaded(Wide, Placing(device="cpu", compile=True))
    assert compiled == [Wide.forward.__get__(loaded.model)]
    plain = Loaded(lambda: loaded.model, Placing(device="cpu"))
    given = {"x": torch.ones(1, 3)}
    found = [each.invoke(Runner(), "run", (), dict(given))["y"].tolist() for each in (loaded, plain)]
    assert found[0] == found[1]


def test_a_model_is_warmed_up_with_its_example():
    loaded = Loaded(Wide)
    warmed(loaded, Runner(), None, (RUN,))
    assert len(loaded.model.seen) == 1


def test_an_example_that_fails_is_told_and_no_more(caplog):
    loaded = Loaded(Wide)
    warmed(loaded, Runner(), lambda: {"x": torch.ones(1, 4)}, (RUN,))
    assert "could not be warmed up" in caplog.text


def test_the_threads_of_torch_are_divided(monkeypatch):
    told = []
    monkeypatch.setattr(accelerator, "_all_threads", 8)
    monkeypatch.setattr(torch, "set_num_threads", told.append)
    Loaded(Wide, Placing(device="cpu", share=3))
    assert told == [2]


def test_a_device_that_is_not_there_fails_the_load():
    if torch.cuda.is_available():
        pytest.skip("there is one")
    with pytest.raises((RuntimeError, AssertionError), match=r"CUDA|cuda"):
        Loaded(Wide, Placing(device="cuda:0"))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_gpu_answers_as_the_processor_does():
    network = Wide()
    here, there = (Loaded(lambda: network, Placing(device=device)) for device in ("cpu", "cuda:0"))
    for rows in (1, 100_000):
        given = torch.rand(rows, 3)
        network.to("cpu")
        expected = here.invoke(Runner(), "run", (), {"x": given})["y"]
        network.to("cuda:0")
        found = there.invoke(Runner(), "run", (), {"x": given})["y"]
        assert found.device.type == "cpu"
        torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.bool, torch.int64, torch.complex64])
@pytest.mark.parametrize("shape", [(), (0, 3), (3,), (300, 200)])
def test_tensors_go_between_processes(dtype, shape):
    ends = [Connection(end) for end in socket.socketpair()]
    tensor = torch.ones(shape).to(dtype)
    turned = tensor.permute(tuple(reversed(range(tensor.ndim))))
    ends[0].send({"x": tensor, "more": [np.ones(20_000), turned]})
    found = ends[1].receive()
    assert found["x"].dtype is dtype
    assert torch.equal(found["x"], tensor)
    assert torch.equal(found["more"][1], turned)
    found["more"][0][0] = 5.0  # it is nobody else's
    for end in ends:
        end.close()
