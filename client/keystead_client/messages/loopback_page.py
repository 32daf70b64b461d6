"""What the program itself shows in the browser: the page on which somebody lands."""

from __future__ import annotations

MESSAGES: dict[str, str] = {
    "landing.title": "You are back",
    "landing.body": "{product} shows what has changed in its own window. You can close this tab.",
    "landing.nothing": "There is nothing here.",
}
