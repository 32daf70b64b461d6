"""The methods that talk to the billing backend, and the refresh.

What they learn goes through the runner as an event, like everything else.
"""

from __future__ import annotations

from collections.abc import Callable

from keystead import hints
from keystead.encoding import b64u_encode
from keystead.errors import BackendRefused, DaemonRefused
from keystead.instants import DAY_MS, to_seconds
from keystead.keys import SigningKey
from keystead.local_api import (
    ActivationView,
    Checkout,
    CheckoutParams,
    DaemonInfo,
    DeviceParams,
    Diagnostics,
    DiagnosticsParams,
    FollowParams,
    PortalParams,
    RequestFile,
    RestoreParams,
)
from keystead.wire import nyra, offline
from keystead_daemon.authorization import Authorization
from keystead_daemon.backends.dialect import CheckoutRequest, Dialect
from keystead_daemon.backends.licenses import LicenseApi, activate_device
from keystead_daemon.device_key import device_key, error_of
from keystead_daemon.diagnostics import Diagnosis
from keystead_daemon.effects import Credential
from keystead_daemon.events import (
    Deactivated,
    DevicesListed,
    OfflineRequestCreated,
    PendingStarted,
    RefreshRequested,
    SignedOut,
)
from keystead_daemon.refresh import Refresh
from keystead_daemon.retry import POLL_ENDS_MS
from keystead_daemon.runner import Runner
from keystead_daemon.sign_in_flow import SignInFlow
from keystead_daemon.state import ACCOUNT, CHECKOUT, RESTORE
from keystead_daemon.token_revocation import TokenRevoker

#: Seconds for which a request is waited for; after that, whoever asks again gets a new one.
REQUEST_OPEN_S = to_seconds(14 * DAY_MS)


