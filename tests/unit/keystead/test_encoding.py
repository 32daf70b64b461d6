"""Strict base64url and JSON: each value has one accepted encoding."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keystead.encoding import (
    InvalidEncoding,
    b64u_decode,
    b64u_encode,
    decode_object,
    decode_struct,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(st.binary())
def test_base64url_round_trips(data: bytes) -> None:
    assert b64u_decode(b64u_encode(data)) == data


@given(st.text(alphabet="ABZaz059-_+/= \n.é", max_size=12))
def test_only_the_canonical_base64url_text_of_a_value_decodes(text: str) -> None:
    try:
        data = b64u_decode(text)
    except InvalidEncoding:
        return
    assert b64u_encode(data) == text


@pytest.mark.parametrize(
    "text",
    ["QQ==", "QQ=", "Q", "QR", "Q Q", "QQ\n", "Q+Q_", "Q/Qa", "QQé", "-A==", "QUJD\r\n"],
)
def test_noncanonical_base64url_is_refused(text: str) -> None:
    with pytest.raises(InvalidEncoding):
        b64u_decode(text)


@given(st.dictionaries(st.text(), JSON, max_size=5), st.sampled_from([None, 2]))
def test_json_objects_decode_with_any_whitespace(
    value: dict[str, object], indent: int | None
) -> None:
    assert decode_object(json.dumps(value, indent=indent).encode()) == value
    assert decode_object(json.dumps(value, ensure_ascii=False).encode()) == value


@pytest.mark.parametrize(
    "text",
    [
        b'{"a":1,"a":1}',
        b'{"a":{"b":1,"b":2}}',
        b'{"a":[{"b":1,"b":2}]}',
        b'{"a":1,"\\u0061":2}',
        b'{"a":1, "a":2 }',
        b"[]",
        b"1",
        b"null",
        b'{"a":NaN}',
        b'{"a":1}x',
        b'{"a":1',
        b'\xff{"a":1}',
        b'{"a":"\xff"}',
        b'\xef\xbb\xbf{"a":1}',
        b"[" * 5000,
        b"",
    ],
)
def test_text_that_is_not_a_strict_json_object_is_refused(text: bytes) -> None:
    with pytest.raises(InvalidEncoding):
        decode_object(text)


def test_deeply_nested_json_is_decoded_or_refused() -> None:
    """The maximum depth depends on the Python version, but the decoder never crashes."""
    deep = b'{"a":' * 5000 + b"1" + b"}" * 5000
    try:
        value = decode_object(deep)
    except InvalidEncoding:
        return
    assert list(value) == ["a"]


class Pair(msgspec.Struct):
    a: int


def test_a_struct_is_decoded_only_from_a_strict_json_object() -> None:
    assert decode_struct(b'{"a":1}', Pair) == Pair(1)
    assert decode_struct(b' {"a": 1, "b": 2}', Pair) == Pair(1)
    for text in (b'{"a":1,"a":2}', b"{", b"\xff", b"[" * 100_000, b'{"b":1,"b":2}'):
        with pytest.raises(InvalidEncoding):
            decode_struct(text, Pair)
    with pytest.raises(msgspec.ValidationError):
        decode_struct(b'{"a":"1"}', Pair)
