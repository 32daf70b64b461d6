"""Names of devices: one printable line, and harmless in a mail."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keystead_stub.billing.device_names import one_line, quoted

#: Text that mail programs turn into a link.
LINK = re.compile(r"://|www\.|@|\w[.\u3002]\w*[^\W\d]{2}|\d+(\.\d+){3}", re.IGNORECASE)


@pytest.mark.parametrize(
    ("name", "line"),
    [
        (None, None),
        ("", None),
        ("Ada’s MacBook Pro", "Ada’s MacBook Pro"),
        ("Laptop\r\n\r\nDear customer,\u2028pay", "Laptop Dear customer, pay"),
        ("a\u202egpj.exe\u202c \u2066x\u2069\u200f\u061c", "agpj.exe x"),
        ("\x1b[31mred\x00\ud800\ue000", "[31mred"),
        ("\u3000 \t", None),
        ("デスクトップ 机", "デスクトップ 机"),
    ],
)
def test_a_name_is_one_printable_line(name: str | None, line: str | None) -> None:
    assert one_line(name) == line


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Ada’s MacBook Pro", "“Ada’s MacBook Pro”"),
        ("DESKTOP-4F2A1", "“DESKTOP-4F2A1”"),
        ("ada-laptop.local", "“ada-laptop”"),
        ("macOS 14.2", "“macOS 14.2”"),
        ("Click https://evil.example/pay now", "“Click now”"),
        ("www.evil.example", None),
        ("evil.example", "“evil”"),
        ("ｈｔｔｐ：／／evil。example", None),
        ("evil\u3002example", "“evil”"),
        ("pay@evil.example", None),
        ("10.0.0.1:80 192.168.1.1", None),
        ('x”. "It is urgent', "“x. It is urgent”"),
        ("a" * 200, "“" + "a" * 40 + "”"),
        ("javascript:alert(1)", None),
        (None, None),
        ("\n", None),
    ],
)
def test_a_quoted_name_has_no_link_and_does_not_end_its_quotation(
    name: str | None, shown: str | None
) -> None:
    assert quoted(name) == shown


@given(st.text(st.characters(exclude_categories=()), max_size=80))
def test_no_name_breaks_out_of_its_line_or_its_quotation(name: str) -> None:
    line = one_line(name)
    assert line is None or (line.isprintable() and len(line.splitlines()) == 1)
    assert one_line(line) == line
    shown = quoted(name)
    if shown is not None:
        inner = shown[1:-1]
        assert 0 < len(inner) <= 40
        assert inner == one_line(inner)
        assert not re.search('["“”]', inner)
        assert not LINK.search(unicodedata.normalize("NFKC", inner))
