"""Forms as a browser sees them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from keystead_client.demo.web_form import forms_of

PAGE = """
<input name="outside" value="no">
<form method="post" action="/pay">
  <input type="hidden" name="token" value="t&amp;1"><input name="card">
  <button name="action" value="pay">Pay</button><button name="action" value="later">
</form>
<form action="/other"><button name="action" value="pay"></button></form>
"""


def test_fields_and_buttons_belong_to_their_form() -> None:
    first, second = forms_of(PAGE)
    assert (first.action, first.fields) == ("/pay", {"token": "t&1", "card": ""})
    assert first.buttons == {("action", "pay"), ("action", "later")}
    assert (second.action, second.fields) == ("/other", {})


@given(st.text(max_size=200))
def test_any_page_can_be_read(html: str) -> None:
    assert isinstance(forms_of(html), list)
