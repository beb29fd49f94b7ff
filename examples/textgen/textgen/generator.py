"""Writes text in the manner of Python's language reference."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Iterable, Iterator
from pathlib import Path
from typing import Annotated

import torch
from pydantic import Field
from torch import Tensor, nn

from textgen.corpus import UNKNOWN, decode, encode, split
from textgen.messages import Completion, FinishReason, Message, Reply, Role, Token, Usage
from textgen.network import CharacterNetwork, fit
from textgen.sampling import Sampler

WEIGHTS = Path(__file__).with_name("weights.pt")


class TextGenerator:
    """Writes text in the manner of Python's language reference, one character at a time.

    A small recurrent network: it has the words and the tone, not the sense. The same call with the same seed writes
    the same text.
    """

    def __init__(self) -> None:
        """Take the weights that come with the package."""
        self._network = CharacterNetwork().eval()
        self._network.load_state_dict(torch.load(WEIGHTS, weights_only=True))

    def run(
        self,
        prompt: str,
        max_tokens: Annotated[int, Field(ge=1, le=2048)] = 100,
        temperature: Annotated[float, Field(ge=0, le=2)] = 0.5,
        top_k: Annotated[int, Field(ge=1)] | None = None,
        stop: str | list[str] | None = None,
        seed: Annotated[int, Field(ge=0)] = 0,
    ) -> Iterator[Token]:
        """Continue a text, character by character as they are written.

        Args:
            prompt: The text to continue; it may be empty.
            max_tokens: The most characters to write.
            temperature: 0 always takes the likeliest character, 1 draws as the model says, more is wilder.
            top_k: Draw from this many likeliest characters only.
            stop: Texts that end the writing once they are written.
            seed: Of the drawing.

        Raises:
            ValueError: An option is out of its range.
        """
        if max_tokens < 1:
            raise ValueError(f"max_tokens must be at least 1, not {max_tokens}")
        stops = [stop] if isinstance(stop, str) else stop or []
        if "" in stops:
            raise ValueError("a stop text cannot be empty")
        sampler = Sampler(temperature, seed, top_k)
        return self._write(*self._read("\n" + prompt), sampler, max_tokens, stops)

    def run_complete(
        self,
        prompt: str,
        max_tokens: Annotated[int, Field(ge=1, le=2048)] = 100,
        temperature: Annotated[float, Field(ge=0, le=2)] = 0.5,
        top_k: Annotated[int, Field(ge=1)] | None = None,
        stop: str | list[str] | None = None,
        seed: Annotated[int, Field(ge=0)] = 0,
        logprobs: bool = False,
    ) -> Completion:
        """Continue a text and return it whole.

        Args:
            prompt: The text to continue; it may be empty.
            max_tokens: The most characters to write.
            temperature: 0 always takes the likeliest character, 1 draws as the model says, more is wilder.
            top_k: Draw from this many likeliest characters only.
            stop: Texts that end the writing once they are written.
            seed: Of the drawing.
            logprobs: Also tell how likely each character was.

        Raises:
            ValueError: An option is out of its range.
        """
        tokens = list(self.run(prompt, max_tokens, temperature, top_k, stop, seed))
        return Completion(
            text="".join(token.text for token in tokens),
            finish_reason=tokens[-1].finish_reason or FinishReason.LENGTH,
            usage=Usage(prompt_tokens=len(prompt), completion_tokens=len(tokens)),
            logprobs=[token.logprob for token in tokens] if logprobs else None,
        )

    def run_chat(
        self,
        messages: Iterable[Message],
        max_tokens: Annotated[int, Field(ge=1, le=2048)] = 200,
        temperature: Annotated[float, Field(ge=0, le=2)] = 0.5,
        seed: Annotated[int, Field(ge=0)] = 0,
    ) -> Iterator[Reply]:
        """Answer each message of a user as it arrives, with what was said before in mind.

        Args:
            messages: What is said, in its order. Messages of the system are read, not answered.
            max_tokens: The most characters of an answer, which otherwise ends with its paragraph.
            temperature: 0 always takes the likeliest character, 1 draws as the model says, more is wilder.
            seed: Of the drawing.

        Raises:
            ValueError: A message is empty, or an option is out of its range.
        """
        if max_tokens < 1:
            raise ValueError(f"max_tokens must be at least 1, not {max_tokens}")
        sampler = Sampler(temperature, seed)
        _, state = self._read("\n")
        turn = 0
        for message in messages:
            if not message.text.strip():
                raise ValueError("a message cannot be empty")
            logits, state = self._read(f"{message.text} ", state)
            if message.role is Role.SYSTEM:
                continue
            tokens = list(self._write(logits, state, sampler, max_tokens, ["\n"]))
            text = "".join(token.text for token in tokens).rstrip("\n")
            _, state = self._read(f"{text} ", state)
            yield Reply(
                text=text,
                turn=turn,
                finish_reason=tokens[-1].finish_reason or FinishReason.LENGTH,
                usage=Usage(prompt_tokens=len(message.text), completion_tokens=len(tokens)),
            )
            turn += 1

    def run_perplexity(self, pieces: Iterable[str]) -> float:
        """Tell how much a text surprises the model: 1 is not at all, 97 is as much as noise.

        Args:
            pieces: The text, in pieces of any length.

        Returns:
            The perplexity per character.

        Raises:
            ValueError: The text is empty.
        """
        logits, state = self._read("\n")
        loss, length = 0.0, 0
        for piece in pieces:
            characters = encode(piece)
            if not len(characters):
                continue
            outputs, state = self._forward(characters, state)
            predictions = torch.cat([logits[None], outputs[:-1]])
            loss += float(nn.functional.cross_entropy(predictions, characters, reduction="sum"))
            length += len(characters)
            logits = outputs[-1]
        if not length:
            raise ValueError("there is no perplexity of an empty text")
        return math.exp(loss / length)

    async def run_paragraphs(
        self,
        topic: str,
        count: Annotated[int, Field(ge=1, le=20)] = 3,
        temperature: Annotated[float, Field(ge=0, le=2)] = 0.5,
        seed: Annotated[int, Field(ge=0)] = 0,
    ) -> AsyncIterator[str]:
        """Write paragraphs that begin with a topic, each as soon as it is whole.

        Args:
            topic: The first words of each paragraph.
            count: How many paragraphs.
            temperature: 0 always takes the likeliest character, 1 draws as the model says, more is wilder.
            seed: Of the first paragraph's drawing; the next ones count on from it.

        Raises:
            ValueError: An option is out of its range.
        """
        for number in range(count):
            written = await asyncio.to_thread(
                self.run_complete, topic, 500, temperature=temperature, stop="\n", seed=seed + number
            )
            yield topic + written.text.rstrip("\n")

    @classmethod
    def train(
        cls,
        text: Annotated[str, Field(min_length=200)] | None = None,
        steps: Annotated[int, Field(ge=1, le=100_000)] = 100,
        learning_rate: Annotated[float, Field(gt=0)] = 0.004,
        seed: Annotated[int, Field(ge=0)] = 0,
    ) -> TextGenerator:
        """Learn to write like a text; a hundred steps take some ten seconds.

        Args:
            text: What to learn from, 200 characters or more; Python's language reference if not given.
            steps: Batches to learn from.
            learning_rate: Step size of Adam at the start.
            seed: Of the first weights and the order of the text.

        Raises:
            ValueError: The text is too short.
        """
        text = split()[0] if text is None else text
        if len(text) < 200:
            raise ValueError(f"a text to learn from has 200 characters or more, not {len(text)}")
        with torch.random.fork_rng(devices=[]):
            model = cls()
            torch.manual_seed(seed)
            model._network = CharacterNetwork().train()
            fit(model._network, encode(text), steps, learning_rate)
        model._network.eval()
        return model

    def save(self, path: str) -> None:
        """Write the weights to a file."""
        torch.save(self._network.state_dict(), path)

    @classmethod
    def load(cls, path: str) -> TextGenerator:
        """Read a model that `save` wrote."""
        model = cls()
        model._network.load_state_dict(torch.load(path, weights_only=True))
        return model

    def _forward(self, characters: Tensor, state: Tensor | None) -> tuple[Tensor, Tensor]:
        with torch.no_grad():
            logits, state = self._network(characters[None], state)
        return logits[0], state

    def _read(self, text: str, state: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Read a text; the logits of what comes after it, and the state."""
        logits, state = self._forward(encode(text), state)
        return logits[-1], state

    def _write(
        self, logits: Tensor, state: Tensor, sampler: Sampler, max_tokens: int, stops: list[str]
    ) -> Iterator[Token]:
        """Draw characters until a stop text is written or there are enough."""
        tail, reach = "", max(map(len, stops), default=0)
        logits = _known(logits)
        for index in range(max_tokens):
            choice = sampler.draw(logits)
            text = decode(choice)
            tail = (tail + text)[-reach:] if reach else ""
            reason = FinishReason.STOP if tail.endswith(tuple(stops)) else None
            if reason is None and index == max_tokens - 1:
                reason = FinishReason.LENGTH
            yield Token(text, float(logits.log_softmax(dim=0)[choice]), index, reason)
            if reason:
                return
            outputs, state = self._forward(torch.tensor([choice]), state)
            logits = _known(outputs[-1])


def _known(logits: Tensor) -> Tensor:
    """The logits of the alphabet, without the one for all other characters."""
    return logits[:UNKNOWN]
