"""What one run knows: the backend, how to pay there, and what its devices have got so far."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

from keystead.keys import KeySet
from keystead.profile import Profile
from keystead.wire import nyra as wire
from keystead_stub.conformance.exchanges import (
    Answer,
    Backend,
    NotChecked,
    RuleFailed,
    require_status,
)
from keystead_stub.conformance.payers import Payer
from keystead_stub.conformance.probe_device import ProbeDevice, new_nonce
from keystead_stub.conformance.signed_texts import SignedText
from keystead_stub.conformance.stub_controls import StubControls

T = TypeVar("T")
S = TypeVar("S", bound=msgspec.Struct)

#: By how much the stub's clock is turned where only the order of events matters.
_STEP_MS = 5_000
#: Seconds between two status calls while webhooks are on their way.
_PAUSE_S = 0.5


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What the caller allows and knows.

    ``webhook_secret`` signs events, ``origin`` is a website that may read answers, and
    ``time_travel`` allows to turn the clock of the stub forward. The effect of a webhook is waited
    for up to ``patience_s`` seconds.
    """

    webhook_secret: str | None = None
    origin: str | None = None
    time_travel: bool = True
    patience_s: float = 20.0


class Purchase(msgspec.Struct, frozen=True):
    """A device whose checkout was paid by the controls; the customer is Stripe's."""

    device: ProbeDevice
    session_id: str
    customer_id: str


class Paid(msgspec.Struct, frozen=True):
    """A device that paid: its checkout, and the answer that activated it."""

    device: ProbeDevice
    session_id: str
    answer: Answer

    @property
    def customer_id(self) -> str:
        return str(claims_in(self.answer)["sub"])


