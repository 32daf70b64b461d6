"""The window's whole state as one value, and the screen that follows from it."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from keystead.activation import PAYMENT_NOT_CONFIRMED, State
from keystead.capabilities import Capabilities
from keystead.hints import DEVICE_LIMIT
from keystead.local_api import ActivationView, Check, RequestFile, Settings
from keystead.wire.nyra import DevicesAnswer, InvoicesAnswer, PlansAnswer
from keystead_client.desktop.models.backoff import PATIENCE
from keystead_client.desktop.models.catalog import tr


class Screen(StrEnum):
    STARTUP = "startup"
    DAEMON_UNAVAILABLE = "daemon_unavailable"
    ACTIVATE = "activate"
    SIGN_IN = "sign_in"
    RESTORE = "restore"
    OFFLINE = "offline"
    CHECKOUT_PROGRESS = "checkout_progress"
    DEVICES = "devices"
    BILLING = "billing"
    DIAGNOSTICS = "diagnostics"
    SETTINGS = "settings"
    OVERVIEW = "overview"


class Destination(StrEnum):
    """The screen that the person navigated to, instead of the one that the activation asks for."""

    NONE = "none"
    PLANS = "plans"
    SIGN_IN = "sign_in"
    RESTORE = "restore"
    OFFLINE = "offline"
    DEVICES = "devices"
    BILLING = "billing"
    DIAGNOSTICS = "diagnostics"
    SETTINGS = "settings"


#: The destinations that are shown whatever the activation's state is.
_PLACES = {
    Destination.OFFLINE: Screen.OFFLINE,
    Destination.DEVICES: Screen.DEVICES,
    Destination.DIAGNOSTICS: Screen.DIAGNOSTICS,
    Destination.SETTINGS: Screen.SETTINGS,
}


class Operation(StrEnum):
    """Requests and background work that may be in progress."""

    START = "start"
    REFRESH = "refresh"
    CHECKOUT = "checkout"
    CANCEL = "cancel"
    PORTAL = "portal"
    RESTORE = "restore"
    IMPORT = "import"
    REQUEST = "request"
    REQUEST_FILE = "request_file"
    PLANS = "plans"
    DEVICES = "devices"
    REMOVE = "remove"
    DIAGNOSTICS = "diagnostics"
    INVOICES = "invoices"
    CHECKS = "checks"
    BUNDLE = "bundle"
    SETTINGS = "settings"
    LOGIN = "login"
    SIGN_IN = "sign_in"
    SIGN_OUT = "sign_out"
    JOIN = "join"


class Problem(msgspec.Struct, frozen=True):
    """What went wrong, and what to do about it."""

    sentence: str
    remedy: str | None = None


class Notice(msgspec.Struct, frozen=True):
    """A message above the page; ``address`` is a URL for the person to open themselves."""

    tone: str
    sentence: str
    remedy: str | None = None
    address: str | None = None
    closable: bool = True


class CheckRun(msgspec.Struct, frozen=True):
    """The results of a run of the checks, and the name of the `CheckSpec` that is running."""

    found: tuple[Check, ...] = ()
    running: str | None = None


class PlanSelection(msgspec.Struct, frozen=True):
    """The choice among the plans. None is the first that is offered."""

    plan: str | None = None
    billing_period: str | None = None
    seats: int = 1
    modules: tuple[str, ...] = ()


class AppState(msgspec.Struct, frozen=True, kw_only=True):
    """The window's state; ``received_ms`` is the time since boot at which ``view`` arrived."""

    connected: bool = False
    failures: int = 0
    start_problem: Problem | None = None
    view: ActivationView | None = None
    received_ms: int = 0
    request: RequestFile | None = None
    request_problem: Problem | None = None
    plans: PlansAnswer | None = None
    plans_problem: Problem | None = None
    devices: DevicesAnswer | None = None
    devices_problem: Problem | None = None
    invoices: InvoicesAnswer | None = None
    invoices_problem: Problem | None = None
    check_run: CheckRun = CheckRun()
    settings: Settings | None = None
    settings_problem: Problem | None = None
    #: Whether the system starts the window at login; None until the system was asked.
    at_login: bool | None = None
    selection: PlanSelection = PlanSelection()
    destination: Destination = Destination.NONE
    #: The destination to return to after signing in.
    after_sign_in: Destination = Destination.NONE
    in_progress: frozenset[Operation] = frozenset()
    notice: Notice | None = None


