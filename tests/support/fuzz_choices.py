"""Choices from a fuzzer's bytes, and mutations of texts and JSON that are made with them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from copy import deepcopy
from typing import Any, TypeVar

T = TypeVar("T")

_TEXTS = (
    "", "\0", "\ud800", "é\u0301", "\u202e", "null", "../../x", "%00", "9" * 400, "a" * 5000,
    "<script>", "' OR 1=1 --", "cus_1", "evt_1", "sub_1", "1e400", "-1", "[]", "𝟘",
)  # fmt: skip
_NUMBERS = (
    0, -1, 1, 2**31, 2**53, 2**63, 2**64, 10**30, -(2**63), 1.5, 3.0, 1e300, float("inf"),
    253_402_300_800, 250_000,
)  # fmt: skip
_OTHERS: tuple[Any, ...] = (None, True, False, [], {}, [None], {"id": None}, [[]] * 3)


class Choices:
    """Reads numbers from bytes; at their end every choice is the first one."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    @property
    def left(self) -> bytes:
        """The bytes that were not read yet."""
        return self._data[self._at :]

    def number(self, below: int) -> int:
        """Return a number from 0 to ``below`` - 1."""
        size = 1 if below <= 256 else 2
        taken = self._data[self._at : self._at + size]
        self._at += size
        return int.from_bytes(taken, "big") % below

    def one_of(self, values: Sequence[T]) -> T:
        return values[self.number(len(values))]

    def text(self) -> str:
        """Return an unusual text, or one of the bytes that are left."""
        chosen = self.number(len(_TEXTS) + 4)
        if chosen < len(_TEXTS):
            return _TEXTS[chosen]
        length = self.number(64)
        taken = self._data[self._at : self._at + length]
        self._at += length
        return taken.decode("utf-8", "surrogateescape" if chosen % 2 else "replace")

    def value(self) -> Any:
        """Return an unusual JSON value."""
        kind = self.number(4)
        if kind == 0:
            return self.text()
        return self.one_of(_NUMBERS) if kind == 1 else deepcopy(self.one_of(_OTHERS))


def mutated_json(seed: Any, choices: Choices) -> bytes:
    """Return a JSON document with one to eight of its values replaced, removed or repeated."""
    document = json.loads(json.dumps(seed))
    for _ in range(1 + choices.number(8)):
        _change_one(document, choices)
    return json.dumps(document).encode("utf-8", "surrogatepass")


def mutated_bytes(seed: bytes, choices: Choices) -> bytes:
    """Return the bytes with pieces replaced, removed, repeated or inserted."""
    changed = bytearray(seed)
    for _ in range(1 + choices.number(6)):
        at, length = choices.number(len(changed) + 1), choices.number(24)
        match choices.number(5):
            case 0:
                del changed[at : at + length]
            case 1:
                changed[at:at] = changed[at : at + length] * 2
            case 2:
                changed[at : at + 1] = bytes([choices.number(256)])
            case 3:
                changed[at:at] = choices.text().encode("utf-8", "surrogatepass")
            case _:
                changed[at : at + length] = choices.left[:length]
    return bytes(changed)


def _change_one(document: Any, choices: Choices) -> None:
    place = document
    while True:
        keys: Sequence[Any] = list(place) if isinstance(place, dict) else range(len(place))
        if not keys:
            return
        key = choices.one_of(keys)
        inner = place[key]
        if isinstance(inner, dict | list) and inner and choices.number(8):
            place = inner
            continue
        match choices.number(6):
            case 0:
                del place[key]
            case 1 if isinstance(place, list):
                place.append(deepcopy(inner))
            case 1:
                place[choices.text()] = deepcopy(inner)
            case _:
                place[key] = choices.value()
        return
