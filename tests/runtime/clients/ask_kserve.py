"""What KServe's own client says of a service, as JSON. Runs where `kserve` is installed.

The service's address is on standard input: importing kserve reads the command line.
"""

import asyncio
import json
import sys

import httpx
from kserve import InferenceRESTClient, RESTConfig


async def main(base: str) -> dict[str, object]:
    """Ask all that the client can, in the first version of the protocol."""
    async with InferenceRESTClient(RESTConfig(protocol="v1")) as client:
        return {
            "live": await client.is_server_live(base),
            "ready": await client.is_model_ready(base, "words"),
            "broken": await client.is_model_ready(base, "broken"),
            "missing": await refused(client.is_model_ready(base, "nothing")),
            "predicted": await client.infer(base, {"instances": ["a", {"text": "b", "times": 2}]}, "words"),
            "many": await client.infer(base, {"instances": [[[float(n)] * 20] for n in range(200)]}, "rows"),
            "explained": await client.explain(base, "words", {"instances": ["ab"]}),
            "wrong": await refused(client.infer(base, {"instances": ["a", 1]}, "words")),
            "failed": await refused(client.infer(base, {"instances": ["a", "broken"]}, "words")),
            "unanswered": await refused(client.explain(base, "pair", {"instances": ["a"]})),
        }


async def refused(answer) -> list[object]:
    """The status, and the client's own words."""
    try:
        await answer
    except httpx.HTTPStatusError as error:
        return [error.response.status_code, str(error)]
    return []


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(main(sys.stdin.read().strip()))))
