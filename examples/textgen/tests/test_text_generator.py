"""What the generator writes, streams, answers, measures and learns."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest
import torch
from textgen import Completion, FinishReason, Message, Role, TextGenerator
from textgen.corpus import split


@pytest.fixture(scope="module")
def model() -> TextGenerator:
    return TextGenerator()


def test_tokens_count_up_and_the_last_one_tells_why(model: TextGenerator) -> None:
    tokens = list(model.run("The class ", max_tokens=20))
    assert [token.index for token in tokens] == list(range(20))
    assert [token.finish_reason for token in tokens] == [None] * 19 + [FinishReason.LENGTH]
    assert all(len(token.text) == 1 and token.logprob <= 0 for token in tokens)


def test_tokens_come_one_by_one(model: TextGenerator) -> None:
    stream = model.run("", max_tokens=2048)
    assert [token.index for token in islice(stream, 3)] == [0, 1, 2]


def test_equal_seeds_write_equal_texts(model: TextGenerator) -> None:
    texts = [model.run_complete("An object ", seed=seed).text for seed in (1, 1, 2)]
    assert texts[0] == texts[1] != texts[2]


def test_temperature_zero_and_the_single_best_are_the_same(model: TextGenerator) -> None:
    greedy = model.run_complete("The ", temperature=0, seed=1)
    assert greedy == model.run_complete("The ", temperature=1, top_k=1, seed=2)


def test_top_k_leaves_only_the_likeliest(model: TextGenerator) -> None:
    firsts = {next(model.run("The ", temperature=2, top_k=2, seed=seed)).text for seed in range(30)}
    assert len(firsts) == 2


def test_a_completion_is_the_stream_put_together(model: TextGenerator) -> None:
    tokens = list(model.run("If the ", max_tokens=30, seed=5))
    completion = model.run_complete("If the ", max_tokens=30, seed=5, logprobs=True)
    assert completion.text == "".join(token.text for token in tokens)
    assert completion.logprobs == [token.logprob for token in tokens]
    assert completion.usage.prompt_tokens == 7
    assert completion.usage.completion_tokens == 30
    assert model.run_complete("If the ").logprobs is None


@pytest.mark.parametrize("stop", ["e", ["zzz", "e "]])
def test_a_stop_text_ends_the_writing(model: TextGenerator, stop: str | list[str]) -> None:
    completion = model.run_complete("The ", max_tokens=500, stop=stop)
    assert completion.finish_reason is FinishReason.STOP
    assert completion.text.count(stop if isinstance(stop, str) else stop[-1]) == 1
    assert completion.text.endswith(stop if isinstance(stop, str) else stop[-1])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"max_tokens": 0}, "max_tokens must be at least 1"),
        ({"temperature": 2.5}, "temperature must be from 0 to 2"),
        ({"temperature": math.nan}, "temperature must be from 0 to 2"),
        ({"top_k": 0}, "top_k must be at least 1"),
        ({"stop": ["x", ""]}, "cannot be empty"),
    ],
)
def test_options_out_of_range_are_refused_at_once(
    model: TextGenerator, options: dict[str, object], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        model.run("The ", **options)  # type: ignore[arg-type]


def test_it_writes_words_of_the_reference(model: TextGenerator) -> None:
    known = set(split()[0].lower().split())
    words = model.run_complete("The ", max_tokens=600, temperature=0.3).text.lower().split()
    assert sum(word in known for word in words) / len(words) > 0.7


def test_unknown_characters_are_read_but_never_written(model: TextGenerator) -> None:
    completion = model.run_complete("Größe: 5 µm 🙂", max_tokens=200, temperature=2)
    assert isinstance(completion, Completion)
    assert all(character == "\n" or " " <= character <= "~" for character in completion.text)


def test_a_chat_answers_each_message_before_it_takes_the_next(model: TextGenerator) -> None:
    taken = []

    def messages() -> Iterator[Message]:
        for text in ("What is a module?", "And a package?"):
            taken.append(text)
            yield Message(text)

    replies = model.run_chat(messages())
    assert taken == []
    first = next(replies)
    assert (first.turn, len(taken)) == (0, 1)
    second = next(replies)
    assert (second.turn, len(taken)) == (1, 2)
    assert list(replies) == []
    assert "\n" not in first.text + second.text


def test_a_chat_remembers_what_was_said(model: TextGenerator) -> None:
    question = Message("What is a class?")
    (fresh,) = model.run_chat([question], temperature=1)
    (primed,) = model.run_chat([Message("Lambda expressions:", Role.SYSTEM), question], temperature=1)
    assert fresh.turn == primed.turn == 0
    assert fresh.text != primed.text


def test_a_chat_refuses_empty_messages_when_they_come(model: TextGenerator) -> None:
    replies = model.run_chat([Message("What is a class?"), Message(" ")])
    next(replies)
    with pytest.raises(ValueError, match="cannot be empty"):
        next(replies)


def test_perplexity_knows_prose_from_noise(model: TextGenerator) -> None:
    _, held_out = split()
    assert model.run_perplexity([held_out]) < 5
    assert model.run_perplexity(["xq#Zv}~K0@jW"]) > 50


def test_perplexity_does_not_depend_on_the_pieces(model: TextGenerator) -> None:
    text = "A class definition is an executable statement."
    assert model.run_perplexity(iter(text)) == pytest.approx(model.run_perplexity([text, ""]), rel=1e-4)


def test_perplexity_of_nothing_is_refused(model: TextGenerator) -> None:
    with pytest.raises(ValueError, match="empty text"):
        model.run_perplexity([])


def test_perplexity_agrees_with_the_logprobs_of_a_stream(model: TextGenerator) -> None:
    tokens = list(model.run("", max_tokens=50))
    mean = sum(token.logprob for token in tokens) / len(tokens)
    perplexity = model.run_perplexity([token.text for token in tokens])
    assert perplexity == pytest.approx(math.exp(-mean), rel=1e-2)


def test_paragraphs_come_whole_and_leave_the_loop_free(model: TextGenerator) -> None:
    async def read() -> tuple[list[str], int]:
        ticks = 0
        done = asyncio.Event()

        async def tick() -> None:
            nonlocal ticks
            while not done.is_set():
                ticks += 1
                await asyncio.sleep(0)

        ticker = asyncio.create_task(tick())
        paragraphs = [paragraph async for paragraph in model.run_paragraphs("The ", count=2)]
        done.set()
        await ticker
        return paragraphs, ticks

    paragraphs, ticks = asyncio.run(read())
    assert len(paragraphs) == 2
    assert paragraphs[0] != paragraphs[1]
    assert all(paragraph.startswith("The ") and "\n" not in paragraph for paragraph in paragraphs)
    assert ticks > 10


def test_training_learns_a_text_by_heart() -> None:
    before = torch.random.get_rng_state()
    model = TextGenerator.train("ab" * 200, steps=40, learning_rate=0.02)
    assert model.run_complete("abab", max_tokens=6, temperature=0).text == "ababab"
    assert torch.equal(torch.random.get_rng_state(), before)


def test_training_refuses_a_short_text() -> None:
    with pytest.raises(ValueError, match="200 characters or more, not 5"):
        TextGenerator.train("short")


def test_a_saved_model_answers_alike(tmp_path: Path) -> None:
    model = TextGenerator.train("abc" * 100, steps=2)
    model.save(str(tmp_path / "model.pt"))
    restored = TextGenerator.load(str(tmp_path / "model.pt"))
    assert restored.run_complete("abc", seed=3) == model.run_complete("abc", seed=3)
    assert restored.run_complete("abc", seed=3) != TextGenerator().run_complete("abc", seed=3)
