"""An activation on the terminal, or as the JSON object of ``keystead status`` (contract §4).

It works on the plain members of the daemon's answer, so that a status need not load the types of
the local API to be printed.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

from keystead_client import exit_codes, presentation
from keystead_client.output import Output
from keystead_client.terminal_messages import tr

if TYPE_CHECKING:
    from keystead_client.view import ActivationLike

#: `keystead.local_api.STATUS_FIELDS`; a test holds the two together.
FIELDS = (
    "product",
    "state",
    "usable",
    "until",
    "reason",
    "deviceId",
    "entitlement",
    "currentPeriodEnd",
    "graceEndsAt",
    "lastRefreshAt",
    "nextRefreshAt",
    "hints",
)
_INSTANTS = ("until", "currentPeriodEnd", "graceEndsAt", "lastRefreshAt", "nextRefreshAt")
_LAST_MS = 253_402_300_799_999

#: The command that does what an action of `presentation` names.
_COMMANDS = {
    presentation.ACTIVATE: "keystead activate",
    presentation.RESTORE: "keystead restore ADDRESS",
    presentation.JOIN: "keystead activate",
    presentation.IMPORT: "keystead import FILE",
    presentation.OFFLINE: "keystead request FILE",
    presentation.REFRESH: "keystead refresh",
    presentation.PORTAL: "keystead portal",
    presentation.DEVICES: "keystead devices",
    presentation.DIAGNOSTICS: "keystead diagnostics FILE.zip",
}


def print_status(members: dict[str, Any], out: Output, *, strict: bool = False) -> int:
    """Say how things stand, and return the exit code for it."""
    out.object({field: members.get(field) for field in FIELDS})
    if not out.as_json:
        _print_words(presentation.show(as_view(members), zone=None, tr=tr), out)
    return exit_codes.of_activation(members["state"], members["usable"], strict=strict)


def as_view(members: dict[str, Any]) -> ActivationLike:
    """The daemon's answer as what `presentation` reads."""
    paid, checkout = members.get("entitlement"), members.get("checkout")
    view = SimpleNamespace(
        state=members["state"],
        usable=members["usable"],
        until=members.get("until"),
        reason=members.get("reason") or "",
        device_id=members.get("deviceId"),
        entitlement=paid
        and SimpleNamespace(
            key=paid["key"],
            seats=paid["seats"],
            cancel_at_period_end=paid["cancelAtPeriodEnd"],
        ),
        current_period_end=members.get("currentPeriodEnd"),
        grace_ends_at=members.get("graceEndsAt"),
        last_refresh_at=members.get("lastRefreshAt"),
        next_refresh_at=members.get("nextRefreshAt"),
        hints=members.get("hints") or (),
        now=members["now"],
        checkout=checkout and SimpleNamespace(kind=checkout["kind"], url=checkout["url"]),
        capabilities=_capabilities(members),
    )
    return cast("ActivationLike", view)


def _capabilities(members: dict[str, Any]) -> SimpleNamespace:
    # Who says nothing of them speaks as the native billing API does.
    told = members.get("capabilities")
    given = told if isinstance(told, dict) else {}
    native = {"signIn": False, "restore": True, "seats": True, "portal": True}
    able = {name: given.get(name, usual) is True for name, usual in native.items()}
    return SimpleNamespace(
        sign_in=able["signIn"],
        restore=able["restore"],
        seats=able["seats"],
        portal=able["portal"],
    )


def is_readable(members: dict[str, Any]) -> bool:
    """Whether the answer has the form that is shown here; its types check it in full."""
    paid, checkout = members.get("entitlement"), members.get("checkout")
    return (
        isinstance(members.get("state"), str)
        and isinstance(members.get("usable"), bool)
        and _is_instant(members.get("now"))
        and all(members.get(name) is None or _is_instant(members[name]) for name in _INSTANTS)
        and (paid is None or _has(paid, key=str, seats=int, cancelAtPeriodEnd=bool))
        and (checkout is None or _has(checkout, kind=str, url=str | None))
    )


def _is_instant(value: object) -> bool:
    return isinstance(value, int) and 0 <= value <= _LAST_MS


def _has(value: object, **members: Any) -> bool:
    return isinstance(value, dict) and all(
        name in value and isinstance(value[name], kind) for name, kind in members.items()
    )


def _print_words(shown: presentation.Shown, out: Output) -> None:
    sign = presentation.SYMBOLS[shown.tone]
    out.say(out.styled(f"{sign} {shown.headline}", shown.tone))
    for line in filter(None, (shown.left, shown.next_step)):
        out.say(f"  {line}")
    if shown.facts:
        out.say()
        out.facts((fact.label, fact.value) for fact in shown.facts)
    if shown.hints:
        out.say()
    for hint in shown.hints:
        out.say(f"  {out.styled(tr('terminal.note'), 'attention')} {hint}")
    if shown.tone == presentation.OK and not shown.next_step:
        return
    out.say()
    out.facts(
        (action.label, _COMMANDS[action.name])
        for action in shown.actions
        if action.name in _COMMANDS
    )
