"""What a check came to, in words: ours, those of the error, or at least its own code."""

from __future__ import annotations

import pytest

from keystead.activation import State
from keystead.local_api import Check
from keystead_client import check_text, presentation


def test_a_check_is_described_with_its_values() -> None:
    check = Check(name="server_time", ok=False, code="apart", values={"minutes": 12})
    told = check_text.describe(check)
    assert told.title == "Time of the service"
    assert told.detail == "It is 12 min from ours."
    assert told.fix == "Refresh the activation."


def test_a_check_that_failed_by_an_error_has_the_error_s_message() -> None:
    check = Check(name="server", ok=False, code="proxy_failed", values={"host": "billing.example"})
    assert check_text.describe(check).detail == "Can't connect through the proxy."
    assert check_text.describe(check).fix == (
        "Check the proxy's address in the settings or in HTTPS_PROXY."
    )


@pytest.mark.parametrize("code", ["untried", "timed_out"])
def test_codes_of_any_check_have_a_message(code: str) -> None:
    for name in ("files", "server", "a_check_of_the_future"):
        check = Check(name=name, ok=False, code=code, values={"seconds": 10})
        assert code not in check_text.describe(check).detail


@pytest.mark.parametrize("state", list(State))
def test_every_state_of_a_license_has_a_message_and_a_remedy(state: State) -> None:
    told = check_text.describe(Check(name="license", ok=False, code=state))
    assert str(state) not in told.detail
    assert told.fix or state in (State.ACTIVE, State.GRACE)


def test_an_unknown_check_is_named_by_its_code() -> None:
    told = check_text.describe(Check(name="quantum\x1b", ok=False, code="en\x1btangled"))
    assert (told.title, told.detail) == ("quantum\ufffd", "It says “en\ufffdtangled”.")


def test_a_missing_value_is_no_crash() -> None:
    told = check_text.describe(Check(name="server", ok=True, code="ok", values={}))
    assert told.detail == "It says “ok”."


def test_a_passed_check_has_no_remedy() -> None:
    pending = Check(name="license", ok=True, code="pending")
    assert check_text.describe(pending).fix is None


@pytest.mark.parametrize(
    ("check", "tone"),
    [
        (Check(name="tls", ok=True, code="ok"), presentation.OK),
        (Check(name="tls", ok=False, code="tls_failed"), presentation.ATTENTION),
        (Check(name="tls", ok=True, code="untried"), presentation.SKIPPED),
        (Check(name="tls", ok=False, code="untried"), presentation.SKIPPED),
    ],
)
def test_a_check_that_did_not_run_has_its_own_tone(check: Check, tone: str) -> None:
    assert check_text.tone(check) == tone
    assert tone in presentation.SYMBOLS


def test_the_json_is_in_english() -> None:
    members = check_text.json_members(Check(name="clock", ok=False, code="behind"))
    assert members == {
        "name": "clock",
        "ok": False,
        "code": "behind",
        "values": {},
        "detail": "This computer's clock is behind the time that is known.",
        "fix": "Set the date and time of this computer.",
    }
