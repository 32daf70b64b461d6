"""The local API (specification §10): JSON-RPC 2.0 with one message per line, and its types.

`METHODS` is the one definition of the API, for the daemon and for all callers. None of these types
has a field for a device token or a session token, so the daemon can't leak one to a caller.
"""

from __future__ import annotations

from typing import Any

import msgspec

from keystead import contract
from keystead.activation import State
from keystead.capabilities import Capabilities
from keystead.entitlement import Entitlement
from keystead.errors import DaemonRefused, InvalidInput, Values
from keystead.wire import fields, nyra

#: Bytes of one message, its newline included (specification §10.1).
MAX_LINE = contract.MAX_LINE

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
#: The code of every application error; ``data.code`` identifies the error.
REFUSED = -32000

#: The codes of refusals that a sign-in (``signin.start``) resolves.
SIGN_IN_ERRORS = frozenset({"sign_in_needed", "session_ended"})

ACTIVATION_CHANGED = "activation.changed"
CHECKOUT_PROGRESS = "checkout.progress"


class _Api(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    pass


class Nothing(_Api, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """No parameters."""


class Done(_Api, frozen=True, kw_only=True):
    """The result of a method that returns no data."""

    done: bool = True


class DaemonInfo(_Api, frozen=True, kw_only=True):
    """The running daemon. ``started_at`` is in ms by the wall clock.

    ``api`` is incremented whenever `METHODS` is extended. ``profile_digest`` is that of the profile
    that the daemon runs with (`keystead.profile_digest`), ``profile_outdated`` is true where the
    file has another one by now, and ``replaced_profiles`` are the digests of those whose daemon it
    has replaced. ``managed`` is true where a service manager holds the socket, and so decides what
    is started.
    """

    version: str
    pid: int
    product: str
    product_name: str
    billing_api: str
    backend_url: str
    started_at: int
    api: int = 1
    capabilities: Capabilities = Capabilities()
    profile_digest: str | None = None
    profile_outdated: bool = False
    replaced_profiles: tuple[str, ...] = ()
    managed: bool = False


class Checkout(_Api, frozen=True, kw_only=True):
    """A pending activation of this device.

    ``kind`` is ``checkout``, ``restore`` or ``account`` (activation by a signed-in person). ``url``
    is set only for a checkout that was started on this device: the link of a restore is sent by
    mail, and a checkout that the vendor opened has its link at the vendor.
    """

    kind: str
    session_id: str
    url: str | None
    started_at: int
    expires_at: int


class Account(_Api, frozen=True, kw_only=True):
    """The session at a billing service that requires people to sign in.

    ``subject`` identifies the person and ``account`` the organisation they act for; both are None
    where the access token does not contain them. ``waiting`` is true while a sign-in is open in the
    browser. ``problem`` is the code of the error that ended the last session or attempt.
    """

    signed_in: bool
    subject: str | None = None
    account: str | None = None
    waiting: bool = False
    problem: str | None = None


class ActivationView(_Api, frozen=True, kw_only=True):
    """The activation for display, with the signed documents that prove it.

    Instants are in ms. ``now`` is the daemon's trusted time. ``hints`` are the codes of
    `keystead.hints`. `keystead.sdk` does not rely on ``state``: it verifies ``license``,
    ``device`` and ``key_manifest``. ``account`` is null for a billing service without sign-in.
    """

    product: str
    state: State
    usable: bool
    until: int | None
    reason: str
    device_id: str | None
    entitlement: Entitlement | None
    current_period_end: int | None
    grace_ends_at: int | None
    last_refresh_at: int | None
    next_refresh_at: int | None
    hints: tuple[str, ...]
    now: int
    refreshing: bool = False
    checkout: Checkout | None = None
    last_error: str | None = None
    license: str | None = None
    device: str | None = None
    key_manifest: str | None = None
    account: Account | None = None
    capabilities: Capabilities = Capabilities()


class ImportParams(_Api, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``document`` is the text of a license file, an activation code, or a key manifest."""

    document: str


class RequestFile(_Api, frozen=True, kw_only=True):
    """The text of an activation request file, and the link that submits it to the vendor."""

    request: str
    link: str


class CheckoutParams(_Api, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``return_url`` is the loopback URL on which the caller waits for the browser's return.

    Parameters that the billing service does not support (`keystead.capabilities`) are ignored.
    """

    plan: str | None = None
    billing_period: str | None = None
    seats: fields.Seats | None = None
    modules: tuple[str, ...] = ()
    email: fields.Email | None = None
    locale: str | None = None
    return_url: fields.ReturnUrl | None = None


class FollowParams(_Api, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The id of a checkout or payment link that the vendor created for this device."""

    session_id: fields.ShortText


class RestoreParams(_Api, frozen=True, kw_only=True, forbid_unknown_fields=True):
    email: fields.Email


class PortalParams(_Api, frozen=True, kw_only=True, forbid_unknown_fields=True):
    flow: str | None = None
    return_url: fields.ReturnUrl | None = None


class DeviceParams(_Api, frozen=True, kw_only=True, forbid_unknown_fields=True):
    device_id: fields.Bytes32


class SignInPage(_Api, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The texts of the page that ends a sign-in in the browser; ``language`` is a BCP 47 tag."""

    language: str = "en"
    done: str = ""
    failed: str = ""
    back: str = ""


class SignInParams(_Api, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The caller supplies the page's texts, because the daemon has no translations."""

    page: SignInPage = SignInPage()


class SignIn(_Api, frozen=True, kw_only=True):
    """The URL to open in a browser on this machine, and when the attempt expires (ms)."""

    url: str
    expires_at: int


class Settings(_Api, frozen=True, kw_only=True, omit_defaults=True):
    """A person's settings. ``proxy`` is a mode or a URL; ``language`` None is the default."""

    notifications: bool = True
    proxy: str = "system"
    language: str | None = None
    appearance: str = "system"


class SettingsParams(_Api, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The settings to change; those left unset keep their value."""

    notifications: bool | msgspec.UnsetType = msgspec.UNSET
    proxy: str | msgspec.UnsetType = msgspec.UNSET
    language: str | msgspec.UnsetType | None = msgspec.UNSET
    appearance: str | msgspec.UnsetType = msgspec.UNSET


class DiagnosticsParams(_Api, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``check`` names one of the daemon's steps (`keystead.checks`); None runs all of them."""

    check: str | None = None


class Check(_Api, frozen=True, kw_only=True):
    """The result of one check of ``keystead doctor``.

    ``code`` selects the client's message, and ``values`` fill its placeholders.
    """

    name: str
    ok: bool
    code: str
    values: Values = {}


class Diagnostics(_Api, frozen=True, kw_only=True):
    """A diagnostic report without secrets; ``log`` holds the newest lines of the log."""

    info: DaemonInfo
    checks: tuple[Check, ...]
    activation: dict[str, Any]
    log: tuple[str, ...]


class Method(msgspec.Struct, frozen=True):
    """The types of one method's parameters and result."""

    params: type[msgspec.Struct]
    result: type[msgspec.Struct]


METHODS: dict[str, Method] = {
    "daemon.info": Method(Nothing, DaemonInfo),
    "daemon.stop": Method(Nothing, Done),
    "activation.get": Method(Nothing, ActivationView),
    "activation.refresh": Method(Nothing, ActivationView),
    "activation.deactivate": Method(Nothing, ActivationView),
    "activation.import": Method(ImportParams, ActivationView),
    "activation.request": Method(Nothing, RequestFile),
    "activation.restore": Method(RestoreParams, Checkout),
    "activation.join": Method(Nothing, ActivationView),
    "signin.start": Method(SignInParams, SignIn),
    "signin.end": Method(Nothing, ActivationView),
    "checkout.start": Method(CheckoutParams, Checkout),
    "checkout.follow": Method(FollowParams, Checkout),
    "checkout.cancel": Method(Nothing, ActivationView),
    "portal.open": Method(PortalParams, nyra.PortalAnswer),
    "plans.list": Method(Nothing, nyra.PlansAnswer),
    "devices.list": Method(Nothing, nyra.DevicesAnswer),
    "devices.remove": Method(DeviceParams, nyra.DevicesAnswer),
    "invoices.list": Method(Nothing, nyra.InvoicesAnswer),
    "diagnostics.get": Method(DiagnosticsParams, Diagnostics),
    "settings.get": Method(Nothing, Settings),
    "settings.set": Method(SettingsParams, Settings),
    "events.subscribe": Method(Nothing, ActivationView),
}


class Request(msgspec.Struct, frozen=True, omit_defaults=True):
    """A call (JSON-RPC 2.0 §4). Without an ``id`` it is a notification and gets no response."""

    jsonrpc: str
    method: str
    params: msgspec.Raw | dict[str, Any] | None = None
    id: int | str | msgspec.UnsetType | None = msgspec.UNSET


class ErrorData(msgspec.Struct, frozen=True, omit_defaults=True):
    """The ``data`` member of an error: its code, and the values for the client's message.

    ``extra`` holds a more specific code as ``cause`` where ``code`` has several causes.
    """

    code: str
    values: Values = {}
    extra: dict[str, Any] | None = None


class RpcError(msgspec.Struct, frozen=True, omit_defaults=True):
    """A JSON-RPC error object; ``message`` is a sentence for logs and developers."""

    code: int
    message: str
    data: ErrorData | None = None


class Message(msgspec.Struct, frozen=True, omit_defaults=True):
    """A line from the daemon: a response (with an ``id``) or a notification (``method``)."""

    jsonrpc: str = ""
    id: int | str | None = None
    result: msgspec.Raw = msgspec.Raw()
    error: RpcError | None = None
    method: str | None = None
    params: msgspec.Raw = msgspec.Raw()


# Built once, because creating a decoder analyses its type.
_message = msgspec.json.Decoder(Message).decode
_encode = msgspec.json.Encoder().encode


def encode_request(method: str, params: msgspec.Struct, call_id: int) -> bytes:
    """Encode a call of ``method`` as one line."""
    call = {"jsonrpc": "2.0", "id": call_id, "method": method, "params": params}
    return _encode(call) + b"\n"


def decode_message(line: bytes) -> Message:
    """Decode a line from the daemon. Raises InvalidInput (``invalid_message``)."""
    try:
        message = _message(line)
    except (msgspec.DecodeError, UnicodeDecodeError):
        message = Message()
    if message.jsonrpc != "2.0":
        raise InvalidInput("The daemon's answer cannot be read.", code="invalid_message")
    return message


def result_of(message: Message, method: str) -> Any:
    """Decode the result of ``method`` from its response.

    Raises DaemonRefused with the daemon's code for an error response, and InvalidInput
    (``invalid_message``) for a result of another type.
    """
    if message.error is not None:
        data = message.error.data or ErrorData(code="invalid_message")
        cause = (data.extra or {}).get("cause")
        raise DaemonRefused(
            message.error.message,
            code=data.code,
            values=data.values,
            cause=cause if isinstance(cause, str) else None,
        )
    return decode_as(message.result, METHODS[method].result)


def decode_as(raw: msgspec.Raw, kind: type[Any]) -> Any:
    """Decode a raw member as ``kind``. Raises InvalidInput (``invalid_message``)."""
    try:
        return msgspec.json.decode(raw, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise InvalidInput("The daemon's answer cannot be read.", code="invalid_message") from None
