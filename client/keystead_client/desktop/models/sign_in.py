"""The screen on which somebody signs in, before there is anything to choose."""

from __future__ import annotations

import msgspec

from keystead.activation import State
from keystead.local_api import ActivationView
from keystead_client import presentation
from keystead_client.desktop.models.app_state import Doing, Known, Trouble
from keystead_client.desktop.models.catalog import WORDS


class SignInModel(msgspec.Struct, frozen=True, kw_only=True):
    """``busy`` is a sentence while a browser is waited for; ``trouble`` is why none came back."""

    trouble: Trouble | None
    busy: str
    button: str
    enabled: bool
    can_go_back: bool


def sign_in_model(known: Known) -> SignInModel:
    """The screen for what is known."""
    account = known.view.account if known.view is not None else None
    waiting = account is not None and account.waiting
    return SignInModel(
        trouble=_trouble(account.problem) if account is not None and account.problem else None,
        busy=WORDS("sign_in.waiting") if waiting else "",
        button=WORDS("action.reopen" if waiting else "sign_in"),
        enabled=known.up and Doing.SIGN_IN not in known.doing,
        can_go_back=_can_go_back(known.view),
    )


def _can_go_back(view: ActivationView | None) -> bool:
    """Whether there is a screen to go back to: an activation, or plans that everybody may see."""
    if view is None:
        return False
    return view.state is not State.UNACTIVATED or not view.capabilities.plans_signed_in


def _trouble(code: str) -> Trouble:
    told = presentation.words(f"refused.{code}", {}, WORDS)
    if told is None:
        return Trouble(WORDS("refused.sign_in_failed"), WORDS("refused.sign_in_failed.next"))
    return Trouble(told.sentence, told.remedy)
