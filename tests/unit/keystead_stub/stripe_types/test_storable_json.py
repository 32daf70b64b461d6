"""Stripe's JSON with texts that can't be stored: replaced, and otherwise unchanged."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keystead_stub.stripe_types.storable_json import storable, storable_document

TEXTS = st.text(st.characters(exclude_categories=()), max_size=20)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=10,
)


@given(value=VALUES)
def test_any_value_can_be_encoded_afterwards_and_changes_only_once(value: Any) -> None:
    found = storable(value)
    text = json.dumps(found, ensure_ascii=False)
    assert "\\u0000" not in text
    assert json.loads(text.encode()) == found == storable(found)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (rb'{"a": "x\ud83d"}', {"a": "x\ufffd"}),
        (rb'{"a\u0000": ["\udc00"]}', {"a\ufffd": ["\ufffd"]}),
        (rb'{"a": "\ud83d\ude00\u00e9"}', {"a": "😀é"}),
        (rb'{"a": "\\u0000"}', {"a": "\\u0000"}),
        (b'{"a": 1.5, "b": null}', {"a": 1.5, "b": None}),
    ],
)
def test_only_what_cannot_be_stored_is_replaced(written: bytes, read: Any) -> None:
    assert json.loads(storable_document(written)) == read


@pytest.mark.parametrize("content", [b"", b"\xff", b"<html>", rb"{\u0000", b"[" * 100_000 + b"\\u"])
def test_content_that_is_no_json_is_unchanged(content: bytes) -> None:
    assert storable_document(content) == content
