"""References in Stripe's objects."""

from keystead_stub.stripe_types.views import _id, _service_period


def test_the_id_of_an_expanded_reference_is_read() -> None:
    assert (_id(None), _id("cus_1"), _id({"id": "cus_1"})) == (None, "cus_1", "cus_1")


def test_an_invoice_without_lines_is_of_its_own_period() -> None:
    empty = {"period_start": 1, "period_end": 2, "lines": {"data": []}}
    assert _service_period(empty) == (1, 2)
