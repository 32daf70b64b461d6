"""Links and messages of later starts are untrusted: one link has a meaning, two words are read."""

from __future__ import annotations

import pytest

from keystead_client.desktop.models.deep_link import (
    MAX_BYTES,
    LaunchAction,
    action_of_link,
    decode_action,
)


@pytest.mark.parametrize(
    "link", ["keystead-nyra://activated", "keystead-nyra://activated/", "keystead://activated"]
)
def test_the_link_after_paying_refreshes(link: str) -> None:
    assert action_of_link(link, "nyra") is LaunchAction.REFRESH


@pytest.mark.parametrize(
    "link",
    [
        None,
        "",
        "keystead-nyra://activated?x=1",
        "keystead-nyra://ACTIVATED",
        "keystead-acme://activated",
        "file:///etc/passwd",
    ],
)
def test_any_other_link_only_shows_the_window(link: str | None) -> None:
    assert action_of_link(link, "nyra") is LaunchAction.SHOW


@pytest.mark.parametrize("action", LaunchAction)
def test_an_action_is_decoded_from_what_a_later_start_sends(action: LaunchAction) -> None:
    data = action.value.encode()
    assert len(data) <= MAX_BYTES
    assert decode_action(data) is action


@pytest.mark.parametrize("data", [b"", b"sho", b"show ", b"quit", b"\xff"])
def test_anything_else_is_no_action(data: bytes) -> None:
    assert decode_action(data) is None
