"""The pages' markup, as screen readers, form fillers and scanners read it."""

from __future__ import annotations

import re
from collections import Counter
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import httpx
import pytest

from keystead_stub.in_process import BillingStub
from support.billing_device import BillingDevice
from support.page_urls import CONSOLE_PAGES, CUSTOMER_PAGES, all_page_urls

Attributes = dict[str, str]
LABELLED = {"input", "textarea", "select"}


class Markup(HTMLParser):
    """The elements of a page in order, with names and attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, Attributes]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def all(self, *tags: str) -> list[Attributes]:
        return [attributes for tag, attributes in self.elements if tag in tags]


@pytest.fixture
def pages(billing_stub: BillingStub, device: BillingDevice) -> dict[str, httpx.Response]:
    return {name: device.http.get(url) for name, url in all_page_urls(billing_stub, device).items()}


def test_every_page_has_valid_markup(pages: dict[str, httpx.Response]) -> None:
    assert set(pages) == {*CUSTOMER_PAGES, *CONSOLE_PAGES}
    for name, answer in pages.items():
        assert answer.status_code == (404 if name == "nothing" else 200), name
        markup = Markup(answer.text)
        check_names(name, markup)
        check_outline(name, markup)
        check_policy(name, answer, markup)


def check_names(page: str, markup: Markup) -> None:
    """Check that ids are unique, references resolve, and inputs and images have names."""
    ids = Counter(a["id"] for _, a in markup.elements if "id" in a)
    assert [name for name, times in ids.items() if times > 1] == [], page
    for name in ("for", "aria-labelledby", "aria-describedby"):
        for _, attributes in markup.elements:
            assert set(attributes.get(name, "").split()) <= set(ids), (page, attributes)
    labels = {a["for"] for a in markup.all("label")}
    for field in markup.all(*LABELLED):
        assert field.get("type") == "hidden" or field.get("id") in labels, (page, field)
    assert all(a.get("alt") for a in markup.all("img")), page
    for link in markup.all("a"):
        place = link["href"].partition("#")[2] if link["href"].startswith("#") else ""
        assert not place or place in ids, (page, link)


def check_outline(page: str, markup: Markup) -> None:
    """Check for one main part, one first heading, and no skipped heading level."""
    assert len(markup.all("main")) == len(markup.all("h1")) == len(markup.all("title")) == 1, page
    levels = [int(tag[1]) for tag, _ in markup.elements if re.fullmatch(r"h\d", tag)]
    assert levels[0] == 1, page
    assert all(after <= before + 1 for before, after in pairwise(levels)), page
    assert markup.all("html") == [{"lang": "en"}], page


def check_policy(page: str, answer: httpx.Response, markup: Markup) -> None:
    """Check for no inline code that the policy blocks, and no form without a token."""
    scripts = [{"src": "/_stub/console.js", "defer": ""}] if page in CONSOLE_PAGES else []
    assert markup.all("script") == scripts, page
    policy = answer.headers["content-security-policy"]
    assert ("script-src 'self'" in policy) is bool(scripts), page
    assert answer.headers["cache-control"] == "no-store", page
    for _, attributes in markup.elements:
        assert not [name for name in attributes if name == "style" or name.startswith("on")], page
    assert len(markup.all("form")) == answer.text.count('name="token"'), page
    assert {a["method"] for a in markup.all("form")} <= {"post"}, page


def test_pages_load_only_our_script_and_style(http: httpx.Client) -> None:
    style, script = http.get("/_stub/style.css"), http.get("/_stub/console.js")
    assert style.headers["content-type"] == "text/css; charset=utf-8"
    assert script.headers["content-type"] == "text/javascript; charset=utf-8"
    assert "//" not in style.text
    assert "http" not in script.text


def test_with_a_real_stripe_no_page_shows_the_simulation_banner(
    tmp_path: Path, http: httpx.Client
) -> None:
    paths = ("/checkout/success", "/restore/nothing", "/_stub/checkout/cs_1")
    assert all("A rehearsal" in http.get(path).text for path in paths)
    environ = {"STRIPE_SECRET_KEY": "sk_test_" + "x1" * 12}
    with BillingStub.running(tmp_path, environ) as stub:
        for path in paths:
            assert "A rehearsal" not in httpx.get(stub.url + path, trust_env=False, timeout=60).text
