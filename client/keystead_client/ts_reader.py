"""Sentences from a file of Qt Linguist, read without Qt."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

#: Where the files are, ``.ts`` and beside it the ``.qm`` that Qt loads.
FOLDER = Path(__file__).parent / "translations"


def source_file(language: str) -> Path:
    """The translations into a language of `keystead_client.languages`, by message id."""
    return FOLDER / f"keystead_{language}.ts"


def compiled_file(language: str) -> Path:
    return FOLDER / f"keystead_{language}.qm"


def finished(text: str) -> dict[str, Sequence[str]]:
    """The translations of a ``.ts`` file that are finished, by message id.

    A message that is counted has its forms in Qt's order, any other has one.
    """
    # The window asks for names of files only.
    from xml.etree import ElementTree

    found: dict[str, Sequence[str]] = {}
    # Our own file: nothing in it is anybody else's.
    for message in ElementTree.fromstring(text).iter("message"):  # noqa: S314
        translation = message.find("translation")
        if translation is None or translation.get("type") == "unfinished":
            continue
        forms = [form.text or "" for form in translation.iter("numerusform")]
        found[message.get("id", "")] = forms or [translation.text or ""]
    return found
