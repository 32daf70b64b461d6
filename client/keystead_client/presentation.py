"""SHOW: describe an activation for the terminal, the tray and the window.

The text answers three questions: may this device be used, until when, and what should the person
do? Pure: a view of the daemon, a time zone and a language go in, text comes out. State, limits and
hints are decided by the daemon.

`keystead_client.view` has protocols for what is read of `keystead.local_api.ActivationView`, so
that a bare ``keystead status`` need not load that type.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import tzinfo
from typing import TYPE_CHECKING, NamedTuple

from keystead_client import formats
from keystead_client.display_names import display_name
from keystead_client.translator import ENGLISH, Translator

if TYPE_CHECKING:
    from keystead_client.view import ActivationLike, ErrorLike

_HOUR_MS = 3_600_000
_DAY_MS = 24 * _HOUR_MS

#: The tones of a state, for colour and icon. Each has a symbol that needs no colour.
OK, WAIT, ATTENTION, BLOCKED = "ok", "wait", "attention", "blocked"
TONES = (OK, WAIT, ATTENTION, BLOCKED)
#: For checks that did not run.
SKIPPED = "skipped"
SYMBOLS = {OK: "✓", WAIT: "…", ATTENTION: "!", BLOCKED: "✗", SKIPPED: "–"}

#: What a person can do next: the names of buttons and commands.
ACTIVATE, RESTORE, IMPORT, OFFLINE = "activate", "restore", "import", "offline"
JOIN = "join"
REOPEN, COPY_LINK, CANCEL_CHECKOUT = "reopen", "copy_link", "cancel_checkout"
REFRESH, PORTAL, DEVICES, DIAGNOSTICS = "refresh", "portal", "devices", "diagnostics"
PAY = "pay"


class Fact(NamedTuple):
    """A label and a value; ``name`` is the end of a message id, the same in every language."""

    name: str
    label: str
    value: str


class Action(NamedTuple):
    """Something that a person can do: its name, and the label of its button."""

    name: str
    label: str


class ActivationText(NamedTuple):
    """An activation in words.

    ``headline`` is the main sentence, ``left`` the remaining time if it is less than a day,
    ``next_step`` what to do. The first of ``actions`` is the primary one.
    """

    headline: str
    tone: str
    left: str | None
    next_step: str | None
    facts: tuple[Fact, ...]
    hints: tuple[str, ...]
    actions: tuple[Action, ...]


class ErrorText(NamedTuple):
    """What went wrong, and what to do about it."""

    sentence: str
    remedy: str | None


def show(
    view: ActivationLike,
    *,
    zone: tzinfo | None,
    support: str | None = None,
    tr: Translator = ENGLISH,
) -> ActivationText:
    """Describe an activation; ``support`` is the vendor's support address."""
    headline, next_id, tone, actions = _summarize(view)
    return ActivationText(
        headline=tr(headline, **_values(view, zone, tr)),
        tone=tone,
        left=_left(view, tr),
        next_step=next_id and tr(next_id, support=support or tr("support.vendor")),
        facts=tuple(_facts(view, zone, tr)),
        hints=tuple(_hints(view, tr)),
        actions=tuple(
            Action(name, tr(f"action.{name}"))
            for name in dict.fromkeys(
                _offered(one, view) for one in (*actions, *_without_network(view))
            )
            if name is not None
        ),
    )


def error_text(error: ErrorLike, *, tr: Translator = ENGLISH) -> ErrorText:
    """Describe an error: by our message for its code, or else by its own text."""
    message = message_text(f"refused.{error.cause}", error.values, tr)
    return message or ErrorText(error.sentence, error.remedy)


def message_text(message: str, values: Mapping[str, str | int], tr: Translator) -> ErrorText | None:
    """Return a message and its remedy; None if it is unknown or a value is missing.

    Code and values may come from a daemon or a service that is newer than this program.
    """
    shown = {
        name: formats.printable(value) if isinstance(value, str) else value
        for name, value in values.items()
    }
    follows = f"{message}.next"
    try:
        remedy = tr(follows, **shown) if follows in tr else None
        return ErrorText(tr(message, **shown), remedy) if message in tr else None
    except KeyError:
        return None


def bought_once(view: ActivationLike) -> bool:
    """Return whether a one-time purchase was made, which has no period and never renews."""
    return (
        view.entitlement is not None
        and view.current_period_end is None
        and view.state not in _NOT_YET
    )


def needs_check(view: ActivationLike) -> bool:
    """Return whether a one-time purchase ends within a day because it cannot be checked."""
    return (
        view.state == "active"
        and bought_once(view)
        and "backend_unreachable" in view.hints
        and view.until is not None
        and view.until - view.now <= _DAY_MS
    )


