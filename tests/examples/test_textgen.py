"""textgen: streams out, in, and both ways; the tokens are the local ones."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import httpx
import pytest

from tests.examples.conftest import Served

PROMPT = "The value of "


@pytest.fixture
def textgen(served: Callable[[str], Served]) -> Served:
    return served("textgen")


@pytest.fixture(scope="module")
def tokens() -> list[str]:
    from textgen import TextGenerator

    return [token.text for token in TextGenerator().run(PROMPT, max_tokens=20, seed=7)]


BODY = {"inputs": PROMPT, "parameters": {"max_tokens": 20, "seed": 7}}


def test_server_sent_events(textgen: Served, tokens: list[str]) -> None:
    with httpx.stream("POST", f"{textgen.http}/api/v1/text-generator/run", json=BODY) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        events = "".join(answer.iter_text()).strip().split("\n\n")
    messages = [event.split("\n") for event in events]
    assert [lines[0] for lines in messages] == ["event: message"] * 20 + ["event: done"]
    results = [json.loads(lines[1].removeprefix("data: "))["result"] for lines in messages[:-1]]
    assert [result["text"] for result in results] == tokens
    assert [result["finish_reason"] for result in results] == [None] * 19 + ["length"]


def test_lines(textgen: Served, tokens: list[str]) -> None:
    headers = {"accept": "application/x-ndjson"}
    answer = httpx.post(f"{textgen.http}/api/v1/text-generator/run", json=BODY, headers=headers)
    assert [json.loads(line)["result"]["text"] for line in answer.text.splitlines()] == tokens


@pytest.mark.parametrize("grpc", [False, True])
def test_the_client_streams(textgen: Served, tokens: list[str], grpc: bool) -> None:
    with textgen.client.TextGenerator.connect(f"grpc://{textgen.grpc}" if grpc else textgen.http) as model:
        found = list(model.run(PROMPT, max_tokens=20, seed=7))
        assert [token.text for token in found] == tokens
        assert found[-1].finish_reason.value == "length"
        assert list(model.run_paragraphs("strings", count=2, seed=1)) == list(
            model.run_paragraphs("strings", count=2, seed=1)
        )


@pytest.mark.parametrize("grpc", [False, True])
def test_pieces_go_in(textgen: Served, grpc: bool) -> None:
    from textgen import TextGenerator

    pieces = ["An object ", "that has ", "attributes"]
    local = TextGenerator().run_perplexity(iter(pieces))
    with textgen.client.TextGenerator.connect(f"grpc://{textgen.grpc}" if grpc else textgen.http) as model:
        assert model.run_perplexity(pieces) == pytest.approx(local, rel=1e-4)


def test_a_chat_is_answered_message_by_message(textgen: Served) -> None:
    client = textgen.client
    answered: list[str] = []
    asked: list[int] = []

    def messages() -> Iterator[object]:
        for number in range(3):
            asked.append(len(answered))
            yield client.Message(role=client.Role.USER, text=f"message {number}")

    with client.TextGenerator.connect(f"grpc://{textgen.grpc}") as model:
        for reply in model.run_chat(messages(), max_tokens=10, seed=3):
            answered += [reply.text]
    assert len(answered) == 3


def test_a_refusal_before_the_first_token_has_its_status(textgen: Served) -> None:
    body = {"inputs": PROMPT, "parameters": {"max_tokens": 0}}
    answer = httpx.post(f"{textgen.http}/api/v1/text-generator/run", json=body)
    assert answer.status_code == 422
    assert answer.json()["details"][0]["field"] == "parameters.max_tokens"


def test_a_client_that_goes_away_does_no_harm(textgen: Served, tokens: list[str]) -> None:
    body = {"inputs": PROMPT, "parameters": {"max_tokens": 2000}}
    for _ in range(5):
        with httpx.stream("POST", f"{textgen.http}/api/v1/text-generator/run", json=body) as answer:
            next(answer.iter_raw())
    test_lines(textgen, tokens)
