"""What the local engine does for torch, and that it does nothing without."""

from __future__ import annotations

import asyncio
import subprocess
import sys

import numpy as np
import pytest
import torch
from pydantic import RootModel

from modelgen.runtime.binding import MethodBinding
from modelgen.runtime.call import Call
from modelgen.runtime.engines.accelerator import Placing
from modelgen.runtime.engines.local import LocalEngine, from_torch, to_torch


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
