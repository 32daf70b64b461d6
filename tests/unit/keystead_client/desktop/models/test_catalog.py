"""Every sentence that the window asks for is there, and none that nobody asks for."""

from __future__ import annotations

import re
from pathlib import Path

import keystead_client.desktop
from keystead_client.desktop.models import catalog
from keystead_client.desktop.models.catalog import tr

SOURCES = Path(keystead_client.desktop.__file__).parent.rglob("*.py")
TEXT = "\n".join(path.read_text("utf-8") for path in SOURCES if path.name != "catalog.py")
MADE_UP = (
    "mark.",
    "plans.period.",
    "plans.per.",
    "place.",
    "timeline.",
    "flow.",
    "invoice.",
    "check.",
    "settings.",
    "language.",
    "appearance.",
    "proxy.",
    "told.",
)


def test_every_used_message_exists() -> None:
    asked = re.findall(r'tr\(\s*"([^"]+)"', TEXT)
    assert len(asked) > 40
    assert [one for one in asked if one not in tr] == []


def test_every_message_is_used() -> None:
    named = set(re.findall(r'"([^"\n]+)"', TEXT))
    unused = {
        one
        for table in catalog.TABLES
        for one in table
        if one not in named and not one.startswith(MADE_UP)
    }
    assert unused == set()
