"""Numbers and texts as bits: round trips, and the number of bits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keystead.wire.bit_codec import BitReader, BitWriter, TooFewBits

NUMBERS = st.integers(0, 2**63 - 1) | st.integers(0, 40).map(lambda bits: 1 << bits)


def written(name: str, *values: object) -> BitReader:
    out = BitWriter()
    for value in values:
        getattr(out, name)(value)
    return BitReader(out.value, out.length)


@given(st.lists(NUMBERS))
def test_numbers_are_read_as_written(numbers: list[int]) -> None:
    reader = written("number", *numbers)
    assert [reader.number() for _ in numbers] == numbers
    assert reader.only_zeros_left()


@given(st.lists(NUMBERS | NUMBERS.map(lambda number: -number)))
def test_signed_numbers_are_read_as_written(numbers: list[int]) -> None:
    reader = written("signed", *numbers)
    assert [reader.signed() for _ in numbers] == numbers


@given(st.lists(st.text()), st.lists(st.booleans()))
def test_texts_and_flags_are_read_as_written(texts: list[str], flags: list[bool]) -> None:
    reader = written("text", *texts)
    assert [reader.text() for _ in texts] == texts
    reader = written("flag", *flags)
    assert [reader.flag() for _ in flags] == flags


@pytest.mark.parametrize(
    ("number", "bits"),
    [(0, 5), (1, 5), (2, 6), (3, 6), (4, 7), (2**30 - 1, 34), (2**30, 68), (2**63 - 1, 68)],
)
def test_a_number_takes_five_bits_plus_the_bits_after_its_leading_one(
    number: int, bits: int
) -> None:
    out = BitWriter()
    out.number(number)
    assert out.length == bits


@pytest.mark.parametrize("number", [-1, 2**63])
def test_a_number_out_of_range_is_not_written(number: int) -> None:
    with pytest.raises(ValueError, match="does not fit"):
        BitWriter().number(number)


@pytest.mark.parametrize(("value", "count"), [(-1, 3), (8, 3), (1, 0)])
def test_a_value_that_does_not_fit_is_not_written(value: int, count: int) -> None:
    with pytest.raises(ValueError, match="does not fit"):
        BitWriter().bits(value, count)


def test_bits_are_read_in_the_order_they_were_written() -> None:
    out = BitWriter()
    out.bits(0b101, 3)
    out.bits(0b01, 2)
    assert (out.value, out.length) == (0b10101, 5)
    reader = BitReader(out.value, out.length)
    assert (reader.bits(1), reader.bits(3), reader.read, reader.bits(1)) == (1, 0b010, 4, 1)
    with pytest.raises(TooFewBits):
        reader.bits(1)
    assert reader.read == 5


def test_unread_bits_are_padding_only_if_all_are_zero() -> None:
    assert BitReader(0b1000, 4).bits(1) == 1
    reader = BitReader(0b1000, 4)
    reader.bits(1)
    assert reader.only_zeros_left()
    assert not BitReader(0b1000, 4).only_zeros_left()
