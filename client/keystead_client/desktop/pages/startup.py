"""The first picture: there before anything is read, asked or loaded."""

from __future__ import annotations

from keystead_client.desktop.models.catalog import WORDS
from keystead_client.desktop.parts.labels import label
from keystead_client.desktop.parts.page import Page, endless


class ConnectingPage(Page):
    def __init__(self) -> None:
        super().__init__(WORDS("connecting"))
        self.column.addStretch(1)
        self.column.addWidget(label("title", WORDS("connecting")))
        self.column.addWidget(endless(WORDS("connecting")))
        self.column.addStretch(2)
