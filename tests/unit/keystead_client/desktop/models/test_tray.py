"""What the icon beside the clock shows, for all that can be known."""

from __future__ import annotations

from datetime import UTC

import pytest

from keystead.local_api import ActivationView
from keystead_client import presentation
from keystead_client.desktop.models.app_state import AppState, Destination, Operation
from keystead_client.desktop.models.backoff import PATIENCE
from keystead_client.desktop.models.catalog import tr
from keystead_client.desktop.models.tray import (
    SHAPES,
    TRY_AGAIN,
    UNAVAILABLE,
    TrayModel,
    needs_window,
    no_tray_notice,
    tray_model,
)
from support import activations


def shown(state: AppState) -> TrayModel:
    return tray_model(state, product="NyrA", zone=UTC)


@pytest.mark.parametrize(
    ("view", "shape", "actions"),
    [
        (activations.active(), "ok", ["refresh", "portal"]),
        (activations.grace(), "attention", ["refresh", "portal"]),
        (activations.past_due(), "attention", ["pay", "portal", "refresh"]),
        (activations.expired(), "blocked", ["refresh", "portal", "restore"]),
        (activations.unactivated(), "blocked", ["activate", "restore", "import"]),
        (activations.pending(), "wait", ["reopen", "copy_link"]),
    ],
)
def test_the_tray_shows_the_overview_s_headline(
    view: ActivationView, shape: str, actions: list[str]
) -> None:
    model = shown(AppState(connected=True, view=view))
    sentence = presentation.show(view, zone=UTC).headline
    assert (model.shape, model.sentence) == (shape, sentence)
    assert model.tooltip == f"NyrA\n{sentence}"
    assert [action.name for action in model.actions] == actions
    assert model.enabled


def test_before_the_first_view_the_tray_waits() -> None:
    model = shown(AppState())
    assert (model.shape, model.actions) == ("wait", ())


@pytest.mark.parametrize("view", [None, activations.active()])
def test_without_a_daemon_the_tray_offers_to_try_again(view: ActivationView | None) -> None:
    model = shown(AppState(failures=PATIENCE, view=view))
    assert (model.shape, [one.name for one in model.actions]) == (UNAVAILABLE, [TRY_AGAIN])
    assert model.sentence == "The background service is not running."


def test_a_short_disconnection_only_disables_actions() -> None:
    there, gone = (
        AppState(connected=True, view=activations.active()),
        AppState(failures=1, view=activations.active()),
    )
    assert shown(there).shape == shown(gone).shape
    assert not shown(gone).enabled


def test_the_destination_makes_no_difference() -> None:
    models = {
        shown(AppState(connected=True, view=activations.active(), destination=destination))
        for destination in Destination
    }
    assert len(models) == 1


def test_actions_in_progress_are_disabled() -> None:
    assert not shown(
        AppState(
            connected=True, view=activations.active(), in_progress=frozenset({Operation.REFRESH})
        )
    ).enabled


def test_every_tone_has_its_own_shape() -> None:
    assert len(set(SHAPES)) == len(SHAPES) == len(presentation.TONES) + 1


def test_actions_that_continue_in_the_window_show_it() -> None:
    assert needs_window(presentation.ACTIVATE)
    assert not needs_window(presentation.REFRESH)


def test_a_desktop_without_a_tray_is_explained() -> None:
    notice = no_tray_notice()
    assert (notice.sentence, notice.remedy) == (tr("tray.none"), tr("tray.none.next"))
