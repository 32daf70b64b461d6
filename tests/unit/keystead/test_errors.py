"""Codes, causes and further members of errors."""

from keystead.errors import BackendRefused, BackendUnreachable, DaemonRefused, KeysteadError


def test_an_error_has_its_class_code_unless_another_is_given() -> None:
    error = KeysteadError("A sentence.")
    assert (str(error), error.sentence, error.code, error.cause) == (
        "A sentence.",
        "A sentence.",
        "error",
        "error",
    )
    assert (error.remedy, error.values) == (None, {})
    given = KeysteadError("A sentence.", code="c", remedy="Do it.", values={"n": 1})
    assert (given.code, given.cause, given.remedy, given.values) == ("c", "c", "Do it.", {"n": 1})


def test_a_daemon_refusal_may_have_a_more_specific_cause() -> None:
    refused = DaemonRefused("No.", code="backend_unreachable", remedy="R", values={"v": 2})
    assert refused.cause == "backend_unreachable"
    assert (refused.remedy, refused.values) == ("R", {"v": 2})
    assert DaemonRefused("No.", code="backend_unreachable", cause="timeout").cause == "timeout"


def test_backend_errors_carry_retry_after_and_extension_members() -> None:
    unreachable = BackendUnreachable("No.", code="timeout", remedy="R", retry_after_s=1.5)
    assert (unreachable.code, unreachable.remedy, unreachable.retry_after_s) == (
        "timeout",
        "R",
        1.5,
    )
    refused = BackendRefused(
        "No.", status=409, code="c", remedy="R", retry_after_s=2.5, extra={"a": 1}
    )
    assert (refused.status, refused.code, refused.remedy) == (409, "c", "R")
    assert (refused.retry_after_s, refused.extra) == (2.5, {"a": 1})
    assert BackendRefused("No.", status=400).extra == {}
