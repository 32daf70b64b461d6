"""When a client may start a daemon of another profile again."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from keystead.profile_match import Match, judge, other_profile
from support import activations

OURS, THEIRS = "ours", "theirs"


@pytest.mark.parametrize(
    ("daemon", "match"),
    [
        ({"profile_digest": OURS}, Match.SAME),
        ({}, Match.SAME),
        ({"profile_digest": THEIRS}, Match.REPLACE),
        ({"profile_digest": THEIRS, "replaced_profiles": ("third",)}, Match.REPLACE),
        ({"profile_digest": THEIRS, "replaced_profiles": ("third", OURS)}, Match.OTHER),
        ({"profile_digest": THEIRS, "managed": True}, Match.OTHER),
        ({"profile_digest": THEIRS, "managed": True, "profile_outdated": True}, Match.REPLACE),
        ({"profile_digest": OURS, "replaced_profiles": (OURS,)}, Match.SAME),
    ],
)
def test_a_daemon_is_replaced_once_and_where_that_helps(
    daemon: dict[str, Any], match: Match
) -> None:
    info = msgspec.structs.replace(activations.DIAGNOSTICS.info, **daemon)
    assert judge(info, OURS) is match


def test_what_is_said_names_the_product_and_a_way_out() -> None:
    said = other_profile("Acme Notes")
    assert "Acme Notes" in said.sentence
    assert said.remedy is not None
    assert said.remedy.startswith("Update all programs of Acme Notes.")
