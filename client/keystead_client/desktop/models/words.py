"""Everything that the window says, whichever part of the program the sentence belongs to."""

from __future__ import annotations

from keystead_client.messages import landing, offline, tray, window
from keystead_client.texts import SHARED, Texts

#: The window's own tables; those of the activation are the terminal's too.
TABLES = (window.MESSAGES, landing.MESSAGES, offline.MESSAGES, tray.MESSAGES)

#: Its language is the window's, which `keystead_client.desktop.speaking` chooses.
WORDS = Texts(*SHARED, *TABLES)
