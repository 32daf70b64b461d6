"""The catalogue file: what is taken, and what is refused by key and table."""

from __future__ import annotations

import re

import pytest

from keystead.errors import InvalidInput
from keystead_stub.billing.catalogue import Plan
from keystead_stub.billing.vendor import catalogue_file
from support import vendor

GOOD = """\
currency = "usd"
[[plans]]
key = "studio"
monthly = 2900
"""


def plans(text: str) -> list[Plan]:
    return [one for one in catalogue_file.parse(text).catalogue.plans if "crow" not in one.sold_at]


def test_what_is_left_out_has_the_documented_default() -> None:
    parsed = catalogue_file.parse(GOOD)
    assert (parsed.offline_grace_hours, parsed.device_limit) == (72, 3)
    (plan,) = plans(GOOD)
    assert (plan.name, plan.features, plan.trial_days) == ("studio", (), 0)
    assert (plan.min_seats, plan.max_seats) == (1, 1)


def test_a_whole_catalogue_is_read() -> None:
    parsed = catalogue_file.parse("\ufeff" + vendor.CATALOGUE)
    assert (parsed.offline_grace_hours, parsed.device_limit) == (48, 2)
    studio, trial, lifetime = plans(vendor.CATALOGUE)
    assert [(one.interval, one.amount, one.currency) for one in studio.prices] == [
        ("month", 2900, "usd"),
        ("year", 29000, "usd"),
    ]
    assert (studio.min_seats, studio.max_seats, trial.trial_days) == (1, 50, 14)
    assert [(one.interval, one.amount) for one in lifetime.prices] == [(None, 49900)]


def test_a_price_with_another_amount_or_currency_is_another_price() -> None:
    ids = {
        plans(GOOD.replace("usd", currency).replace("2900", amount))[0].prices[0].id
        for currency in ("usd", "eur", "USD")
        for amount in ("2900", "3900")
    }
    assert len(ids) == 4


def test_crow_sells_by_the_module_what_is_paid_for_a_period() -> None:
    catalogue = catalogue_file.parse(vendor.CATALOGUE).catalogue
    assert [one.entitlement_key for one in catalogue.sold_at("crow")] == ["studio", "trial"]
    ids = [price.id for plan in catalogue.plans for price in plan.prices]
    assert len(ids) == len(set(ids))


def test_a_plan_named_free_is_not_sold_where_free_means_no_plan() -> None:
    catalogue = catalogue_file.parse(GOOD.replace("studio", "free")).catalogue
    assert catalogue.sold_at("mission-control") == ()
    assert [one.id for one in catalogue.sold_at("nyra")] == ["free"]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (
            "currency",
            "currencys",
            'unknown key "currencys" at the top level; did you mean currency?',
        ),
        ('currency = "usd"', "x = 1", 'unknown key "x" at the top level'),
        ('currency = "usd"\n', "", "currency is missing"),
        ('"usd"', '"usx"', 'currency has to be a currency that Stripe supports, .* not "usx"'),
        ('"usd"', "3", "currency has to be .* not 3"),
        ('"usd"', '"usd"\noffline_grace_hours = -1', "offline_grace_hours at the top level .* -1"),
        ('"usd"', '"usd"\noffline_grace_hours = "72"', 'offline_grace_hours .* not "72"'),
        ('"usd"', '"usd"\ndevice_limit = 0', "device_limit at the top level .* from 1 to 1000"),
        ('"usd"', '"usd"\ndevice_limit = true', "device_limit .* not true"),
        ('"usd"', '"usd"\ndevice_limit = 2.5', "device_limit .* not 2.5"),
        ("[[plans]]", "[plans]", r"each written as \[\[plans\]\]"),
        ("monthly", "monthlys", r'unknown key "monthlys" in \[\[plans\]\] number 1 \("studio"\);'),
        ('key = "studio"\n', "", r"key is missing in \[\[plans\]\] number 1"),
        ('"studio"', '"stu dio"', r'key in \[\[plans\]\] number 1 \("stu dio"\) has to be letters'),
        ('"studio"', '""', "key in .* has to be letters"),
        ('"studio"', "7", "key in .* has to be letters"),
        ("monthly = 2900", "", "a price is missing in .*: monthly, yearly or once"),
        ("2900", "-1", r'monthly in \[\[plans\]\] number 1 \("studio"\) has to be a whole .* -1'),
        ("2900", "29.0", "monthly in .* has to be a whole number"),
        ("2900", "100_000_000", "monthly in .* from 0 to 99999999"),
        ("2900", "49", "monthly in .* is less than Stripe charges: use 0, or 50 usd or more"),
        ("monthly = 2900", 'yearly = "2900"', 'yearly in .* not "2900"'),
        ("2900", '2900\nname = ""', "name in .* has to be a line of text"),
        ("2900", '2900\nname = "a\\nb"', "name in .* has to be a line of text"),
        ("2900", '2900\nfeatures = "render"', "features in .* has to be a list of texts"),
        ("2900", "2900\nfeatures = [1]", "features in .* and has 1"),
        ("2900", '2900\nfeatures = ["a,b"]', 'features in .* without commas, and has "a,b"'),
        ("2900", '2900\nfeatures = ["a", "a"]', "features in .* has the same one twice"),
        ("2900", f'2900\nfeatures = ["{"a" * 501}"]', "features in .* more than 500 characters"),
        ("2900", "2900\nseats = 5", "seats in .* has to be a table"),
        ("2900", "2900\nseats = { mim = 1 }", r'unknown key "mim" in seats in \[\[plans\]\] num.*'),
        ("2900", "2900\nseats = { min = 0 }", "min in seats in .* from 1 to 1000, not 0"),
        (
            "2900",
            "2900\nseats = { min = 9, max = 3 }",
            "min in seats in .* is more than max .9 and",
        ),
        ("2900", "2900\ntrial_days = 731", "trial_days in .* from 0 to 730"),
        ("monthly = 2900", "once = 2900\ntrial_days = 7", "trial_days in .* has no effect"),
        ("2900", '2900\n[[plans]]\nkey = "Studio"\nonce = 100', r"number 2 is the key of number 1"),
        ("2900", "2900\nmonthly = 3900", "it is not TOML"),
        ("[[plans]]", "[[plans", "it is not TOML"),
    ],
)
def test_a_mistake_is_refused_by_key_and_table(old: str, new: str, says: str) -> None:
    assert old in GOOD
    with pytest.raises(InvalidInput) as refused:
        catalogue_file.parse(GOOD.replace(old, new, 1))
    assert refused.value.code == "invalid_catalogue"
    assert re.search(says, refused.value.sentence), refused.value.sentence


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "currency is missing"),
        ('currency = "usd"', r"\[\[plans\]\] is missing"),
        ('currency = "usd"\nplans = []', "plans is empty"),
        ('currency = "usd"\nplans = [1]', "plans has to be a list of tables"),
        (GOOD.replace("usd", "kwd").replace("2900", "2905"), "multiple of 10 in kwd"),
        ("a = " + "[" * 5000, "it is not TOML"),
    ],
)
def test_a_catalogue_without_anything_to_sell_is_refused(text: str, says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        catalogue_file.parse(text)
