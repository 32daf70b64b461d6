"""Everything that the window says, whichever part of the program the sentence belongs to."""

from __future__ import annotations

from keystead_client.messages import loopback_page, offline_activation, tray, window
from keystead_client.translator import SHARED, Translator

#: The window's own tables; those of the activation are the terminal's too.
TABLES = (window.MESSAGES, loopback_page.MESSAGES, offline_activation.MESSAGES, tray.MESSAGES)

#: Its language is the window's, which `keystead_client.desktop.qt_locale` chooses.
tr = Translator(*SHARED, *TABLES)
