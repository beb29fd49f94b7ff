"""Classes whose constructors could not be described."""

from __future__ import annotations

import asyncio
import importlib
from dataclasses import replace

import httpx

from modelgen.runtime.binding import ModuleBinding
from modelgen.runtime.http import create_app
from modelgen.runtime.settings import Settings


def test_one_that_needs_arguments_is_not_deployed_by_itself(pb, tmp_path):
    """`pb` makes the toy service importable."""
    service = importlib.import_module("toy_service.bindings").SERVICE
    untold = replace(service, modules=tuple(replace(module, required=()) for module in service.modules))

    async def asked() -> tuple[httpx.Response, ...]:
        app = create_app(untold, Settings(state=str(tmp_path)))
        transport = httpx.ASGITransport(app)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://a") as client,
        ):
            await app.state.service.settled()
            return await client.get("/ready"), await client.post("/api/v1/scaler/run", json={"inputs": [[1, 2, 3]]})

    ready, answer = asyncio.run(asked())
    assert ready.json() == {"status": "ready", "ready": True, "missing": {}}
    assert answer.status_code == 409
    text = "`Scaler` is not deployed: its constructor needs `factor`. Add it to service.toml"
    assert answer.json()["error"] == text, "it has no `train` to speak of"


def test_one_that_needs_nothing_or_does_not_tell_is_tried():
    class Open:
        def __init__(self, *parts: object, size: int = 1, **rest: object) -> None:
            """Needs nothing."""

    assert ModuleBinding(name="Open", path="open", create=Open).needs == ()
    assert ModuleBinding(name="Of", path="of", create=dict).needs == (), "it is of C"
