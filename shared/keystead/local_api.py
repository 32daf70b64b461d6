"""The local API (contract §5): JSON-RPC 2.0, one message a line, and what each method takes.

One table, `METHODS`, is the definition for the daemon that serves it and for everybody who calls.
No token is in any of these types, the device's or a session's, and so none can cross.
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

#: Bytes of one message, its newline included (contract §5).
MAX_LINE = contract.MAX_LINE

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
#: Every error of ours; ``data.code`` says which.
REFUSED = -32000

ACTIVATION_CHANGED = "activation.changed"
CHECKOUT_PROGRESS = "checkout.progress"


class _Api(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    pass


class Nothing(_Api, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """No parameters."""


class Done(_Api, frozen=True, kw_only=True):
    """The thing was done; there is nothing more to say."""

    done: bool = True


class DaemonInfo(_Api, frozen=True, kw_only=True):
    """``started_at`` in ms by the wall clock; ``api`` grows when this table does."""

    version: str
    pid: int
    product: str
    product_name: str
    billing_api: str
    backend_url: str
    started_at: int
    api: int = 1
    capabilities: Capabilities = Capabilities()


class Checkout(_Api, frozen=True, kw_only=True):
    """What was started here to activate this device, and is not known to have ended.

    ``kind`` is ``checkout``, ``restore`` or ``account`` (a device of somebody signed in); ``url``
    is null but for a checkout that was started here: a restore's link is in a mail, and who has
    opened a checkout for this device has the link to it.
    """

    kind: str
    session_id: str
    url: str | None
    started_at: int
    expires_at: int


class Account(_Api, frozen=True, kw_only=True):
    """Who is signed in at the billing service, where anybody has to be.

    ``subject`` is the person and ``account`` whom they act for, as far as the service tells.
    ``waiting`` is true while a browser is on its way, and ``problem`` the code of what ended the
    last session or attempt.
    """

    signed_in: bool
    subject: str | None = None
    account: str | None = None
    waiting: bool = False
    problem: str | None = None


class ActivationView(_Api, frozen=True, kw_only=True):
    """The activation as it is shown, and the evidence for those who check it themselves.

    Instants are ms. ``now`` is the daemon's trusted time. ``hints`` are machine-readable words
    (`keystead.hints`). ``license`` and ``device`` are what `keystead.sdk` verifies for itself.
    ``account`` is null where the billing service has no such thing as signing in.
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
    account: Account | None = None
    capabilities: Capabilities = Capabilities()


class ImportParams(_Api, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``document`` is the text of a license file, or an activation code."""

    document: str


class RequestFile(_Api, frozen=True, kw_only=True):
    """The text of an activation request file, and the address that brings it to the vendor."""

    request: str
    link: str


class CheckoutParams(_Api, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``return_url`` is where the caller listens on loopback for the person's return.

    What the billing service does not have (`keystead.capabilities`) is passed over.
    """

    plan: str | None = None
    billing_period: str | None = None
    seats: fields.Seats | None = None
    modules: tuple[str, ...] = ()
    email: fields.Email | None = None
    locale: str | None = None
    return_url: fields.ReturnUrl | None = None


class FollowParams(_Api, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A checkout or payment link that the vendor has opened for this device, by its id."""

    session_id: fields.ShortText


class RestoreParams(_Api, frozen=True, kw_only=True, forbid_unknown_fields=True):
    email: fields.Email


class PortalParams(_Api, frozen=True, kw_only=True, forbid_unknown_fields=True):
    flow: str | None = None
    return_url: fields.ReturnUrl | None = None


class DeviceParams(_Api, frozen=True, kw_only=True, forbid_unknown_fields=True):
    device_id: fields.Bytes32


class SignInPage(_Api, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the browser shows at the end of a sign-in; ``language`` is a BCP 47 tag."""

    language: str = "en"
    done: str = ""
    failed: str = ""
    back: str = ""


class SignInParams(_Api, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The words are the caller's, because the daemon speaks no language."""

    page: SignInPage = SignInPage()


class SignIn(_Api, frozen=True, kw_only=True):
    """Where to sign in, in a browser on this machine, and until when somebody is waited for."""

    url: str
    expires_at: int


class Settings(_Api, frozen=True, kw_only=True, omit_defaults=True):
    """What a person chose; None is "as the vendor set it". ``proxy`` is a mode or a URL."""

    notifications: bool = True
    proxy: str = "system"
    language: str | None = None
    appearance: str = "system"


class SettingsParams(_Api, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Only what is given is changed."""

    notifications: bool | msgspec.UnsetType = msgspec.UNSET
    proxy: str | msgspec.UnsetType = msgspec.UNSET
    language: str | msgspec.UnsetType | None = msgspec.UNSET
    appearance: str | msgspec.UnsetType = msgspec.UNSET


class DiagnosticsParams(_Api, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``check`` names one of the daemon's looks (`keystead.checks`); None is all of them."""

    check: str | None = None


class Check(_Api, frozen=True, kw_only=True):
    """What one check of ``keystead doctor`` came to: ``code``, and what its words tell of."""

    name: str
    ok: bool
    code: str
    values: Values = {}


class Diagnostics(_Api, frozen=True, kw_only=True):
    """What the daemon knows of itself, free of secrets; ``log`` holds its newest lines."""

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
    """A call (JSON-RPC 2.0 §4); without an ``id`` it is a notification and gets no answer."""

    jsonrpc: str
    method: str
    params: msgspec.Raw | dict[str, Any] | None = None
    id: int | str | msgspec.UnsetType | None = msgspec.UNSET


class ErrorData(msgspec.Struct, frozen=True, omit_defaults=True):
    """What JSON-RPC leaves to us: the machine-readable code, and what its words tell of.

    ``extra`` holds a ``cause``, a code too, where ``code`` covers several.
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
    """A line from the daemon: an answer (it has an ``id``) or a notification (``method``)."""

    jsonrpc: str = ""
    id: int | str | None = None
    result: msgspec.Raw = msgspec.Raw()
    error: RpcError | None = None
    method: str | None = None
    params: msgspec.Raw = msgspec.Raw()


_message = msgspec.json.Decoder(Message).decode
_encode = msgspec.json.Encoder().encode


def encode_request(method: str, params: msgspec.Struct, call_id: int) -> bytes:
    """One line that calls ``method``."""
    call = {"jsonrpc": "2.0", "id": call_id, "method": method, "params": params}
    return _encode(call) + b"\n"


def decode_message(line: bytes) -> Message:
    """A line from the daemon. Raises InvalidInput (``invalid_message``) where it is none."""
    try:
        message = _message(line)
    except (msgspec.DecodeError, UnicodeDecodeError):
        message = Message()
    if message.jsonrpc != "2.0":
        raise InvalidInput("The daemon's answer cannot be read.", code="invalid_message")
    return message


def result_of(message: Message, method: str) -> Any:
    """The result in an answer to ``method``, as its type.

    Raises DaemonRefused with the daemon's own code where the answer is an error, InvalidInput
    (``invalid_message``) where it is not what the method answers.
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
    """A raw member as a type of this module. Raises InvalidInput (``invalid_message``)."""
    try:
        return msgspec.json.decode(raw, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise InvalidInput("The daemon's answer cannot be read.", code="invalid_message") from None