def screen_of(state: AppState) -> Screen:
    """Return the screen that the window shows."""
    if not state.connected and (state.failures >= PATIENCE or state.start_problem is not None):
        return Screen.DAEMON_UNAVAILABLE
    if state.view is None:
        return Screen.STARTUP
    return _chosen(state.view, state.destination)


def now_ms(state: AppState, boot_ms: int) -> int:
    """Return the daemon's trusted time (epoch ms), advanced by the time since boot.

    The computer's own clock is never used: it may be wrong.
    """
    return (state.view.now if state.view else 0) + boot_ms - state.received_ms


def with_view(state: AppState, view: ActivationView, boot_ms: int) -> AppState:
    """Return the state with a new activation, received at ``boot_ms``.

    A destination is left when its purpose is fulfilled: a checkout began, the device became usable,
    or the person signed in.
    """
    before = state.view
    arrived = view.usable and before is not None and not before.usable
    after = state.after_sign_in
    begun = view.checkout is not None and (before is None or before.checkout is None)
    let_in = state.destination is Destination.SIGN_IN and not needs_sign_in(view)
    destination = Destination.NONE if arrived or begun else after if let_in else state.destination
    return msgspec.structs.replace(
        state,
        view=view,
        received_ms=boot_ms,
        destination=destination,
        after_sign_in=Destination.NONE if let_in else after,
        # A notice is about an obstacle, which is overcome once the device is usable.
        notice=None if arrived else state.notice,
    )


def _chosen(view: ActivationView, destination: Destination) -> Screen:
    if destination in _PLACES:
        return _PLACES[destination]
    if destination is Destination.BILLING and has_billing(view):
        return Screen.SIGN_IN if needs_sign_in(view) else Screen.BILLING
    if destination is Destination.SIGN_IN:
        return Screen.SIGN_IN
    # A usable device keeps its overview while another checkout is open. While a bank confirms a
    # payment there is nothing left to do in the browser.
    asked = view.checkout is not None and view.reason != PAYMENT_NOT_CONFIRMED
    if asked and not view.usable:
        return Screen.CHECKOUT_PROGRESS
    if destination is Destination.RESTORE:
        return Screen.RESTORE
    if destination is Destination.PLANS or view.state is State.UNACTIVATED:
        hidden = view.capabilities.plans_signed_in and needs_sign_in(view)
        return Screen.SIGN_IN if hidden else Screen.ACTIVATE
    return Screen.OVERVIEW


def capabilities_of(state: AppState) -> Capabilities:
    """Return the billing service's capabilities; the defaults until the daemon has sent them."""
    return state.view.capabilities if state.view is not None else Capabilities()


def needs_sign_in(view: ActivationView) -> bool:
    """Return whether the person must sign in before they can buy or see anything."""
    signed_in = view.account is not None and view.account.signed_in
    return view.capabilities.sign_in and not signed_in


def has_account(view: ActivationView) -> bool:
    """Return whether this device belongs, or belonged, to an account."""
    # A pending device has an account only once it is paid for, or if it is at the device limit.
    if view.state is State.PENDING:
        return view.usable or DEVICE_LIMIT in view.hints
    return view.state is not State.UNACTIVATED


def has_billing(view: ActivationView) -> bool:
    """Return whether there are invoices or a portal to show."""
    capabilities_of = view.capabilities
    return has_account(view) and (capabilities_of.invoices or capabilities_of.portal)


def banner_of(state: AppState) -> Notice | None:
    """Return the notice above the page: a lost connection, or else the latest message."""
    if (
        not state.connected
        and state.view is not None
        and screen_of(state) is not Screen.DAEMON_UNAVAILABLE
    ):
        return Notice("attention", tr("lost"), closable=False)
    return state.notice
