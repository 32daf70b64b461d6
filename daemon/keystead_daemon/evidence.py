"""Which license is in force: the state after each document that the daemon receives. Pure.

The rules of acceptance are in `keystead.trust`. This module knows where documents come from, and
keeps the license in force when another one is refused.
"""

from __future__ import annotations

import msgspec

from keystead import hints
from keystead.activation import SETTLING
from keystead.documents import License
from keystead.encoding import WHITE_SPACE
from keystead.errors import InvalidDocument
from keystead.instants import to_ms
from keystead.trust import Newest, accept_license, accept_token, check_order
from keystead.trusted_time import (
    TimeState,
    advance_mark,
    anchor_of,
    nonce_for,
    with_anchor,
    with_answer,
    with_ceiling,
    with_floor,
    with_mark,
)
from keystead.wire import activation_code
from keystead.wire.offline import read_request
from keystead_daemon.events import DocumentImported, KeysOpened, Moment, Started, StatusReceived
from keystead_daemon.state import (
    OfflineQuestion,
    PendingActivation,
    PersistedState,
    State,
    now_of,
    with_signing_keys,
)


def load_public_files(state: State, event: Started, moment: Moment) -> State:
    """Apply what the files that are not secret prove together, before the keys are open."""
    statement = event.statement
    state = msgspec.structs.replace(
        state, license_file=event.license, device_id=statement.device_id if statement else None
    )
    time = statement.time if statement else TimeState()
    persisted = PersistedState(
        time=time, nonce_opening=statement.nonce_opening if statement else None
    )
    state = msgspec.structs.replace(state, persisted=persisted)
    keys = state.signing_keys.remember(statement.key_manifest if statement else None)
    state = with_signing_keys(state, keys.with_file(event.key_manifest))
    if event.license is None:
        return state
    if statement is None:
        refused = event.refused or "wrong_device"
        return msgspec.structs.replace(state, refused=refused)
    try:
        license = _genuine(state, event.license, (statement.device_id,))
    except InvalidDocument as error:
        return msgspec.structs.replace(state, refused=error.code)
    return _with_license(state, event.license, license, moment)


def merge_vault(state: State, event: KeysOpened, moment: Moment) -> State:
    """Merge the vault's content with the public files.

    The vault is the commit point, so its license is restored where ``license.jws`` is older, and
    its key manifest where ``keys.jws`` is. Newer ones that were placed there are accepted. The
    trusted time known from the public files can only move the vault's forward.
    """
    before = state
    former = state.device_id if event.renewed and state.license is not None else None
    persisted = event.persisted or PersistedState(
        former_device_id=former, nonce_opening=state.persisted.nonce_opening
    )
    devices = tuple(filter(None, (event.device_id, persisted.former_device_id)))
    state = msgspec.structs.replace(
        state,
        device_id=event.device_id,
        persisted=msgspec.structs.replace(
            persisted, license=None, time=_merge_time(persisted, before, moment)
        ),
        license=None,
        refused=None,
    )
    state = _merge_manifests(state, before)
    for text in (persisted.license, before.license_file):
        try:
            if text is not None:
                license = _genuine(state, text, devices)
                check_order(license, state.persisted.newest, state.persisted.highest)
                state = _with_license(state, text, license, moment)
        except InvalidDocument as error:
            state = msgspec.structs.replace(state, refused=error.code)
    return _clear_refusal(state)


