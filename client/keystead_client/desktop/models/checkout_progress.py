"""The page between the browser and the confirmed payment."""

from __future__ import annotations

from datetime import tzinfo

import msgspec

from keystead.hints import DEVICE_LIMIT
from keystead.instants import HOUR_MS, SECOND_MS
from keystead.local_api import ActivationView, Checkout
from keystead_client import formats, presentation
from keystead_client.desktop.models.app_state import AppState, Operation
from keystead_client.desktop.models.catalog import tr
from keystead_client.presentation import Action

_KINDS = {
    "checkout": ("pending.open", "next.finish"),
    "restore": ("pending.restore", "next.mail"),
    "account": ("pending.account", "next.wait"),
}
_WITH_PAGE = (presentation.REOPEN, presentation.COPY_LINK, presentation.CANCEL_CHECKOUT)
_WITH_MAIL = (presentation.REFRESH, presentation.CANCEL_CHECKOUT)
#: Bytes of a QR code of version 15 at level M (ISO/IEC 18004): 340 pixels wide with its margin,
#: which the smallest window has room for.
_SCANNED_BYTES = 412


class CheckoutProgressModel(msgspec.Struct, frozen=True, kw_only=True):
    """What the page shows; a restore has no URL to open, only a mail.

    ``scanned`` is the URL for the QR code; empty if there is none, or the code would be too large.
    """

    headline: str
    advice: str
    hints: tuple[str, ...]
    elapsed: str
    expires: str
    scanned: str
    actions: tuple[Action, ...]
    enabled: bool


def checkout_progress_model(
    state: AppState, view: ActivationView, checkout: Checkout, now_ms: int, *, zone: tzinfo | None
) -> CheckoutProgressModel:
    """Build the page for a checkout at the trusted time ``now_ms``."""
    headline, advice = _KINDS.get(checkout.kind, _KINDS["checkout"])
    url = checkout.url or ""
    has_link = bool(url)
    return CheckoutProgressModel(
        headline=tr(headline),
        advice=tr(advice),
        hints=presentation.show(view, zone=zone, tr=tr).hints,
        elapsed=tr("waiting.since", elapsed=_elapsed(now_ms - checkout.started_at)),
        expires=tr("waiting.expires", until=formats.minute(checkout.expires_at, zone, tr))
        if has_link
        else "",
        scanned=url if len(url.encode()) <= _SCANNED_BYTES else "",
        actions=_actions(_names(view, has_link=has_link)),
        enabled=state.connected and Operation.CANCEL not in state.in_progress,
    )


def _elapsed(waited_ms: int) -> str:
    if waited_ms >= HOUR_MS:
        return formats.span(waited_ms, tr)
    return formats.elapsed(waited_ms / SECOND_MS, tr)


def _names(view: ActivationView, *, has_link: bool) -> tuple[str, ...]:
    # The payment has arrived; only the device limit is in the way.
    first = (presentation.DEVICES,) if DEVICE_LIMIT in view.hints else ()
    return first + (_WITH_PAGE if has_link else _WITH_MAIL)


def _actions(names: tuple[str, ...]) -> tuple[Action, ...]:
    return tuple(Action(name, tr(f"action.{name}")) for name in names)
