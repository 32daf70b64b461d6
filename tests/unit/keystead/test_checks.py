"""The steps of the diagnostics."""

from keystead.checks import CHECK_SPECS, TIMED_OUT, stops_run, timed_out
from keystead.local_api import Check

PROFILE, FILES, *_, SERVER = CHECK_SPECS


def test_a_step_that_timed_out_has_a_result_for_each_of_its_checks() -> None:
    results = timed_out(SERVER)
    assert [result.name for result in results] == ["server", "tls", "server_time"]
    assert {(one.ok, one.code, one.values["seconds"]) for one in results} == {
        (False, TIMED_OUT, 45)
    }


def test_only_a_required_step_that_fails_stops_the_run() -> None:
    good, bad = (Check(name="x", ok=ok, code="c") for ok in (True, False))
    assert stops_run(PROFILE, (good, bad))
    assert not stops_run(PROFILE, (good,))
    assert not stops_run(FILES, (bad,))


def test_every_check_belongs_to_one_step() -> None:
    names = [name for spec in CHECK_SPECS for name in spec.checks]
    assert len(names) == len(set(names))