def accept_response(
    state: State, event: StatusReceived, license_text: str, moment: Moment
) -> State:
    """Accept a signed license that answers our own nonce. Raises InvalidDocument."""
    keys, product = state.signing_keys.trusted(), state.config.product
    device = state.device_id or ""
    license = accept_license(
        license_text,
        keys=keys,
        product=product,
        device=device,
        newest=None,
        nonce=nonce_for(event.nonce_opening),
    )
    # Asked before the newest license was accepted, it may also have been issued before that one.
    is_last = event.asked_after == state.persisted.newest
    if not is_last:
        check_order(license, state.persisted.newest, state.persisted.highest)
    token = event.status.device_access_token
    if token is not None:
        accept_token(token, keys=keys, product=product, device=device, license=license)
    time = state.persisted.time
    anchor = anchor_of(license, event.nonce_opening)
    if is_last and anchor is not None:
        time = with_answer(time, anchor, moment.reading)
    # A device that is not entitled gets no token. It keeps its last one, even expired, because
    # that is how the backend recognizes it once it is entitled again.
    persisted = msgspec.structs.replace(
        state.persisted,
        nonce_opening=event.nonce_opening,
        token=token or state.persisted.token,
        former_device_id=None,
        time=time,
    )
    state = _with_license(
        msgspec.structs.replace(state, persisted=persisted), license_text, license, moment
    )
    persisted = msgspec.structs.replace(
        state.persisted,
        pending=_pending_after(state.persisted.pending, event, license),
        abandoned_checkout=None if license.active else state.persisted.abandoned_checkout,
        last_refresh_at=now_of(state, moment.reading).now_ms,
    )
    return msgspec.structs.replace(_clear_refusal(state), persisted=persisted)


def accept_import(state: State, event: DocumentImported, moment: Moment) -> State:
    """Accept a license file or an activation code. Raises InvalidDocument.

    Its ``iat`` is only a floor of the time, even where it answers our own offline request: a person
    carried that request, and counting from its creation would put the time ahead by hours or days.
    """
    text = event.document.strip(WHITE_SPACE)
    if activation_code.is_code(text):
        text = _license_from_code(state, text)
    devices = tuple(filter(None, (state.device_id, state.persisted.former_device_id)))
    license = _genuine(state, text, devices)
    time = state.persisted.time
    asked = _question_answered_by(state, license)
    if asked is None:
        check_order(license, state.persisted.newest, state.persisted.highest)
    else:
        # Issued after the request, so no more time has passed since than this device has counted.
        lived_ms = _mark_ms(time, moment) - asked.mark_ms
        time = with_ceiling(time, to_ms(license.iat) + lived_ms, moment.reading)
    nonce_opening = state.persisted.nonce_opening if text == state.persisted.license else None
    persisted = msgspec.structs.replace(
        state.persisted, nonce_opening=nonce_opening, pending=None, time=time
    )
    state = _with_license(
        msgspec.structs.replace(state, persisted=persisted), text, license, moment
    )
    return _clear_refusal(state)


def ask_offline(state: State, request: str, moment: Moment) -> State:
    """Return the state with a new offline activation request."""
    asked = OfflineQuestion(state.persisted.newest, _mark_ms(state.persisted.time, moment))
    persisted = msgspec.structs.replace(state.persisted, request=request, asked=asked)
    return msgspec.structs.replace(state, persisted=persisted)


def is_last_question(persisted: PersistedState) -> bool:
    """Return whether no license was accepted since the offline request was created."""
    return persisted.asked is not None and persisted.asked.after == persisted.newest


def _question_answered_by(state: State, license: License) -> OfflineQuestion | None:
    """Return when the offline request was created, if the license answers it as the last one."""
    persisted = state.persisted
    if persisted.request is None or not is_last_question(persisted):
        return None
    _, request = read_request(persisted.request, product=state.config.product)
    return persisted.asked if license.nonce == request.nonce else None


def _license_from_code(state: State, text: str) -> str:
    """Decode an activation code, which has to answer this device's last offline request."""
    if state.persisted.request is None:
        raise InvalidDocument(
            "An activation code answers an offline request, and this device has no open one.",
            code="no_request",
            remedy="Create an offline activation request on this device first.",
        )
    _, request = read_request(state.persisted.request, product=state.config.product)
    context = activation_code.CodeContext(request=request, issuers=state.config.issuers)
    return activation_code.decode(text, context, state.signing_keys.trusted())


