"""Stripe's form encoding, and the values in it. Pure.

``items[0][price]=price_1&metadata[k]=v&expand[]=customer`` is a tree of texts
(https://docs.stripe.com/api); each parameter's reader decides what its text means.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from keystead.instants import to_ms
from keystead_stub.stripe_sim.engine.errors import (
    invalid_parameter,
    invalid_request,
    missing_parameter,
    unknown_parameter,
)

Tree = dict[str, Any]

_NAME = re.compile(r"(?P<head>[^\[\]]+)(?P<rest>(?:\[[^\[\]]*\])*)")
_STEP = re.compile(r"\[([^\[\]]*)\]")
_POSITION = re.compile(r"[0-9]{1,9}")
_DEEPEST = 6
_MOST = 500
#: In characters. Stripe's own limit of a text without a narrower one.
MAX_TEXT = 5000
#: The longest id that a caller may choose.
MAX_ID = 80


def tree_of(pairs: Iterable[tuple[str, str]]) -> Tree:
    """Return the parameters as a tree; lists are written with or without their positions.

    Raises StripeError for names that are malformed, nested too deeply or contradictory.
    """
    tree: Tree = {}
    for count, (name, value) in enumerate(pairs):
        # No database column or header can hold it.
        if "\0" in name or "\0" in value:
            raise invalid_request("Invalid string: must not contain null bytes.")
        found = _NAME.fullmatch(name)
        path = [found["head"], *_STEP.findall(found["rest"])] if found else []
        if not path or len(path) > _DEEPEST or count >= _MOST:
            raise unknown_parameter(name)
        _put(tree, path, value, name)
    return {name: _lists(value) for name, value in tree.items()}


def _put(tree: Tree, path: list[str], value: str, name: str) -> None:
    for step in path[:-1]:
        tree = tree.setdefault(step, {})
        if not isinstance(tree, dict):
            raise unknown_parameter(name)
    # An empty step is the next place of a list.
    last = path[-1] or str(len(tree))
    if isinstance(tree.get(last), dict):
        raise unknown_parameter(name)
    tree[last] = value


def _lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    # `items[0]` and `items[]` both arrive as numbered keys.
    if value and all(_POSITION.fullmatch(key) for key in value):
        # Sorted as numbers, so that position 10 follows 9.
        return [_lists(value[key]) for key in sorted(value, key=int)]
    return {key: _lists(one) for key, one in value.items()}


class Parameters:
    """One request's parameters. Each is read once; `done` refuses those that were not read."""

    def __init__(self, tree: Tree) -> None:
        self._tree = dict(tree)

    def tree(self, name: str) -> Tree:
        value = self._tree.pop(name, {})
        if not isinstance(value, dict):
            raise invalid_parameter(name)
        return value

    def list(self, name: str) -> list[Any]:
        value = self._tree.pop(name, [])
        return value if isinstance(value, list) else [value]

    def each(self, name: str) -> tuple[Parameters, ...]:
        """Return the entries of a list, each with parameters of its own."""
        entries = self.list(name)
        if not all(isinstance(one, dict) for one in entries):
            raise invalid_parameter(name)
        return tuple(Parameters(one) for one in entries)

    def choice(self, name: str, *allowed: str) -> str | None:
        """Return the text, which must be one of the allowed ones."""
        value = self.text(name)
        if value is not None and value not in allowed:
            raise invalid_parameter(name, f"Invalid {name}: must be one of {', '.join(allowed)}")
        return value

    def text(self, name: str, *, most: int = MAX_TEXT) -> str | None:
        """Return the text; null for an empty one, by which Stripe unsets a value."""
        value = self._tree.pop(name, None)
        if value is not None and not isinstance(value, str):
            raise invalid_parameter(name)
        if value is not None and len(value) > most:
            quoted = f"{value[:7]}...{value[-7:]}"
            raise invalid_parameter(
                name, f"Invalid string: {quoted}; must be at most {most} characters"
            )
        return value or None

    def required(self, name: str, *, most: int = MAX_TEXT) -> str:
        value = self.text(name, most=most)
        if value is None:
            raise missing_parameter(name)
        return value

    def has(self, name: str) -> bool:
        return name in self._tree

    def whole(self, name: str) -> int | None:
        value = self.text(name)
        if value is None:
            return None
        # Limited to what the database's integers hold; `int` alone would also take other scripts'
        # digits.
        if not re.fullmatch(r"-?\d{1,15}", value, re.ASCII):
            raise invalid_parameter(name, f"Invalid integer: {value[:100]}")
        return int(value)

    def number(self, name: str) -> float | None:
        value = self.text(name)
        # Stricter than `float`, which also takes "nan", "inf" and underscores.
        if value is not None and not re.fullmatch(r"\d{1,12}(?:\.\d{1,12})?", value, re.ASCII):
            raise invalid_parameter(name, f"Invalid decimal: {value[:100]}")
        return float(value) if value is not None else None

    def flag(self, name: str) -> bool | None:
        value = self.text(name)
        if value is not None and value not in {"true", "false"}:
            raise invalid_parameter(name, f"Invalid boolean: {value[:100]}")
        return None if value is None else value == "true"

    def nested(self, name: str) -> Parameters:
        return Parameters(self.tree(name))

    def narrowed(self, **by: str) -> Parameters:
        """Return these parameters together with those that the path contains."""
        return Parameters({**self._tree, **by})

    def metadata(self) -> dict[str, str]:
        metadata = self.tree("metadata")
        if not all(isinstance(value, str) for value in metadata.values()):
            raise invalid_parameter("metadata")
        return metadata

    def instant_ms(self, name: str) -> int | None:
        """Return the instant in epoch milliseconds; Stripe writes seconds."""
        return ms_of(self.whole(name))

    def changes(self, *texts: str) -> dict[str, Any]:
        """Return the fields that an update sets: those present of these texts, and `metadata`."""
        found: dict[str, Any] = {name: self.text(name) for name in texts if self.has(name)}
        if self.has("metadata"):
            found["metadata"] = self.metadata()
        return found

    def rest_of(self, name: str) -> Any:
        """Return the unparsed value: a text, or a tree."""
        return self._tree.pop(name, "")

    def done(self) -> None:
        """Raise StripeError (`parameter_unknown`) if a parameter has not been read."""
        if self._tree:
            raise unknown_parameter(next(iter(self._tree)))


def ms_of(seconds: int | None) -> int | None:
    return None if seconds is None else to_ms(seconds)