class BackendMethods:
    """``device_name`` is what this device calls itself in the customer's list.

    ``offline_page`` is the vendor's page for computers that are never online.
    """

    def __init__(
        self,
        runner: Runner,
        licenses: LicenseApi,
        dialect: Dialect,
        rights: Authorization,
        diagnosis: Diagnosis,
        *,
        signing_in: SignInFlow,
        revoking: TokenRevoker,
        info: DaemonInfo,
        device_name: str,
        offline_page: str,
        random: Callable[[int], bytes],
    ) -> None:
        self.refresh = Refresh(licenses, runner.storage, clocks=runner.clocks, random=random)
        self.signing_in = signing_in
        self.revoking = revoking
        self._runner = runner
        self._licenses = licenses
        self._dialect = dialect
        self._rights = rights
        self._diagnosis = diagnosis
        self._info = info
        self._device_name = device_name
        self._offline_page = offline_page
        self._random = random

    async def checkout(self, params: CheckoutParams) -> Checkout:
        """Open a checkout for this device, and keep it before anybody hears of it."""
        key = await device_key(self._runner, renew=True)
        wish = CheckoutRequest(
            device_id=key.thumbprint,
            device_public_key=b64u_encode(key.public),
            device_name=self._device_name,
            email=params.email,
            plan=params.plan,
            billing_period=params.billing_period,
            seats=params.seats,
            modules=params.modules,
            locale=params.locale,
            return_url=params.return_url,
            account=self._rights.account,
        )
        try:
            answer = await self._dialect.checkout(self._rights.ask, wish)
        except BackendRefused as refused:
            if refused.code == "already_entitled":
                await self._ask_for_given_up()
            raise
        return self._pending(CHECKOUT, answer.session_id, answer.url, answer.expires_at)

    async def follow(self, params: FollowParams) -> Checkout:
        """Wait for the payment of a checkout that somebody else opened for this device's key."""
        await device_key(self._runner, renew=True)
        until_ms = self._runner.view().now + POLL_ENDS_MS
        return self._pending(CHECKOUT, params.session_id, None, until_ms)

    async def restore(self, params: RestoreParams) -> Checkout:
        """Ask for a link by mail that connects this device to what was paid for already."""
        key = await device_key(self._runner, renew=True)
        wish = nyra.RestoreRequest(
            email=params.email,
            device_id=key.thumbprint,
            device_public_key=b64u_encode(key.public),
            device_name=self._device_name,
        )
        answer = await self._licenses.restore(wish)
        return self._pending(RESTORE, answer.activation_id, None, answer.expires_at)

    async def join(self) -> ActivationView:
        """Activate this device for the account that somebody is signed in to.

        Raises DaemonRefused (``device_limit``) where there is no room: the right to come in stays,
        and one of the devices can be let go.
        """
        key = await device_key(self._runner, renew=True)
        wish = nyra.ActivateRequest(
            device_id=key.thumbprint,
            device_public_key=b64u_encode(key.public),
            device_name=self._device_name,
        )
        try:
            given = await activate_device(self._rights.ask, wish)
        except BackendRefused as refused:
            given = _given_anyway(refused, self._runner.view().now)
        self._pending(ACCOUNT, given.activation_id, None, given.expires_at)
        return await self.refreshed()

    async def refreshed(self) -> ActivationView:
        """Ask now, and wait for the answer. Raises KeysteadError where none comes."""
        self._runner.handle(RefreshRequested())
        await self._runner.settled()
        state = self._runner.state
        if state.request_in_flight is not None:
            # Given up for the daemon's end: what is here is not what was asked for.
            raise DaemonRefused("The daemon is ending.", code="daemon_ending")
        failure = state.failure or state.vault_error
        if failure is not None:
            raise error_of(failure)
        return self._runner.view()

    async def sign_out(self) -> ActivationView:
        """Forget who is signed in, and have the session ended over there, if that can be done."""
        await device_key(self._runner)
        session = self._runner.state.persisted.session
        self._runner.handle(SignedOut())
        if session is not None:
            self.revoking.begin(session)
        return self._runner.view()

    async def request_file(self) -> RequestFile:
        """The request for activation without a network, signed by this device.

        The open one again, so that an answer to it still fits: it may be days on its way.
        """
        key = await device_key(self._runner, renew=True)
        text = self._open_request(key)
        if text is None:
            text = offline.write_request(self._new_request(key), key)
            self._runner.handle(OfflineRequestCreated(text))
        return RequestFile(request=text, link=offline.link_to(self._offline_page, text))

    def _open_request(self, key: SigningKey) -> str | None:
        """The last request, while it is this key's, recent, and not answered."""
        state = self._runner.state
        text = state.persisted.request
        if text is None:
            return None
        signer, request = offline.read_request(text, product=self._info.product)
        age_s = to_seconds(self._runner.view().now) - request.iat
        answered = state.license is not None and state.license.nonce == request.nonce
        fits = signer.raw == key.public and not answered and 0 <= age_s < REQUEST_OPEN_S
        return text if fits else None

    def _new_request(self, key: SigningKey) -> offline.OfflineRequest:
        return offline.OfflineRequest(
            aud=self._info.product,
            device_id=key.thumbprint,
            device_name=self._device_name,
            iat=to_seconds(self._runner.view().now),
            nonce=b64u_encode(self._random(offline.NONCE_BYTES)),
        )

    async def deactivate(self) -> ActivationView:
        """Let this device go, over there and here."""
        await self._runner.settled()
        await self._licenses.deactivate(await self._rights.caller())
        # The signed statement that this device was let go stands in the license's place, and no
        # copy of the license can come back after it.
        self._runner.handle(await self.refresh(self._runner.state, Credential.TOKEN))
        self._runner.handle(Deactivated())
        return self._runner.view()

    async def portal(self, params: PortalParams) -> nyra.PortalAnswer:
        return await self._dialect.portal(
            self._rights.ask, return_url=params.return_url, flow=params.flow
        )

    async def plans(self) -> nyra.PlansAnswer:
        return await self._dialect.plans(self._rights.ask)

    async def invoices(self) -> nyra.InvoicesAnswer:
        return await self._dialect.invoices(self._rights.ask)

    async def devices(self) -> nyra.DevicesAnswer:
        """The customer's devices; at the device limit, those that the refusal named."""
        limit = self._runner.state.devices_at_limit
        if limit is not None:
            return limit
        return await self._licenses.devices(await self._rights.caller())

    async def remove_device(self, params: DeviceParams) -> nyra.DevicesAnswer:
        caller = await self._rights.caller()
        devices = await self._licenses.remove_device(caller, params.device_id)
        self._runner.handle(DevicesListed(devices))
        return devices

    async def diagnostics(self, params: DiagnosticsParams) -> Diagnostics:
        runner = self._runner
        return await self._diagnosis.of(runner.state, runner.view(), params.check)

    async def _ask_for_given_up(self) -> None:
        """What this device did not hear was paid on a page that it had given up: ask for that."""
        state = self._runner.state
        given_up = state.persisted.abandoned_checkout
        if given_up is None or state.has_credential:
            return
        self._pending(given_up.kind, given_up.session_id, given_up.url, given_up.expires_at)
        self._runner.handle(RefreshRequested())
        await self._runner.settled()

    def _pending(self, kind: str, session_id: str, url: str | None, expires_at: int) -> Checkout:
        self._runner.handle(
            PendingStarted(kind=kind, session_id=session_id, url=url, expires_at=expires_at)
        )
        shown = self._runner.view().checkout
        if shown is None:
            raise AssertionError("a checkout that was just started is shown")
        return shown


def _given_anyway(refused: BackendRefused, now_ms: int) -> nyra.ActivateAnswer:
    """The right that a refusal at the device limit leaves. Raises the refusal where it has none."""
    activation_id = refused.extra.get("activationId")
    if refused.code != hints.DEVICE_LIMIT or not isinstance(activation_id, str):
        raise refused
    return nyra.ActivateAnswer(activation_id=activation_id, expires_at=now_ms + DAY_MS)
