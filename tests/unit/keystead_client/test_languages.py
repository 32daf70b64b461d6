"""Which language is chosen, from the names that systems and environments use."""

from __future__ import annotations

import pytest

from keystead_client.languages import (
    LANGUAGES,
    OWN_NAMES,
    TRANSLATED,
    Locale,
    choose,
    of_environment,
    plural_forms,
)


@pytest.mark.parametrize(
    ("wanted", "here", "chosen"),
    [
        (["de_AT.UTF-8"], "", Locale("de", "AT")),
        (["de-Latn-AT"], "", Locale("de", "AT")),
        (["de"], "", Locale("de", "DE")),
        (["de"], "de_CH", Locale("de", "CH")),
        (["de_AT"], "fr_FR", Locale("de", "AT")),
        (["de_AT"], "not a locale", Locale("de", "AT")),
        (["nl_NL", "fr_CA@euro"], "", Locale("fr", "CA")),
        (["zh-Hans-TW"], "", Locale("zh_CN", "TW")),
        (["zh_SG"], "", Locale("zh_CN", "SG")),
        (["zh_TW"], "", None),
        (["zh-Hant"], "", None),
        (["nl", "x", ""], "", None),
        ([], "", None),
    ],
)
def test_the_first_supported_language_is_chosen(
    wanted: list[str], here: str, chosen: Locale | None
) -> None:
    assert choose(wanted, here) == chosen


@pytest.mark.parametrize(
    ("environ", "chosen"),
    [
        ({}, None),
        ({"LANG": "C.UTF-8"}, None),
        ({"LANG": "POSIX"}, None),
        ({"LANG": "de_DE.UTF-8"}, Locale("de", "DE")),
        ({"LC_ALL": "C", "LANG": "de_DE"}, None),
        ({"LC_MESSAGES": "fr_FR", "LANG": "de_DE"}, Locale("fr", "FR")),
        ({"LANGUAGE": "ja:es", "LANG": "de_DE"}, Locale("ja", "JP")),
        ({"LANGUAGE": "nl", "LANG": "nl_NL"}, None),
    ],
)
def test_the_environment_is_read_as_gettext_reads_it(
    environ: dict[str, str], chosen: Locale | None
) -> None:
    assert of_environment(environ) == chosen


def test_a_locale_has_a_name_and_a_tag() -> None:
    chinese, arabic = Locale("zh_CN", "SG"), Locale("ar", "EG")
    assert (chinese.name, chinese.tag, chinese.right_to_left) == ("zh_SG", "zh-SG", False)
    assert arabic.right_to_left


def test_every_language_has_a_name_and_plural_forms_that_end_with_other() -> None:
    assert OWN_NAMES.keys() == LANGUAGES.keys()
    assert {"en", *TRANSLATED} == LANGUAGES.keys()
    assert all(plural_forms(language)[-1] == "other" for language in LANGUAGES)