def _without_network(view: ActivationLike) -> tuple[str, ...]:
    """Return the action for a computer without a network, if something must be done."""
    asked = view.state not in ("active", "pending")
    return (OFFLINE,) if asked and "backend_unreachable" in view.hints else ()


def _offered(action: str, view: ActivationLike) -> str | None:
    """Return the action at this billing service; None if the service does not have it.

    A purchase is restored by mail, or else by signing in to the account. An invoice is paid on its
    own page, or else in the portal.
    """
    able = view.capabilities
    if action == PAY and able.invoices:
        return PAY
    action = PORTAL if action == PAY else action
    if action == RESTORE and not able.restore:
        return JOIN if able.sign_in else None
    return None if action == PORTAL and not able.portal else action


#: The states in which it is not known yet whether there is a period.
_NOT_YET = frozenset({"unactivated", "pending"})


class _Summary(NamedTuple):
    headline: str
    next_step: str | None
    tone: str
    actions: tuple[str, ...]


_UNTRUSTED_HEADLINES = {
    "wrong_device": "untrusted.device",
    "copied": "untrusted.copied",
    "unknown_key": "untrusted.key",
    "wrong_product": "untrusted.product",
}
# Stripe's subscription statuses and the license's own reasons, each with its message and actions.
# Buying is not offered while there may be a subscription: it would be paid for twice.
_INACTIVE = {
    "canceled": ("inactive.canceled", "next.renew", (ACTIVATE, REFRESH)),
    "unpaid": ("inactive.unpaid", "next.pay_now", (PAY, PORTAL, REFRESH)),
    "past_due": ("inactive.past_due", "next.pay_now", (PAY, PORTAL, REFRESH)),
    "refunded": ("inactive.refunded", "next.renew", (ACTIVATE, REFRESH)),
    "disputed": ("inactive.disputed", "next.renew", (ACTIVATE, REFRESH)),
    "paused": ("inactive.paused", "next.unpause", (PORTAL, REFRESH)),
    "incomplete": ("inactive.incomplete", "next.complete", (PAY, PORTAL, REFRESH)),
    "incomplete_expired": ("inactive.incomplete_expired", "next.renew", (ACTIVATE, REFRESH)),
    "not_paid": ("inactive.not_paid", "next.pay_or_buy", (PAY, REFRESH, RESTORE, ACTIVATE)),
    "other_product": ("inactive.other_product", "next.buy", (ACTIVATE, RESTORE, REFRESH)),
    "device_removed": ("inactive.device_removed", "next.removed", (RESTORE, REFRESH, ACTIVATE)),
    "device_limit": ("inactive.device_limit", "next.remove_one", (DEVICES, REFRESH)),
}
_INACTIVE_OTHER = ("inactive.other", "next.renew", (ACTIVATE, RESTORE, REFRESH))


def _summarize(view: ActivationLike) -> _Summary:
    match view.state:
        case "unactivated":
            return _Summary("unactivated", "next.buy", BLOCKED, (ACTIVATE, RESTORE, IMPORT))
        case "pending":
            return _pending(view)
        case "active":
            return _active(view)
        case "grace":
            return _grace(view)
        case "expired":
            return _expired(view)
        case "inactive":
            return _inactive(view)
        case _:
            headline = _UNTRUSTED_HEADLINES.get(view.reason, "untrusted.altered")
            return _Summary(headline, "next.refresh", BLOCKED, (REFRESH, ACTIVATE, DIAGNOSTICS))


def _pending(view: ActivationLike) -> _Summary:
    if view.usable:
        return _Summary("pending.settling", "next.wait", WAIT, (REFRESH,))
    if view.reason == "payment_not_confirmed":
        return _Summary("pending.bank", "next.wait_bank", WAIT, (REFRESH,))
    if view.checkout is not None and view.checkout.kind == "restore":
        return _Summary("pending.restore", "next.mail", WAIT, (REFRESH, CANCEL_CHECKOUT))
    if view.checkout is not None and view.checkout.kind == "account":
        return _Summary("pending.account", "next.wait", WAIT, (REFRESH, CANCEL_CHECKOUT))
    return _Summary("pending.open", "next.finish", WAIT, (REOPEN, COPY_LINK, CANCEL_CHECKOUT))


def _active(view: ActivationLike) -> _Summary:
    if needs_check(view):
        return _Summary("active.recheck", "next.reconnect", ATTENTION, (REFRESH, PORTAL))
    if _ends_by_choice(view) and view.current_period_end is not None:
        return _Summary("active.ending", "next.resume", OK, (PORTAL, REFRESH))
    trial = view.reason == "trialing" and view.current_period_end is not None
    return _Summary("active.trial" if trial else "active", None, OK, (REFRESH, PORTAL))


