"""Which license is in force: what becomes of each document that comes in. Pure.

The rules of acceptance are `keystead.trust`'s; here stands only where documents come from, and
that one which is refused never displaces the one in force.
"""

from __future__ import annotations

import msgspec

from keystead import hints
from keystead.activation import SETTLING
from keystead.documents import License
from keystead.errors import InvalidDocument
from keystead.instants import to_ms
from keystead.trust import Newest, accept_license, accept_token
from keystead.trusted_time import TimeState, anchor_of, nonce_for, with_anchor, with_floor
from keystead.wire import activation_code
from keystead.wire.offline import read_request
from keystead_daemon.events import DocumentImported, KeysOpened, Moment, Started, StatusReceived
from keystead_daemon.state import PendingActivation, PersistedState, ProductConfig, State, now_of


def load_public_files(state: State, event: Started, moment: Moment) -> State:
    """Before the keyring has answered: what ``license.jws`` and ``device.jws`` prove together."""
    statement = event.statement
    state = msgspec.structs.replace(
        state, found=event.license, device_id=statement.device_id if statement else None
    )
    time = statement.time if statement else TimeState()
    kept = PersistedState(time=time, witness=statement.witness if statement else None)
    if event.license is None:
        return msgspec.structs.replace(state, kept=kept)
    if statement is None:
        refused = event.refused or "wrong_device"
        return msgspec.structs.replace(state, kept=kept, refused=refused)
    try:
        license = _accepted(state.site, event.license, (statement.device_id,), None)
    except InvalidDocument as error:
        return msgspec.structs.replace(state, kept=kept, refused=error.code)
    return _with_license(msgspec.structs.replace(state, kept=kept), event.license, license, moment)


def merge_vault(state: State, event: KeysOpened, moment: Moment) -> State:
    """The vault is open: roll forward from it, or take a newer ``license.jws`` that was put there.

    What was learnt before the keys were at hand is kept: only a later time, never an earlier one.
    """
    before = state
    former = state.device_id if event.renewed and state.license is not None else None
    kept = event.kept or PersistedState(former=former, witness=state.kept.witness)
    devices = tuple(filter(None, (event.device_id, kept.former)))
    state = msgspec.structs.replace(
        state,
        device_id=event.device_id,
        kept=msgspec.structs.replace(kept, license=None, time=_merge_time(kept, before, moment)),
        license=None,
        refused=None,
    )
    for text in (kept.license, before.found):
        try:
            if text is not None:
                license = _accepted(state.site, text, devices, state.kept.newest)
                state = _with_license(state, text, license, moment)
        except InvalidDocument as error:
            state = msgspec.structs.replace(state, refused=error.code)
    return _clear_refusal(state)


def accept_response(
    state: State, event: StatusReceived, license_text: str, moment: Moment
) -> State:
    """A signed answer to our own question. Raises InvalidDocument, and then nothing was taken."""
    site, device = state.site, state.device_id or ""
    license = accept_license(
        license_text,
        keys=site.keys,
        product=site.product,
        device=device,
        newest=state.kept.newest,
        nonce=nonce_for(event.witness),
    )
    token = event.answer.device_access_token
    if token is not None:
        accept_token(token, keys=site.keys, product=site.product, device=device, license=license)
    # A device that is not entitled gets no token; the last one, even expired, is what it asks with
    # until it is entitled again.
    kept = msgspec.structs.replace(
        state.kept, witness=event.witness, token=token or state.kept.token, former=None
    )
    state = _with_license(msgspec.structs.replace(state, kept=kept), license_text, license, moment)
    kept = msgspec.structs.replace(
        state.kept,
        pending=_pending_after(state.kept.pending, event, license),
        given_up=None if license.active else state.kept.given_up,
        last_refresh_at=now_of(state, moment.reading).now_ms,
    )
    return msgspec.structs.replace(_clear_refusal(state), kept=kept)


