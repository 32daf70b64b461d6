"""The devices page, for each state that it can be in."""

from __future__ import annotations

from datetime import UTC

import msgspec

from keystead_client.desktop.models.app_state import AppState, Operation, Problem
from keystead_client.desktop.models.catalog import tr
from keystead_client.desktop.models.devices import DevicesModel, devices_model
from support import activations

PROBLEM = Problem("The billing service could not be reached.")


def model_of(**changes: object) -> DevicesModel:
    state = AppState(connected=True, view=activations.active(), **changes)  # type: ignore[arg-type]
    return devices_model(state, activations.NOW_MS, zone=UTC)


def test_the_list_is_loading_until_devices_or_a_problem_arrive() -> None:
    assert model_of().loading
    assert not model_of(devices=activations.DEVICES).loading
    failed = model_of(devices_problem=PROBLEM)
    assert (failed.loading, failed.problem, failed.rows, failed.lead) == (False, PROBLEM, (), "")


def test_every_device_but_this_one_can_be_removed() -> None:
    rows = model_of(devices=activations.DEVICES).rows
    listed = activations.DEVICES.devices
    assert [row.device_id for row in rows] == [device.device_id for device in listed]
    assert [row.removable for row in rows] == [not device.current for device in listed]
    assert {row.badge for row in rows if not row.removable} == {tr("devices.this")}


def test_a_device_without_a_name_or_a_visit_says_so() -> None:
    nameless = msgspec.structs.replace(
        activations.DEVICES.devices[0], name=None, last_checked_at=None
    )
    answer = msgspec.structs.replace(activations.DEVICES, devices=(nameless,))
    (row,) = model_of(devices=answer).rows
    assert (row.name, row.seen) == (tr("devices.unnamed"), tr("devices.unseen"))


def test_nothing_can_be_removed_while_a_removal_is_under_way_or_the_daemon_is_gone() -> None:
    removing = model_of(devices=activations.DEVICES, in_progress=frozenset({Operation.REMOVE}))
    assert (removing.enabled, removing.busy) == (False, tr("devices.removing"))
    lost = AppState(view=activations.active(), devices=activations.DEVICES)
    assert not devices_model(lost, activations.NOW_MS, zone=UTC).enabled
    assert model_of(devices=activations.DEVICES).enabled