class Run:
    """The state of a run, which the rules share. What one rule has bought, the next ones use."""

    def __init__(
        self,
        backend: Backend,
        profile: Profile,
        payer: Payer,
        *,
        controls: StubControls | None,
        options: Options,
        wait: Callable[[float], object],
    ) -> None:
        self.backend = backend
        self.profile = profile
        self.payer = payer
        #: The address that the device of most rules pays with, new in each run.
        self.email = new_email()
        self.options = options
        self.documents: list[SignedText] = []
        #: The keys that count: the profile's, or those of the backend's verified key manifest.
        self.keys: KeySet = profile.keys
        #: The answer that decides the rule which is being checked.
        self.cited: Answer | None = None
        self._controls = controls
        self._wait = wait
        self._kept: dict[str, Any] = {}

    @property
    def controls(self) -> StubControls:
        """The stub's controls. Raises NotChecked without them."""
        if self._controls is None:
            raise NotChecked("this needs the controls of a stub (--stub URL)")
        return self._controls

    @property
    def webhook_secret(self) -> str:
        """The secret that signs events. Raises NotChecked without one."""
        if not self.options.webhook_secret:
            raise NotChecked(
                "this needs the webhook's secret (--webhook-secret, or STRIPE_WEBHOOK_SECRET)"
            )
        return self.options.webhook_secret

    @property
    def time_controls(self) -> StubControls:
        """The controls, where the stub's clock may be turned. Raises NotChecked."""
        if not self.options.time_travel:
            raise NotChecked("--keep-clock forbids to turn the stub's clock forward")
        return self.controls

    @property
    def time_machine(self) -> StubControls:
        """The controls, where the backend's clock follows the stub's. Raises NotChecked.

        To a backend with a clock of its own, Stripe's signatures would come from the future.
        """
        controls = self.time_controls
        if not self.once("the clock could not be turned", self._follows):
            raise NotChecked("the backend's clock does not follow the stub's")
        return controls

    def cite(self, answer: Answer) -> Answer:
        """Name the answer that decides the current rule, and return it."""
        self.cited = answer
        return answer

    def once(self, name: str, make: Callable[[], T]) -> T:
        """Return what ``make`` returned the first time.

        It raises what ``make`` raised, so that its own rule fails; later NotChecked.
        """
        if name not in self._kept:
            try:
                self._kept[name] = make()
            except (RuleFailed, NotChecked) as error:
                self._kept[name] = NotChecked(f"{name}: {error}")
                raise
        found = self._kept[name]
        if isinstance(found, NotChecked):
            raise found
        return found  # type: ignore[no-any-return]

    def new_device(self) -> ProbeDevice:
        return ProbeDevice(self.backend)

    def open_checkout(self, device: ProbeDevice, email: str) -> tuple[Answer, wire.CheckoutAnswer]:
        """Start a checkout of the device, with a proof. Raises RuleFailed."""
        answer = device.call("POST", wire.CHECKOUT, body=device.identity() | {"email": email})
        refused = answer.members.get("code") if answer.is_problem else None
        if (answer.status, refused) == (403, "checkout_disabled"):
            raise NotChecked("checkout is switched off at this backend")
        require_status(answer, 200)
        return answer, shaped(answer, wire.CheckoutAnswer)

    def opened(self) -> tuple[ProbeDevice, Answer, wire.CheckoutAnswer]:
        """Return a checkout that nobody has paid yet."""

        def make() -> tuple[ProbeDevice, Answer, wire.CheckoutAnswer]:
            device = self.new_device()
            return device, *self.open_checkout(device, self.email)

        return self.once("no checkout could be opened", make)

    def activated(self) -> Paid:
        """Return the device that most rules use: it has paid, and has a token."""
        return self.once("no device could be activated", self._activate)

    def _activate(self) -> Paid:
        device, _, opened = self.opened()
        self.payer.pay(
            opened.session_id,
            opened.url,
            self.email,
            lambda: self._is_paid(device, opened.session_id),
        )
        return self.settled(device, opened.session_id)

    def buy(self, **how: Any) -> Purchase:
        """Have another device pay, by the controls."""
        controls = self.controls
        device, email = self.new_device(), new_email()
        _, opened = self.open_checkout(device, email)
        customer_id = controls.pay(opened.session_id, email=email, **how)
        return Purchase(device, opened.session_id, customer_id)

    def bought(self) -> Paid:
        """Have a further device pay, for rules that end what was bought."""
        purchase = self.buy()
        return self.settled(purchase.device, purchase.session_id)

    def settled(self, device: ProbeDevice, session_id: str) -> Paid:
        """Return the device once its purchase has arrived, which may take some webhooks."""
        answer = self.until(
            device,
            lambda found: found.get("active") is True and found.get("status") != "settling",
            checkout=session_id,
        )
        if answer.members.get("active") is not True:
            raise RuleFailed(f"paid, and the status is {answer.members.get('status')!r}")
        if device.token is None:
            raise RuleFailed("an active status comes without a device access token")
        return Paid(device, session_id, answer)

    def ask(
        self, device: ProbeDevice, *, nonce: str | None = None, checkout: str = "",
        activation: str = "",
    ) -> Answer:  # fmt: skip
        """Ask for the device's status, and keep the documents in the answer."""
        answer = device.status(nonce=nonce, checkout=checkout, activation=activation)
        if answer.status == 200:
            found = answer.members
            self._keep("license", found.get("license"), answer, device, nonce)
            token = found.get("deviceAccessToken")
            self._keep("token", token, answer, device, None)
            device.token = token if isinstance(token, str) else device.token
        return answer

    def until(
        self, device: ProbeDevice, reached: Callable[[dict[str, Any]], bool], *, checkout: str = ""
    ) -> Answer:
        """Ask for the status until it is reached, or the patience is over; return the answer."""
        for left in range(int(self.options.patience_s / _PAUSE_S), -1, -1):
            answer = self.ask(device, nonce=new_nonce(), checkout=checkout)
            require_status(answer, 200)
            if reached(answer.members) or not left:
                break
            self._wait(_PAUSE_S)
        return self.cite(answer)

    def status(self, device: ProbeDevice, **how: Any) -> wire.LicenseStatus:
        """Ask for the device's status, which has to be a whole one. Raises RuleFailed."""
        answer = self.ask(device, **how)
        require_status(answer, 200)
        return shaped(answer, wire.LicenseStatus)

    def now_s(self) -> int:
        """The backend's time, as it last told it, in seconds."""
        return int(time.time()) + self.backend.ahead_s

    def advance_to(self, instant_ms: int) -> None:
        """Turn the clock forward to this instant. Raises NotChecked."""
        self.time_machine.advance_to(instant_ms)
        self.read_clock()

    def advance_a_little(self) -> None:
        """Turn the stub's clock forward by less than any tolerance. Raises NotChecked."""
        controls = self.time_controls
        controls.advance_to(controls.now_ms() + _STEP_MS)
        self.read_clock()

    def read_clock(self) -> int:
        """Return the backend's time (ms), and note it for the proofs to come. Raises RuleFailed."""
        told = self.backend.send("GET", wire.HEALTH).members.get("time")
        if not isinstance(told, int):
            raise RuleFailed("health tells no time")
        self.backend.ahead_s = told // 1000 - int(time.time())
        return told

    def _follows(self) -> bool:
        """Whether a step of the stub's clock is one of the backend's, too."""
        started, before = time.monotonic(), self.read_clock()
        self.advance_a_little()
        lived_ms = (time.monotonic() - started) * 1000
        return self.read_clock() - before - lived_ms >= _STEP_MS / 2

    def _is_paid(self, device: ProbeDevice, session_id: str) -> bool:
        answer = device.status(checkout=session_id)
        return answer.status == 200 and answer.members.get("status") != wire.CHECKOUT_OPEN

    def _keep(
        self, kind: Any, text: object, answer: Answer, device: ProbeDevice, nonce: str | None
    ) -> None:
        if isinstance(text, str):
            self.documents.append(
                SignedText(kind=kind, text=text, answer=answer, device_id=device.id, nonce=nonce)
            )


def new_email() -> str:
    return f"conformance-{secrets.token_hex(6)}@example.com"


def shaped(answer: Answer, kind: type[S]) -> S:
    """Return the body as a type of the wire. Raises RuleFailed, which names the member."""
    try:
        return msgspec.convert(answer.members, kind)
    except msgspec.ValidationError as error:
        raise RuleFailed(str(error)) from None


def claims_in(answer: Answer) -> dict[str, Any]:
    """The claims of an answer's license, not verified. Raises NotChecked."""
    text = answer.members.get("license")
    if not isinstance(text, str):
        raise NotChecked("the answer has no license")
    return SignedText(kind="license", text=text, answer=answer, device_id="", nonce=None).claims
