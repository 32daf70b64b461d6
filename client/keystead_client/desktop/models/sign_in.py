"""The page on which the person signs in."""

from __future__ import annotations

import msgspec

from keystead.activation import State
from keystead.local_api import ActivationView
from keystead_client import presentation
from keystead_client.desktop.models.app_state import AppState, Operation, Problem
from keystead_client.desktop.models.catalog import tr


class SignInModel(msgspec.Struct, frozen=True, kw_only=True):
    """``busy`` is a sentence while the browser is open; ``problem`` ended the last attempt."""

    problem: Problem | None
    busy: str
    button: str
    enabled: bool
    can_go_back: bool


def sign_in_model(state: AppState) -> SignInModel:
    """Build the page for a state."""
    account = state.view.account if state.view is not None else None
    waiting = account is not None and account.waiting
    return SignInModel(
        problem=_problem(account.problem) if account is not None and account.problem else None,
        busy=tr("sign_in.waiting") if waiting else "",
        button=tr("action.reopen" if waiting else "sign_in"),
        enabled=state.connected and Operation.SIGN_IN not in state.in_progress,
        can_go_back=_can_go_back(state.view),
    )


def _can_go_back(view: ActivationView | None) -> bool:
    """Return whether there is another page: an activation, or plans that need no sign-in."""
    if view is None:
        return False
    return view.state is not State.UNACTIVATED or not view.capabilities.plans_signed_in


def _problem(code: str) -> Problem:
    message = presentation.message_text(f"refused.{code}", {}, tr)
    if message is None:
        return Problem(tr("refused.sign_in_failed"), tr("refused.sign_in_failed.next"))
    return Problem(message.sentence, message.remedy)
