"""Everything that the commands say, in the language of the terminal."""

from __future__ import annotations

from collections.abc import Mapping

from keystead_client.messages import terminal
from keystead_client.translator import SHARED, Translator

tr = Translator(*SHARED, terminal.MESSAGES)


def set_language(environ: Mapping[str, str]) -> None:
    """Speak as the environment's locale asks; nothing is loaded for it yet."""
    from keystead_client.languages import of_environment

    locale = of_environment(environ)
    if locale is not None:
        from keystead_client.babel_locale import BabelLanguage

        tr.language = BabelLanguage(locale)


def told(message: str, otherwise: str) -> str:
    """A message, or a word of the service's own where there is none for it."""
    return tr(message) if message in tr else otherwise
