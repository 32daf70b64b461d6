"""The supported languages, and the choice among them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

#: The supported languages, each with its region if the person names none.
LANGUAGES = {
    "en": "US",
    "de": "DE",
    "es": "ES",
    "fr": "FR",
    "ja": "JP",
    "zh_CN": "CN",
    "ar": "EG",
}
ENGLISH = "en"
#: Each language's name in that language.
OWN_NAMES = {
    "en": "English",
    "de": "Deutsch",
    "es": "Español",
    "fr": "Français",
    "ja": "日本語",
    "zh_CN": "简体中文",
    "ar": "العربية",
}
#: The languages that have translation files.
TRANSLATED = tuple(language for language in LANGUAGES if language != ENGLISH)

_ONE_AND_OTHER = ("one", "other")
# CLDR's plural categories, in the order of Qt's numerus forms.
_FORMS = {
    "ar": ("zero", "one", "two", "few", "many", "other"),
    "ja": ("other",),
    "zh_CN": ("other",),
}
_TAG = re.compile(r"(?P<language>[a-z]{2,3})(?:_(?P<script>[a-z]{4}))?(?:_(?P<region>[a-z]{2}))?")
# Regions that write Chinese in traditional characters, which are not supported.
_TRADITIONAL = ("TW", "HK", "MO")


class Locale(NamedTuple):
    """A language of `LANGUAGES` and an ISO 3166 region for dates and amounts."""

    language: str
    region: str

    @property
    def name(self) -> str:
        """The locale as Qt and CLDR write it: ``de_AT``."""
        return f"{self.language.partition('_')[0]}_{self.region}"

    @property
    def tag(self) -> str:
        """The locale as BCP 47 writes it: ``de-AT``."""
        return self.name.replace("_", "-")

    @property
    def right_to_left(self) -> bool:
        return self.language == "ar"


def plural_forms(language: str) -> tuple[str, ...]:
    """Return CLDR's names of a language's plural forms, in the order in which Qt counts them."""
    return _FORMS.get(language, _ONE_AND_OTHER)


def choose(wanted: Iterable[str], here: str = "") -> Locale | None:
    """Return the first supported locale among names such as ``de_AT.UTF-8`` or ``de-Latn-AT``.

    ``here`` is the person's locale: its region is used if it has the chosen language. None if no
    name is supported.
    """
    found = next(filter(None, map(_parsed, wanted)), None)
    if found is None:
        return None
    language, named = found
    at_home = _parsed(here)
    region = at_home[1] if at_home is not None and at_home[0] == language else ""
    return Locale(language, region or named or LANGUAGES[language])


def of_environment(environ: Mapping[str, str]) -> Locale | None:
    """Return the locale for a program in a terminal (POSIX, and gettext's ``LANGUAGE``).

    None in the POSIX locale, without any setting, and for an unsupported language.
    """
    names = (environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    named = next(filter(None, names), "C")
    if named.partition(".")[0] in ("C", "POSIX"):
        return None
    return choose((*environ.get("LANGUAGE", "").split(":"), named), named)


def _parsed(name: str) -> tuple[str, str] | None:
    bare = re.split(r"[.@]", name)[0].replace("-", "_")
    found = _TAG.fullmatch(bare.lower())
    if found is None:
        return None
    language, region = found["language"], (found["region"] or "").upper()
    if language == "zh":
        traditional = found["script"] == "hant" or (
            found["script"] is None and region in _TRADITIONAL
        )
        return None if traditional else ("zh_CN", region)
    return (language, region) if language in LANGUAGES else None
