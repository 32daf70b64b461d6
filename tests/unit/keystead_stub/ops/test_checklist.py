"""The lines of the checklist that are decided from settings and the backend's health."""

from __future__ import annotations

import secrets
from typing import Any

import msgspec
import pytest

from keystead.wire import nyra as wire
from keystead_stub.ops import checklist, production_values
from keystead_stub.ops.health import health
from keystead_stub.settings import CONFIRMATIONS, Settings

URL = "https://billing.nyra.example"
READY = {
    "STRIPE_SECRET_KEY": "sk_live_51Keystead",
    "STRIPE_WEBHOOK_SECRET": "whsec_keystead",
    "NYRA_STRIPE_PRICE_PRO_MONTHLY": "price_1Keystead",
    "NYRA_BILLING_SUCCESS_URL": "https://nyra.example/success",
    "NYRA_BILLING_CANCEL_URL": "https://nyra.example/cancel",
    "NYRA_BILLING_RETURN_URL": "https://nyra.example/return",
    "NYRA_LICENSE_API_TOKEN": "t" * 40,
    "NYRA_LICENSE_SIGNING_SECRET": "A" * 42 + "E",
    "ALLOWED_ORIGIN": "https://nyra.example",
    **dict.fromkeys(CONFIRMATIONS, "2024-02-29"),
}


def load(**changes: str) -> Settings:
    return Settings.load({**READY, **changes}, url=URL, random=secrets.token_bytes)


def health_of(settings: Settings, *, database_ok: bool = True) -> wire.Health:
    return health(settings, database_ok=database_ok, now_ms=0)


def before(settings: Settings, **more: Any) -> list[str]:
    given = {"waiting": (), "url": URL, "health": health_of(settings), **more}
    part = checklist.before_deployment(settings, **given)
    assert len(part.lines) == 10
    return [one.outcome for one in part.lines]


def test_a_complete_deployment_passes_every_line() -> None:
    assert before(load()) == ["passed"] * 10


@pytest.mark.parametrize(
    ("changes", "blocked"),
    [
        ({"NYRA_CONFIRMED_BACKEND_ADDRESS": ""}, [1]),
        ({"ALLOWED_ORIGIN": ""}, [4]),
        ({"NYRA_STRIPE_PRICE_PRO_MONTHLY": ""}, [6]),
        ({"NYRA_CONFIRMED_MONTHLY_PRICE": ""}, [6]),
        ({"NYRA_CONFIRMED_CUSTOMER_PORTAL": ""}, [7]),
        ({"NYRA_CONFIRMED_SUPPORT_INBOX": ""}, [8]),
        ({"NYRA_CONFIRMED_REVIEW": ""}, [9]),
    ],
)
def test_what_is_missing_blocks_its_line(changes: dict[str, str], blocked: list[int]) -> None:
    found = before(load(**changes))
    assert [place for place, outcome in enumerate(found) if outcome == "blocked"] == blocked


def test_a_backend_without_a_usable_database_blocks() -> None:
    settings = load()
    assert before(settings, health=None)[0] == before(settings, health=None)[5] == "blocked"
    broken = health_of(settings, database_ok=False)
    assert before(settings, health=broken)[5] == "blocked"
    in_memory = before(msgspec.structs.replace(settings, in_memory=True))
    assert in_memory[2] == in_memory[4] == "blocked"


def test_values_that_wait_block_and_confirmations_have_lines_of_their_own() -> None:
    assert before(load(), waiting=("ALLOWED_ORIGIN",))[3] == "blocked"
    assert before(load(), waiting=tuple(CONFIRMATIONS))[3] == "passed"
    assert len(production_values.VALUES) + len(CONFIRMATIONS) == len(production_values.NAMES)


def rules(settings: Settings, seen: wire.Health | None, **more: bool | None) -> list[str]:
    given: dict[str, bool | None] = {"token_expires": True, "checkout_refused": None, **more}
    part = checklist.no_go_rules(settings, seen, **given)
    return [one.outcome for one in part.lines]


def test_the_no_go_rules_follow_what_was_seen() -> None:
    ready, unready = load(), load(NYRA_CONFIRMED_REVIEW="")
    assert rules(ready, health_of(ready)) == ["passed"] * 4
    assert rules(unready, health_of(unready))[0] == "blocked"
    assert rules(ready, None)[3] == "not_run"
    assert rules(ready, health_of(ready), token_expires=None)[2] == "not_run"
    assert rules(ready, health_of(ready), token_expires=False)[2] == "failed"


@pytest.mark.parametrize(
    ("refused", "outcome"), [(True, "passed"), (False, "failed"), (None, "not_run")]
)
def test_a_public_checkout_without_a_go_fails(refused: bool | None, outcome: str) -> None:
    unready = load(NYRA_CONFIRMED_REVIEW="")
    assert rules(unready, health_of(unready), checkout_refused=refused)[3] == outcome
    simulated = load(STRIPE_SECRET_KEY="")
    assert rules(simulated, health_of(simulated), checkout_refused=refused)[3] == "passed"