def accept_import(state: State, event: DocumentImported, moment: Moment) -> State:
    """A license file or an activation code.

    Its ``iat`` is a floor under the time and no more, also where it answers our own request: that
    was carried by a person, and counting from the asking would put the time as far ahead as the
    way took. Raises InvalidDocument, and then nothing was taken.
    """
    text = event.document.strip()
    if activation_code.is_code(text):
        text = _license_from_code(state, text)
    devices = tuple(filter(None, (state.device_id, state.kept.former)))
    license = _accepted(state.site, text, devices, state.kept.newest)
    witness = state.kept.witness if text == state.kept.license else None
    kept = msgspec.structs.replace(state.kept, witness=witness, pending=None)
    state = _with_license(msgspec.structs.replace(state, kept=kept), text, license, moment)
    return _clear_refusal(state)


def _license_from_code(state: State, text: str) -> str:
    """The license that a code stands for, where this device's last request is what it answers."""
    if state.kept.request is None:
        raise InvalidDocument(
            "An activation code answers a request, and this computer has made none.",
            code="no_request",
            remedy="Show this computer's own code first, and scan that.",
        )
    _, request = read_request(state.kept.request, product=state.site.product)
    supposed = activation_code.CodeContext(request=request, issuers=state.site.issuers)
    return activation_code.decode(text, supposed, state.site.keys)


def deactivate(state: State) -> State:
    """This device was deactivated: forget what it could ask with.

    The signed statement of that, if the backend gave one, is the license in force by now; where it
    gave none, the license goes, and its place is marked as taken so that a copy cannot come back.
    """
    kept = msgspec.structs.replace(state.kept, token=None, pending=None, request=None)
    license = state.license
    if license is not None and license.active:
        newest = Newest(license.iat, license.jti + "\N{DEL}")
        kept = msgspec.structs.replace(kept, license=None, newest=newest, witness=None)
        license = None
    return msgspec.structs.replace(
        state, kept=kept, license=license, refresh=None, poll=None, failure=None, limit=None
    )


def _accepted(
    site: ProductConfig, text: str, devices: tuple[str, ...], newest: Newest | None
) -> License:
    """The license, for the first of ``devices`` that it is for. Raises InvalidDocument."""
    refusal = InvalidDocument("The document is for another device.", code="wrong_device")
    for device in devices:
        try:
            return accept_license(
                text, keys=site.keys, product=site.product, device=device, newest=newest
            )
        except InvalidDocument as error:
            if error.code != "wrong_device":
                raise
            refusal = error
    raise refusal


def _with_license(state: State, text: str, license: License, moment: Moment) -> State:
    time = with_floor(state.kept.time, to_ms(license.iat), moment.reading)
    anchor = anchor_of(license, state.kept.witness)
    if anchor is not None:
        time = with_anchor(time, anchor, moment.reading)
    kept = msgspec.structs.replace(state.kept, license=text, newest=Newest.of(license), time=time)
    return msgspec.structs.replace(state, kept=kept, license=license)


def _merge_time(kept: PersistedState, before: State, moment: Moment) -> TimeState:
    time = kept.time
    if before.kept.time.mark is not None:
        time = with_floor(time, before.kept.time.mark.at_ms, moment.reading)
    if before.kept.time.anchor is not None:
        time = with_anchor(time, before.kept.time.anchor, moment.reading)
    return time


def _pending_after(
    pending: PendingActivation | None, event: StatusReceived, license: License
) -> PendingActivation | None:
    """What becomes of a checkout when a license is taken.

    A license that is settling has come of it, and it is waited for until that has settled. One
    that is not active may be from before it: a backend can hear of a payment piece by piece.
    """
    if pending is None or license.status == SETTLING:
        return pending and _mark_answered(pending, event)
    of_it = license.active and pending.session_id == event.asked_for
    return None if of_it or pending.answered else pending


def _mark_answered(pending: PendingActivation, event: StatusReceived) -> PendingActivation:
    if pending.session_id != event.asked_for:
        return pending
    return msgspec.structs.replace(pending, answered=True)


def _clear_refusal(state: State) -> State:
    trouble = state.trouble - {hints.LICENSE_REFUSED}
    refused = None if state.license is not None else state.refused
    return msgspec.structs.replace(state, trouble=trouble, refused=refused)
