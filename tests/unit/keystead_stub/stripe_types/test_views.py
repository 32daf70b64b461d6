"""References in Stripe's objects."""

from keystead_stub.stripe_types.views import _id


def test_the_id_of_an_expanded_reference_is_read() -> None:
    assert (_id(None), _id("cus_1"), _id({"id": "cus_1"})) == (None, "cus_1", "cus_1")
