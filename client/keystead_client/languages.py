"""Which languages there are, and which of them somebody is spoken to in. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

#: The languages that are shipped, each with the region it is written for where none is named.
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
#: What those who speak a language call it.
OWN_NAMES = {
    "en": "English",
    "de": "Deutsch",
    "es": "Español",
    "fr": "Français",
    "ja": "日本語",
    "zh_CN": "简体中文",
    "ar": "العربية",
}
#: Those that have to be translated to.
TRANSLATED = tuple(language for language in LANGUAGES if language != ENGLISH)

_ONE_AND_OTHER = ("one", "other")
# Names of CLDR, in the order of Qt's numerus forms.
_FORMS = {
    "ar": ("zero", "one", "two", "few", "many", "other"),
    "ja": ("other",),
    "zh_CN": ("other",),
}
_TAG = re.compile(r"(?P<language>[a-z]{2,3})(?:_(?P<script>[a-z]{4}))?(?:_(?P<region>[a-z]{2}))?")
# Regions whose Chinese is written in traditional characters.
_TRADITIONAL = ("TW", "HK", "MO")


class Locale(NamedTuple):
    """A language of `LANGUAGES`, and whose dates and amounts: an ISO 3166 region."""

    language: str
    region: str

    @property
    def name(self) -> str:
        """As Qt and CLDR write it: ``de_AT``."""
        return f"{self.language.partition('_')[0]}_{self.region}"

    @property
    def tag(self) -> str:
        """As BCP 47 writes it: ``de-AT``."""
        return self.name.replace("_", "-")

    @property
    def right_to_left(self) -> bool:
        return self.language == "ar"


def plural_forms(language: str) -> tuple[str, ...]:
    """CLDR's names of a language's forms, in the order in which Qt counts them."""
    return _FORMS.get(language, _ONE_AND_OTHER)


def choose(wanted: Iterable[str], here: str = "") -> Locale | None:
    """The first locale of ours, from names such as ``de_AT.UTF-8`` or ``de-Latn-AT``.

    ``here`` is where the person is: its region counts where its language is the one chosen. None
    where none is of ours.
    """
    found = next(filter(None, map(_parsed, wanted)), None)
    if found is None:
        return None
    language, named = found
    at_home = _parsed(here)
    region = at_home[1] if at_home is not None and at_home[0] == language else ""
    return Locale(language, region or named or LANGUAGES[language])


def of_environment(environ: Mapping[str, str]) -> Locale | None:
    """What a program in a terminal is to speak (POSIX, and gettext's ``LANGUAGE``).

    None in the POSIX locale, where none is set, and where it is none of ours.
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