def _grace(view: ActivationLike) -> _Summary:
    if view.reason == "past_due":
        return _Summary("grace.past_due", "next.pay", ATTENTION, (PAY, PORTAL, REFRESH))
    if view.current_period_end is not None:
        return _Summary("grace.period_over", "next.connect", ATTENTION, (REFRESH, PORTAL))
    return _Summary("grace.other", "next.look", ATTENTION, (PORTAL, REFRESH))


def _inactive(view: ActivationLike) -> _Summary:
    headline, next_step, actions = _INACTIVE.get(view.reason, _INACTIVE_OTHER)
    if bought_once(view) and next_step == "next.renew":
        headline = "inactive.purchase" if view.reason == "canceled" else headline
        next_step = "next.buy_again"
    return _Summary(headline, next_step, BLOCKED, actions)


def _expired(view: ActivationLike) -> _Summary:
    if view.grace_ends_at is None:
        return _Summary("expired.unknown", "next.connect_or_renew", BLOCKED, (REFRESH, ACTIVATE))
    if bought_once(view):
        return _Summary("expired.unchecked", "next.reconnect", BLOCKED, (REFRESH, RESTORE))
    if "payment_failed" in view.hints:
        return _Summary("expired.past_due", "next.pay_now", BLOCKED, (PAY, PORTAL, REFRESH))
    if _ends_by_choice(view):
        return _Summary("expired.as_asked", "next.renew", BLOCKED, (ACTIVATE, REFRESH))
    return _Summary("expired", "next.reconnect", BLOCKED, (REFRESH, PORTAL, RESTORE))


def _ends_by_choice(view: ActivationLike) -> bool:
    return view.entitlement is not None and view.entitlement.cancel_at_period_end


def _values(view: ActivationLike, zone: tzinfo | None, tr: Translator) -> dict[str, str]:
    instants = {
        "until": view.until,
        "period": view.current_period_end,
        "ended": view.grace_ends_at,
    }
    return {
        name: formats.minute(ms, zone, tr) if ms is not None else ""
        for name, ms in instants.items()
    }


def _left(view: ActivationLike, tr: Translator) -> str | None:
    if view.until is None or not (view.state == "grace" or needs_check(view)):
        return None
    remaining_ms = view.until - view.now
    if remaining_ms >= _DAY_MS:
        return None
    return tr(
        "left.hour" if remaining_ms < _HOUR_MS else "left.day", span=formats.span(remaining_ms, tr)
    )


def _facts(view: ActivationLike, zone: tzinfo | None, tr: Translator) -> list[Fact]:
    values = {
        "plan": _plan(view, tr),
        "paid": tr("fact.paid.once") if view.usable and bought_once(view) else None,
        **{name: formats.minute(ms, zone, tr) for name, ms in _limits(view).items()},
        "checked": view.last_refresh_at and formats.ago(view.last_refresh_at, view.now, zone, tr),
        "next_check": view.next_refresh_at and formats.minute(view.next_refresh_at, zone, tr),
    }
    return [Fact(name, tr(f"fact.{name}"), str(value)) for name, value in values.items() if value]


def _plan(view: ActivationLike, tr: Translator) -> str | None:
    paid = view.entitlement
    if paid is None:
        return None
    plan = display_name(paid.key)
    many = paid.seats > 1 and view.capabilities.seats
    return tr.count("fact.plan.seats", paid.seats, plan=plan) if many else plan


def _limits(view: ActivationLike) -> dict[str, int]:
    period_ms, until_ms = view.current_period_end, view.until
    limits: dict[str, int | None] = {}
    if view.state == "active":
        limits["ends" if _ends_by_choice(view) else "renewal"] = period_ms
        limits["recheck" if bought_once(view) else "offline"] = until_ms
    elif view.usable:
        limits["period_over"] = period_ms if view.state == "grace" else None
        limits["until"] = until_ms
    elif view.state == "expired":
        limits["ended"] = view.grace_ends_at
    return {name: ms for name, ms in limits.items() if ms is not None}


def _hints(view: ActivationLike, tr: Translator) -> list[str]:
    said = _redundant_hints(view)
    known = (hint for hint in view.hints if hint not in said and f"hint.{hint}" in tr)
    return [_hint(hint, view, tr) for hint in known]


def _hint(hint: str, view: ActivationLike, tr: Translator) -> str:
    if hint != "refresh_refused":
        return tr(f"hint.{hint}")
    why = message_text(f"refused.{view.last_error}", {}, tr) or message_text(
        "refused.backend_refused", {}, tr
    )
    reason = " ".join(filter(None, why)) if why is not None else ""
    return tr("hint.refresh_refused", reason=reason)


def _redundant_hints(view: ActivationLike) -> Collection[str]:
    """Return the hints that the headline expresses already."""
    if view.reason in ("past_due", "unpaid") or view.state == "expired":
        return ("payment_failed",)
    if view.reason == "device_limit":
        return ("device_limit",)
    return ("cancel_at_period_end",) if _ends_by_choice(view) else ()
