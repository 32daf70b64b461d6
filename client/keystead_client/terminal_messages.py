"""The messages of the commands, in the language of the terminal."""

from __future__ import annotations

from collections.abc import Mapping

from keystead.bootstrap import launcher_name
from keystead.product_names import COMMAND
from keystead_client.messages import terminal
from keystead_client.translator import SHARED, Translator

#: What people type to run the command line here.
COMMAND_NAME = launcher_name(COMMAND)

tr = Translator(*SHARED, terminal.MESSAGES, command=COMMAND_NAME)


def set_language(environ: Mapping[str, str]) -> None:
    """Use the language of the environment's locale; its translations are loaded when needed."""
    from keystead_client.languages import of_environment

    locale = of_environment(environ)
    if locale is not None:
        from keystead_client.babel_locale import BabelLanguage

        tr.language = BabelLanguage(locale)


def message_or(message: str, otherwise: str) -> str:
    """Return a message, or the service's own word if there is no message for it."""
    return tr(message) if message in tr else otherwise
