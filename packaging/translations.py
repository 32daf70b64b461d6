"""Bring the translations up to date with the tables of messages, and compile them for Qt.

Run by ``make translations``. New messages come in unfinished, those that are gone go, and one whose
English changed is unfinished again, with its translation kept for whoever looks at it.
"""

from __future__ import annotations

import pkgutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from xml.etree import ElementTree as ET

import PySide6

from keystead_client import messages
from keystead_client.languages import TRANSLATED, plural_forms
from keystead_client.messages import Message, Plural
from keystead_client.ts_reader import compiled_file, source_file

_HEAD = '<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE TS>\n'
_ONE = "In English, for one: "


def tables() -> dict[str, Mapping[str, Message]]:
    """Every table, by the name of its module."""
    names = sorted(module.name for module in pkgutil.iter_modules(messages.__path__))
    return {name: import_module(f"{messages.__name__}.{name}").MESSAGES for name in names}


def updated(language: str, text: str | None) -> str:
    """A ``.ts`` file for the tables as they are, from what it was; None where there is none."""
    before = {} if text is None else _by_id(text)
    root = ET.Element("TS", version="2.1", language=language, sourcelanguage="en")
    context = ET.SubElement(root, "context")
    ET.SubElement(context, "name")
    for table in tables().values():
        for name, source in table.items():
            context.append(_message(name, source, language, before.get(name)))
    ET.indent(root, "    ")
    return f"{_HEAD}{ET.tostring(root, encoding='unicode')}\n"


def compiled(source: Path, target: Path) -> None:
    """Compile a ``.ts`` file; RuntimeError with what Qt has to say against it."""
    lrelease = Path(PySide6.__file__).parent / "lrelease"
    done = subprocess.run(
        [lrelease, "-nounfinished", "-silent", source, "-qm", target],
        capture_output=True,
        text=True,
        check=False,
    )
    said = (done.stdout + done.stderr).strip()
    if done.returncode or said:
        raise RuntimeError(f"{source.name}: {said}")


def _by_id(text: str) -> dict[str, ET.Element]:
    found: Iterator[ET.Element] = ET.fromstring(text).iter("message")  # noqa: S314
    return {one.get("id", ""): one for one in found}


def _message(name: str, source: Message, language: str, before: ET.Element | None) -> ET.Element:
    made = ET.Element("message", id=name)
    if isinstance(source, Plural):
        made.set("numerus", "yes")
        ET.SubElement(made, "source").text = source.other
        ET.SubElement(made, "extracomment").text = f"{_ONE}{source.one}"
    else:
        ET.SubElement(made, "source").text = source
    if before is None or before.get("numerus") != made.get("numerus"):
        made.append(_nothing(len(plural_forms(language)) if made.get("numerus") else 0))
        return made
    made.extend(before.findall("translatorcomment"))
    for translation in before.findall("translation"):
        if _said(before) != _said(made):
            translation.set("type", "unfinished")
        made.append(translation)
    return made


def _said(message: ET.Element) -> tuple[str | None, str | None]:
    return message.findtext("source"), message.findtext("extracomment")


def _nothing(forms: int) -> ET.Element:
    translation = ET.Element("translation", type="unfinished")
    for _ in range(forms):
        ET.SubElement(translation, "numerusform")
    return translation


def main() -> int:
    for language in TRANSLATED:
        source = source_file(language)
        text = source.read_text("utf-8") if source.exists() else None
        source.write_text(updated(language, text), "utf-8")
        compiled(source, compiled_file(language))
        left = source.read_text("utf-8").count('type="unfinished"')
        print(f"{source.name}: {f'{left} messages to translate' if left else 'complete'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
