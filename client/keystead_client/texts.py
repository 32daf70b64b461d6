"""A language: from a message id of `keystead_client.messages` to a sentence. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from keystead_client.messages.activation import MESSAGES


class Texts:
    """One language: a message id and its values give the sentence."""

    __slots__ = ("_messages",)

    def __init__(self, messages: Mapping[str, str]) -> None:
        self._messages = messages

    def __call__(self, message: str, /, **values: object) -> str:
        """The sentence; KeyError where there is none of this id."""
        return self._messages[message].format(**values)

    def __contains__(self, message: str) -> bool:
        return message in self._messages


ENGLISH = Texts(MESSAGES)
