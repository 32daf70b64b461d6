"""The messages of the window, in its language."""

from __future__ import annotations

from keystead_client.messages import loopback_page, offline_activation, tray, window
from keystead_client.translator import SHARED, Translator

#: The window's own tables; the shared ones are the terminal's too.
TABLES = (window.MESSAGES, loopback_page.MESSAGES, offline_activation.MESSAGES, tray.MESSAGES)

#: `keystead_client.desktop.qt_locale` sets its language.
tr = Translator(*SHARED, *TABLES)
