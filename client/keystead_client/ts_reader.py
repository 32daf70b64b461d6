"""Read the translations of Qt Linguist's ``.ts`` files without Qt."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

#: The folder of the ``.ts`` files and the compiled ``.qm`` files that Qt loads.
FOLDER = Path(__file__).parent / "translations"


def source_file(language: str) -> Path:
    """Return the path of the translations into a language of `keystead_client.languages`."""
    return FOLDER / f"keystead_{language}.ts"


def compiled_file(language: str) -> Path:
    return FOLDER / f"keystead_{language}.qm"


def read_translations(text: str) -> dict[str, Sequence[str]]:
    """Return the finished translations of a ``.ts`` file by message id.

    A message with plural forms has them in Qt's order; any other has one text.
    """
    # Imported here: the window uses only the paths of the files.
    from xml.etree import ElementTree

    found: dict[str, Sequence[str]] = {}
    # The file is part of this program, so attacks by XML do not apply.
    for message in ElementTree.fromstring(text).iter("message"):  # noqa: S314
        translation = message.find("translation")
        if translation is None or translation.get("type") == "unfinished":
            continue
        forms = [form.text or "" for form in translation.iter("numerusform")]
        found[message.get("id", "")] = forms or [translation.text or ""]
    return found