def deactivate(state: State) -> State:
    """Delete the credentials of a device that was deactivated.

    If the backend signed that fact, the inactive license is in force by now. If not, the license is
    deleted, and `Newest` moves just past it so that a copy of the file is refused as superseded.
    """
    persisted = msgspec.structs.replace(state.persisted, token=None, pending=None, request=None)
    license = state.license
    if license is not None and license.active:
        newest = Newest(license.iat, license.jti + "\N{DEL}")
        persisted = msgspec.structs.replace(
            persisted, license=None, newest=newest, nonce_opening=None
        )
        license = None
    return msgspec.structs.replace(
        state,
        persisted=persisted,
        license=license,
        refresh_due=None,
        poll_due=None,
        failure=None,
        devices_at_limit=None,
    )


def _genuine(state: State, text: str, devices: tuple[str, ...]) -> License:
    """Return the license, if it is for one of ``devices``. Raises InvalidDocument."""
    keys, product = state.signing_keys.trusted(), state.config.product
    refusal = InvalidDocument("The document is for another device.", code="wrong_device")
    for device in devices:
        try:
            return accept_license(text, keys=keys, product=product, device=device, newest=None)
        except InvalidDocument as error:
            if error.code != "wrong_device":
                raise
            refusal = error
    raise refusal


def _with_license(state: State, text: str, license: License, moment: Moment) -> State:
    time = with_floor(state.persisted.time, to_ms(license.iat), moment.reading)
    anchor = anchor_of(license, state.persisted.nonce_opening)
    if anchor is not None:
        time = with_anchor(time, anchor, moment.reading)
    newest = Newest.of(license)
    earlier = state.persisted.highest or state.persisted.newest
    persisted = msgspec.structs.replace(
        state.persisted,
        license=text,
        newest=newest,
        highest=earlier if earlier is not None and earlier > newest else None,
        time=time,
    )
    return msgspec.structs.replace(state, persisted=persisted, license=license)


def _merge_manifests(state: State, before: State) -> State:
    if state.config.roots is None:
        # Kept for a profile with root keys, which may come back with an update.
        return state
    persisted, known = state.persisted, before.persisted
    keys = msgspec.structs.replace(state.signing_keys, manifest=None, text=None, highest=None)
    keys = keys.remember(persisted.keys_version).remember(known.keys_version)
    keys = keys.with_file(persisted.key_manifest).with_file(known.key_manifest)
    return with_signing_keys(state, keys)


def _mark_ms(time: TimeState, moment: Moment) -> int:
    mark = advance_mark(time, moment.reading).mark
    return mark.at_ms if mark is not None else 0


def _merge_time(persisted: PersistedState, before: State, moment: Moment) -> TimeState:
    time = persisted.time
    if persisted.highest is not None:
        # Time was moved back by an answer, and the files may not have been written since.
        return time
    if before.persisted.time.mark is not None:
        time = with_mark(time, before.persisted.time.mark, moment.reading)
    if before.persisted.time.anchor is not None:
        time = with_anchor(time, before.persisted.time.anchor, moment.reading)
    return time


def _pending_after(
    pending: PendingActivation | None, event: StatusReceived, license: License
) -> PendingActivation | None:
    """Return the pending activation after a license was accepted.

    A settling license keeps it, until the payment has settled or failed. An inactive license may
    be older than the payment, because a backend can receive a payment's webhooks one by one, so it
    does not end a checkout that was not answered yet.
    """
    if pending is None or license.status == SETTLING:
        return pending and _mark_answered(pending, event)
    completed = license.active and pending.session_id == event.pending_id
    return None if completed or pending.answered else pending


def _mark_answered(pending: PendingActivation, event: StatusReceived) -> PendingActivation:
    if pending.session_id != event.pending_id:
        return pending
    return msgspec.structs.replace(pending, answered=True)


def _clear_refusal(state: State) -> State:
    active_hints = state.hints - {hints.LICENSE_REFUSED}
    refused = None if state.license is not None else state.refused
    return msgspec.structs.replace(state, hints=active_hints, refused=refused)
