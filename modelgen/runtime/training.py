"""The process of a training job: `python -m modelgen.runtime.training SERVICE MODULE FOLDER`.

It imports the service's bindings anew, validates the request anew, trains, saves, and leaves `outcome.json` behind.
Everything that the training prints goes to the job's log. Its standard input is a line to the service: when that ends,
so does the training.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
import threading
import traceback
from pathlib import Path
from typing import Any

from modelgen.runtime.binding import MethodBinding, ModuleBinding, ServiceBinding
from modelgen.runtime.bounds import WIDEST
from modelgen.runtime.errors import from_model
from modelgen.runtime.service import host_arguments
from modelgen.runtime.validation import from_json


def main(arguments: list[str]) -> int:
    """Train as told; 0 when a model came out of it."""
    name, module_name, folder = arguments
    threading.Thread(target=_end_with_the_service, daemon=True).start()
    service: ServiceBinding = importlib.import_module(f"{name}.bindings").SERVICE
    module = next(module for module in service.modules if module.name == module_name)
    binding = next(method for method in module.methods if method.kind == "train")
    outcome = _trained(module, binding, Path(folder))
    draft = Path(folder) / "outcome.tmp"
    draft.write_text(json.dumps(outcome), encoding="utf-8")
    draft.replace(Path(folder) / "outcome.json")
    return 1 if "error" in outcome else 0


def _end_with_the_service() -> None:
    os.read(sys.stdin.fileno(), 1)  # nothing is ever sent: it returns at the end
    os.killpg(os.getpgid(0), signal.SIGKILL)


def _trained(module: ModuleBinding, binding: MethodBinding, folder: Path) -> dict[str, Any]:
    try:
        return {"saved": _train(module, binding, folder)}
    except Exception as error:  # noqa: BLE001 - a model may raise anything, and the job says so
        traceback.print_exc()
        told = from_model(error, binding.raises, f"{binding.module}.{binding.name}")
        return {"error": told.message, "code": told.code}


def _train(module: ModuleBinding, binding: MethodBinding, folder: Path) -> bool:
    sent = (folder / "request.json").read_bytes()
    arguments = host_arguments(binding, from_json(binding.request, sent, WIDEST))
    positional = [arguments.pop(name) for name in binding.positional if name in arguments]
    if module.train is None:
        raise TypeError(f"{module.name} has no train")
    model = module.train(*positional, **arguments)
    if module.save is None or module.load is None:
        print(f"{module.name} has no save and load: what was trained is not kept")  # noqa: T201 - into the job's log
        return False
    module.save(model, str(folder / "artifact"))
    return True


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
