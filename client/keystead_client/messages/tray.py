"""What the icon beside the clock says, and what is told from there when no window is open."""

from __future__ import annotations

MESSAGES: dict[str, str] = {
    "tray.tooltip": "{product}\n{sentence}",
    "tray.open": "Open {product}",
    "tray.quit": "Quit",
    "tray.stays": "{product} goes on in the tray",
    "tray.stays.body": "It tells you here when there is something to do. To end it, choose “Quit”"
    " in the menu of its icon.",
    "tray.none": "This desktop has no tray for icons.",
    "tray.none.next": "Minimise the window to keep the program going; closing it ends the program.",
    # At most one for each event that a person must act on.
    "told.grace": "{product}: the renewal is not confirmed yet",
    "told.payment_failed": "{product}: a payment did not go through",
    "told.day_left": "{product}: less than a day is left",
    "told.hour_left": "{product}: less than an hour is left",
    "told.ended": "{product}: the activation has ended",
    "told.device_removed": "{product}: this device was removed",
}
