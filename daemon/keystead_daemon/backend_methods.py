"""The local API's methods that need the billing backend.

Every result that changes the state goes to the runner as an event.
"""

from __future__ import annotations

from collections.abc import Callable
from unicodedata import normalize

from keystead import hints
from keystead.encoding import b64u_encode
from keystead.errors import BackendRefused, DaemonRefused
from keystead.instants import DAY_MS, to_seconds
from keystead.keys import SigningKey
from keystead.local_api import (
    ActivationView,
    Checkout,
    CheckoutParams,
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
from keystead_daemon.evidence import is_last_question
from keystead_daemon.refresh import Refresh
from keystead_daemon.retry import POLL_ENDS_MS
from keystead_daemon.runner import Runner
from keystead_daemon.sign_in_flow import SignInFlow
from keystead_daemon.state import ACCOUNT, CHECKOUT, RESTORE
from keystead_daemon.token_revocation import TokenRevoker

#: Seconds for which an offline request stays open; after that a new one is created.
REQUEST_OPEN_S = to_seconds(14 * DAY_MS)


class BackendMethods:
    """``device_name`` is this device's name in the customer's list of devices.

    ``offline_page`` is the vendor's page for devices that are never online. ``random(n)`` returns
    n random bytes.
    """

    def __init__(
        self,
        runner: Runner,
        licenses: LicenseApi,
        dialect: Dialect,
        authorization: Authorization,
        diagnosis: Diagnosis,
        *,
        refresh: Refresh,
        sign_in: SignInFlow,
        revoker: TokenRevoker,
        product: str,
        device_name: str,
        offline_page: str,
        random: Callable[[int], bytes],
    ) -> None:
        self.sign_in = sign_in
        self.revoker = revoker
        self._refresh = refresh
        self._runner = runner
        self._licenses = licenses
        self._dialect = dialect
        self._authorization = authorization
        self._diagnosis = diagnosis
        self._product = product
        self._device_name = device_name
        self._offline_page = offline_page
        self._random = random

    async def checkout(self, params: CheckoutParams) -> Checkout:
        """Open a checkout for this device, and save it before the caller gets its address."""
        key = await device_key(self._runner, renew=True)
        request = CheckoutRequest(
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
            account=self._authorization.account,
        )
        try:
            answer = await self._dialect.checkout(self._authorization.ask, request)
        except BackendRefused as refused:
            if refused.code == "already_entitled":
                await self._poll_abandoned_checkout()
            raise
        return self._pending(CHECKOUT, answer.session_id, answer.url, answer.expires_at)

    async def follow(self, params: FollowParams) -> Checkout:
        """Poll a checkout that the vendor opened for this device's key."""
        await device_key(self._runner, renew=True)
        until_ms = self._runner.view().now + POLL_ENDS_MS
        return self._pending(CHECKOUT, params.session_id, None, until_ms)

    async def restore(self, params: RestoreParams) -> Checkout:
        """Have the backend mail a link that activates this device for an earlier purchase."""
        key = await device_key(self._runner, renew=True)
        request = nyra.RestoreRequest(
            # Some keyboards and file systems decompose letters; most servers store them composed.
            email=normalize("NFC", params.email),
            device_id=key.thumbprint,
            device_public_key=b64u_encode(key.public),
            device_name=self._device_name,
        )
        answer = await self._licenses.restore(request)
        return self._pending(RESTORE, answer.activation_id, None, answer.expires_at)

    async def join(self) -> ActivationView:
        """Activate this device for the account that is signed in.

        Raises DaemonRefused (``device_limit``) at the device limit. The pending activation stays,
        so the activation completes once another device is removed.
        """
        key = await device_key(self._runner, renew=True)
        request = nyra.ActivateRequest(
            device_id=key.thumbprint,
            device_public_key=b64u_encode(key.public),
            device_name=self._device_name,
        )
        try:
            answer = await activate_device(self._authorization.ask, request)
        except BackendRefused as refused:
            answer = _activation_at_limit(refused, self._runner.view().now)
        self._pending(ACCOUNT, answer.activation_id, None, answer.expires_at)
        return await self.refreshed()

    async def refreshed(self) -> ActivationView:
        """Refresh now and wait for the result. Raises KeysteadError where the refresh fails."""
        self._runner.handle(RefreshRequested())
        await self._runner.settled()
        state = self._runner.state
        if state.request_in_flight is not None:
            # The request was cancelled by the daemon's end, so the state is not the refreshed one.
            raise DaemonRefused("The daemon is shutting down.", code="daemon_ending")
        failure = state.failure or state.vault_error
        if failure is not None:
            raise error_of(failure)
        return self._runner.view()

    async def sign_out(self) -> ActivationView:
        """Delete the session here, and revoke it at the authorization server in the background."""
        await device_key(self._runner)
        session = self._runner.state.persisted.session
        self._runner.handle(SignedOut())
        if session is not None:
            self.revoker.begin(session)
        return self._saved()

    async def request_file(self) -> RequestFile:
        """Return the offline activation request, signed by this device.

        An open request is returned again, because its answer may take days to arrive and has to
        match it.
        """
        key = await device_key(self._runner, renew=True)
        text = self._open_request(key)
        if text is None:
            text = offline.write_request(self._new_request(key), key)
            self._runner.handle(OfflineRequestCreated(text))
        return RequestFile(request=text, link=offline.link_to(self._offline_page, text))

    def _open_request(self, key: SigningKey) -> str | None:
        """Return the last request, if this key signed it and it is recent and not answered."""
        state = self._runner.state
        text = state.persisted.request
        if text is None:
            return None
        signer, request = offline.read_request(text, product=self._product)
        age_s = to_seconds(self._runner.view().now) - request.iat
        answered = state.license is not None and state.license.nonce == request.nonce
        fits = signer.raw == key.public and not answered and 0 <= age_s < REQUEST_OPEN_S
        return text if fits and is_last_question(state.persisted) else None

    def _new_request(self, key: SigningKey) -> offline.OfflineRequest:
        return offline.OfflineRequest(
            aud=self._product,
            device_id=key.thumbprint,
            device_name=self._device_name,
            iat=to_seconds(self._runner.view().now),
            nonce=b64u_encode(self._random(offline.NONCE_BYTES)),
        )

    async def deactivate(self) -> ActivationView:
        """Deactivate this device at the backend and here.

        Raises DaemonRefused (``not_saved``) where that could not be saved. Called again, it saves.
        """
        await self._runner.settled()
        state = self._runner.state
        if state.has_credential or hints.STORAGE_FAILED not in state.hints:
            refused = await self._deactivate_at_backend()
            # The signed inactive license replaces the active one, so that a copy of the active one
            # is refused as superseded from now on.
            self._runner.handle(await self._refresh(self._runner.state, Credential.TOKEN))
            license = self._runner.state.license
            # A device that was deactivated before is refused too, and then that is signed.
            if refused is not None and (license is None or license.active):
                raise refused
        self._runner.handle(Deactivated())
        return self._saved()

    async def _deactivate_at_backend(self) -> BackendRefused | None:
        """Deactivate this device at the backend, and return a refusal that may mean it is done."""
        try:
            await self._licenses.deactivate(await self._authorization.caller())
        except BackendRefused as refused:
            return refused
        return None

    def _saved(self) -> ActivationView:
        """Return the view once a person's change is durable. Raises DaemonRefused if it is not."""
        if hints.STORAGE_FAILED in self._runner.state.hints:
            raise DaemonRefused(
                "The change could not be saved on this device.",
                code="not_saved",
                remedy="Free some disk space, then try again.",
            )
        return self._runner.view()

    async def portal(self, params: PortalParams) -> nyra.PortalAnswer:
        return await self._dialect.portal(
            self._authorization.ask, return_url=params.return_url, flow=params.flow
        )

    async def plans(self) -> nyra.PlansAnswer:
        return await self._dialect.plans(self._authorization.ask)

    async def invoices(self) -> nyra.InvoicesAnswer:
        return await self._dialect.invoices(self._authorization.ask)

    async def devices(self) -> nyra.DevicesAnswer:
        """Return the customer's devices; at the device limit, those that the refusal listed."""
        limit = self._runner.state.devices_at_limit
        if limit is not None:
            return limit
        return await self._licenses.devices(await self._authorization.caller())

    async def remove_device(self, params: DeviceParams) -> nyra.DevicesAnswer:
        caller = await self._authorization.caller()
        devices = await self._licenses.remove_device(caller, params.device_id)
        self._runner.handle(DevicesListed(devices))
        if params.device_id == self._runner.state.device_id:
            # The signed removal, which has to last before it is reported as done.
            self._runner.handle(RefreshRequested())
            await self._runner.settled()
            self._saved()
        return devices

    async def diagnostics(self, params: DiagnosticsParams) -> Diagnostics:
        runner = self._runner
        return await self._diagnosis.of(runner.state, runner.view(), params.check)

    async def _poll_abandoned_checkout(self) -> None:
        """Poll the checkout that was abandoned here, because it may have been paid since."""
        state = self._runner.state
        checkout = state.persisted.abandoned_checkout
        if checkout is None or state.has_credential:
            return
        self._pending(checkout.kind, checkout.session_id, checkout.url, checkout.expires_at)
        self._runner.handle(RefreshRequested())
        await self._runner.settled()

    def _pending(self, kind: str, session_id: str, url: str | None, expires_at: int) -> Checkout:
        self._runner.handle(
            PendingStarted(kind=kind, session_id=session_id, url=url, expires_at=expires_at)
        )
        shown = self._runner.view().checkout
        if shown is None:
            raise AssertionError("a pending activation that was just started is not shown")
        return shown


def _activation_at_limit(refused: BackendRefused, now_ms: int) -> nyra.ActivateAnswer:
    """Return the activation named by a refusal at the device limit. Raises any other refusal."""
    activation_id = refused.extra.get("activationId")
    if refused.code != hints.DEVICE_LIMIT or not isinstance(activation_id, str):
        raise refused
    return nyra.ActivateAnswer(activation_id=activation_id, expires_at=now_ms + DAY_MS)
