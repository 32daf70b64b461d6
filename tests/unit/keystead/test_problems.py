"""Problem documents (RFC 9457) of the billing backend."""

import msgspec
import pytest

from keystead.problems import PROBLEM_TYPES, Problem, problem, read_problem

MEMBERS = {
    "type": "urn:keystead:problem:not_found",
    "title": "Not found",
    "status": 404,
    "code": "not_found",
    "requestId": "r1",
}


@pytest.mark.parametrize("code", sorted(PROBLEM_TYPES))
def test_a_problem_has_the_status_and_title_of_its_code(code: str) -> None:
    made = problem(code, request_id="r1", detail="d")
    kind = PROBLEM_TYPES[code]
    assert (made.status, made.title) == (kind.status, kind.title)
    assert (made.type, made.code) == (f"urn:keystead:problem:{code}", code)
    assert (made.request_id, made.detail) == ("r1", "d")
    assert kind.retry == (kind.status in {429, 500, 502, 503})


def test_a_missing_detail_is_omitted() -> None:
    assert msgspec.to_builtins(problem("not_found", request_id="r1")) == MEMBERS


def test_a_problem_is_parsed_with_or_without_extension_members() -> None:
    read = read_problem(MEMBERS | {"devices": []})
    assert read == problem("not_found", request_id="r1")
    assert isinstance(read, Problem)


@pytest.mark.parametrize("name", sorted(MEMBERS))
def test_an_object_without_a_required_member_is_not_a_problem(name: str) -> None:
    assert read_problem({key: MEMBERS[key] for key in MEMBERS if key != name}) is None
