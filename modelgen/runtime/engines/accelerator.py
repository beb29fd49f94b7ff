"""Where torch puts a model and what it computes with: device, dtype, autocast, compilation, CUDA's streams, threads.

torch is never imported from here: it is used where the served package has imported it.
"""

from __future__ import annotations

import contextlib
import logging
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

logger = logging.getLogger("modelgen.runtime")

PINNED = 64 * 1024
"""Bytes of a tensor from which the way to a GPU goes through pinned memory; smaller ones are there as fast without."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placing:
    """What the settings say of it."""

    device: str = "auto"
    dtype: str = ""
    autocast: str = ""
    compile: bool = False
    share: int = 1
    """Of how many that compute at once a model is one: the threads of torch are divided by it."""


class Place:
    """Of a model that is no torch module: nothing is moved or converted."""

    device = ""

    def inside(self) -> AbstractContextManager[Any]:
        """What every call runs in."""
        torch = sys.modules.get("torch")
        return contextlib.nullcontext() if torch is None else torch.inference_mode()

    def there(self, value: Any) -> Any:
        """Arguments, with the tensors in them where the model is."""
        return value

    def back(self, value: Any) -> Any:
        """A result, with the tensors in it where everybody may read them."""
        return value


class TorchPlace(Place):
    """Of a torch module."""

    def __init__(self, device: str, *, dtype: str = "", autocast: str = "") -> None:
        self.device = device
        self._torch = torch = sys.modules["torch"]
        self._dtype = getattr(torch, dtype) if dtype else None
        self._autocast = getattr(torch, autocast) if autocast else None
        self._stream = torch.cuda.Stream(device) if device.startswith("cuda") else None
        self._plain = self._autocast is None and self._stream is None
        self._still = self._dtype is None and device == "cpu"

    def inside(self) -> AbstractContextManager[Any]:
        """Inference mode; and, as asked, autocast and this replica's own CUDA stream."""
        return self._torch.inference_mode() if self._plain else self._all()

    @contextlib.contextmanager
    def _all(self) -> Iterator[None]:
        torch = self._torch
        with contextlib.ExitStack() as stack:
            stack.enter_context(torch.inference_mode())
            if self._stream is not None:
                stack.enter_context(torch.cuda.stream(self._stream))
            if self._autocast is not None:
                stack.enter_context(torch.autocast(self.device.partition(":")[0], self._autocast))
            yield

    def there(self, value: Any) -> Any:
        """Arguments on the device, in the weights' dtype."""
        return value if self._still else _each(value, self._to)

    def _to(self, tensor: Any) -> Any:
        dtype = self._dtype if tensor.is_floating_point() else None
        if self._stream is None:
            return tensor.to(self.device, dtype)
        if tensor.device.type == "cpu" and tensor.nbytes >= PINNED:
            tensor = tensor.pin_memory()
        return tensor.to(self.device, dtype, non_blocking=True)

    def back(self, value: Any) -> Any:
        """A result in the memory of the process, in the dtype that it has without these settings."""
        if self._still and self._autocast is None:
            return value
        found = _each(value, self._from)
        if self._stream is not None:  # for the copies, and for tensors elsewhere in it: who reads does so on another
            self._stream.synchronize()
        return found

    def _from(self, tensor: Any) -> Any:
        torch = self._torch
        reduced = tensor.dtype in (self._dtype, self._autocast)
        dtype = torch.float32 if reduced else tensor.dtype
        if self._stream is None:
            return tensor.to("cpu", dtype)
        host = torch.empty(tensor.shape, dtype=dtype, pin_memory=tensor.nbytes >= PINNED)
        return host.copy_(tensor, non_blocking=True)  # `back` waits for it


def placed(model: Any, placing: Placing) -> tuple[Any, Place]:
    """The model where the settings want it, in evaluation mode, and what its calls need."""
    torch = sys.modules.get("torch")
    if torch is not None and placing.share > 1:
        torch.set_num_threads(max(1, _threads(torch) // placing.share))
    if torch is None or not isinstance(model, torch.nn.Module):
        if placing.dtype or placing.autocast or placing.compile or placing.device not in ("auto", "cpu"):
            logger.warning("device, dtype, autocast and compile say nothing of %s: it is no torch module", type(model))
        return model, Place()
    device = _device(torch) if placing.device == "auto" else placing.device
    dtype = getattr(torch, placing.dtype) if placing.dtype else None
    model = model.to(device, dtype).eval()
    if placing.compile:
        model.forward = torch.compile(model.forward)
    return model, TorchPlace(device, dtype=placing.dtype, autocast=placing.autocast)


def size(model: Any) -> int:
    """Bytes of a torch module's weights; 0 for other models."""
    torch = sys.modules.get("torch")
    if torch is None or not isinstance(model, torch.nn.Module):
        return 0
    found: int = sum(tensor.nbytes for tensor in (*model.parameters(), *model.buffers()))
    return found


_all_threads = 0


def _threads(torch: Any) -> int:
    """The threads that torch computes with where nothing divides them."""
    global _all_threads
    if not _all_threads:
        _all_threads = torch.get_num_threads()
    return _all_threads


def _device(torch: Any) -> str:
    if torch.cuda.is_available():
        return "cuda:0"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def _each(value: Any, change: Callable[[Any], Any]) -> Any:
    """The value, with the tensors in it changed."""
    if isinstance(value, Mapping):
        return {key: _each(item, change) for key, item in value.items()}
    if type(value) in (list, tuple):
        return type(value)(_each(item, change) for item in value)
    return change(value) if isinstance(value, sys.modules["torch"].Tensor) else value
