"""Lines out of a stream that comes in whatever pieces it likes."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keystead.errors import InvalidInput
from keystead.local_api import MAX_LINE
from keystead_client.desktop.models.line_buffer import LineBuffer


@given(st.lists(st.binary(max_size=20)), st.lists(st.integers(0, 200)))
def test_chunks_do_not_change_the_lines(pieces: list[bytes], cuts: list[int]) -> None:
    stream = b"\n".join(pieces) + b"\n"
    entries = sorted({min(cut, len(stream)) for cut in cuts} | {0, len(stream)})
    lines = LineBuffer()
    heard: list[bytes] = []
    for start, end in itertools.pairwise(entries):
        heard += lines.feed(stream[start:end])
    assert heard == stream.split(b"\n")[:-1]


def test_the_longest_line_is_accepted_and_one_byte_more_is_not() -> None:
    assert LineBuffer().feed(b"x" * (MAX_LINE - 1) + b"\n") == [b"x" * (MAX_LINE - 1)]
    with pytest.raises(InvalidInput) as refused:
        LineBuffer().feed(b"x" * MAX_LINE + b"\n")
    assert refused.value.code == "too_large"


def test_an_endless_line_is_refused() -> None:
    lines = LineBuffer()
    for _ in range(MAX_LINE // 2 - 1):
        lines.feed(b"xx")
    with pytest.raises(InvalidInput):
        lines.feed(b"xx")
