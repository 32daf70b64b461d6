"""The sign-in page, for each state that it can be in."""

from __future__ import annotations

import msgspec
import pytest

from keystead.capabilities import CAPABILITIES_BY_API
from keystead.local_api import Account, ActivationView
from keystead_client.desktop.models.app_state import AppState, Operation, Problem
from keystead_client.desktop.models.catalog import tr
from keystead_client.desktop.models.sign_in import SignInModel, sign_in_model
from support import activations

API = CAPABILITIES_BY_API["mission-control"]


def model_of(account: Account | None, view: ActivationView | None = None) -> SignInModel:
    view = view or activations.unactivated(account=account, capabilities=API)
    return sign_in_model(AppState(connected=True, view=view))


def test_while_the_browser_is_open_it_can_be_opened_again() -> None:
    waiting = model_of(Account(signed_in=False, waiting=True))
    assert (waiting.button, waiting.busy) == (tr("action.reopen"), tr("sign_in.waiting"))
    idle = model_of(Account(signed_in=False))
    assert (idle.button, idle.busy, idle.problem) == (tr("sign_in"), "", None)


@pytest.mark.parametrize(
    ("code", "message"),
    [("sign_in_denied", "refused.sign_in_denied"), ("code_of_next_year", "refused.sign_in_failed")],
)
def test_the_last_attempt_s_problem_is_shown(code: str, message: str) -> None:
    problem = model_of(Account(signed_in=False, problem=code)).problem
    assert problem == Problem(tr(message), tr(f"{message}.next"))


def test_one_request_at_a_time() -> None:
    state = AppState(connected=True, in_progress=frozenset({Operation.SIGN_IN}))
    assert not sign_in_model(state).enabled
    assert sign_in_model(AppState(connected=True)).enabled


def test_back_is_offered_where_there_is_a_page_to_go_back_to() -> None:
    assert not sign_in_model(AppState(connected=True)).can_go_back
    assert model_of(None, activations.active(capabilities=API)).can_go_back
    assert model_of(None, activations.unactivated()).can_go_back
    hidden = msgspec.structs.replace(API, plans_signed_in=True)
    assert not model_of(None, activations.unactivated(capabilities=hidden)).can_go_back
