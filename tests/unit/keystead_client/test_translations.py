"""The translations are whole, up to date and compiled, in every language that says it is."""

from __future__ import annotations

import re
import string
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from keystead_client.languages import TRANSLATED, plural_forms
from keystead_client.messages import Message, Plural
from keystead_client.ts_reader import compiled_file, read_translations, source_file
from support.translations import script

#: Who finishes a language adds it here; then nothing may be missing in it any more.
COMPLETE: tuple[str, ...] = ("de", "es", "fr", "ja", "zh_CN", "ar")
SCRIPT = script()
MESSAGES: dict[str, Message] = {
    name: text for table in SCRIPT.tables().values() for name, text in table.items()
}


def holes(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def wanted(message: Message) -> set[str]:
    return holes(message.other) if isinstance(message, Plural) else holes(message)


def test_no_two_tables_have_a_message_of_one_name() -> None:
    assert len(MESSAGES) == sum(len(table) for table in SCRIPT.tables().values())


def test_messages_name_the_command_as_it_is_called_here() -> None:
    """Each product's package has a command line of its own name."""
    texts = [text.other if isinstance(text, Plural) else text for text in MESSAGES.values()]
    assert sum("{command} " in text for text in texts) > 5
    assert [text for text in texts if re.search(r"\bkeystead [a-z]", text)] == []


def test_the_plural_form_contains_the_number() -> None:
    plurals = [text for text in MESSAGES.values() if isinstance(text, Plural)]
    assert all("number" in holes(text.other) for text in plurals)
    assert all(holes(text.one) <= holes(text.other) for text in plurals)


@pytest.mark.parametrize("language", TRANSLATED)
def test_finished_translations_have_the_placeholders(language: str) -> None:
    found = read_translations(source_file(language).read_text("utf-8"))
    for name in found.keys() & MESSAGES.keys():
        forms, source = found[name], MESSAGES[name]
        counted = isinstance(source, Plural)
        assert len(forms) == (len(plural_forms(language)) if counted else 1), name
        for form in forms:
            assert form.strip() == form != "", name
            # "One day" may do without its number.
            assert holes(form) | ({"number"} if counted else set()) == wanted(source), name


def test_every_language_is_there_or_known_to_be_unfinished() -> None:
    assert set(COMPLETE) <= set(TRANSLATED)
    unfinished = {
        language
        for language in TRANSLATED
        if read_translations(source_file(language).read_text("utf-8")).keys() != MESSAGES.keys()
    }
    assert unfinished == set(TRANSLATED) - set(COMPLETE)


@pytest.mark.parametrize("language", TRANSLATED)
def test_the_files_are_as_make_translations_leaves_them(language: str, tmp_path: Path) -> None:
    text = source_file(language).read_text("utf-8")
    if language in COMPLETE:
        assert SCRIPT.updated(language, text) == text
    SCRIPT.compiled(source_file(language), tmp_path / "again.qm")
    assert (tmp_path / "again.qm").read_bytes() == compiled_file(language).read_bytes()


def test_changed_messages_become_unfinished_and_removed_ones_disappear() -> None:
    text = SCRIPT.updated("de", None)
    root = ET.fromstring(text)  # noqa: S314
    first, second = [one for one in root.iter("message") if one.get("numerus") is None][:2]
    third = next(one for one in root.iter("message") if one.get("numerus"))
    for one, says in ((first, "{date} um {time}"), (second, "eins"), (third, "zwei")):
        translation = one.find("translation")
        assert translation is not None
        translation.attrib.pop("type")
        if not list(translation):
            translation.text = says
        for form in translation:
            form.text = f"{says} {{number}}"
    source = third.find("source")
    assert source is not None
    source.text = "something else"
    ET.SubElement(root[0], "message", id="of.nobody")
    again = SCRIPT.updated("de", ET.tostring(root, encoding="unicode"))
    assert set(read_translations(again)) == {first.get("id"), second.get("id")}
    assert "of.nobody" not in again
    assert "zwei {number}" in again
    assert SCRIPT.updated("de", again) == again


def test_qt_s_complaints_about_a_file_are_reported(tmp_path: Path) -> None:
    broken = tmp_path / "keystead_de.ts"
    broken.write_text("<TS")
    with pytest.raises(RuntimeError, match="keystead_de"):
        SCRIPT.compiled(broken, tmp_path / "out.qm")
