"""The controls of a stub, over HTTP: to pay, to let time pass, and to send webhooks late.

The stub is the backend itself, or the one whose simulated Stripe the backend uses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import httpx

from keystead_stub.conformance.exchanges import NotChecked

_FORM_TOKEN = re.compile(r'name="token" value="([^"]*)"')


class StubControls:
    """The controls at the origin of ``url``. Raises NotChecked where one does not work."""

    def __init__(self, http: httpx.Client, url: str, token: str | None) -> None:
        parts = urlsplit(url)
        self.origin = f"{parts.scheme}://{parts.netloc}"
        self._http = http
        self._opened: set[str] = set()
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    def available(self) -> bool:
        """Whether controls answer there."""
        try:
            answer = self._http.get(f"{self.origin}/_stub/clock", headers=self._headers)
            return answer.is_success and isinstance(answer.json()["now"], int)
        except (httpx.HTTPError, ValueError, KeyError, TypeError):
            return False

    def pay(self, session_id: str, **how: Any) -> str:
        """Pay a checkout session, by a test card that succeeds unless one is named.

        Return the customer.
        """
        paid = self._ask("POST", f"/_stub/checkouts/{session_id}/complete", how)
        return str(paid["session"]["customerId"])

    def customer(self, customer_id: str, action: str, **how: Any) -> None:
        """Run one of the actions on a customer, such as ``cancel`` or ``refund``."""
        self._ask("POST", f"/_stub/customers/{customer_id}/{action}", how)

    def now_ms(self) -> int:
        return int(self._ask("GET", "/_stub/clock")["now"])

    def advance_to(self, instant_ms: int) -> None:
        """Turn the stub's clock forward; what falls due on the way happens."""
        self._ask("POST", "/_stub/clock/advance", {"to": instant_ms})

    @contextmanager
    def webhooks(self, **faults: bool) -> Iterator[None]:
        """Treat webhooks by these faults for the block; afterwards all are delivered."""
        self._ask("PUT", "/_stub/faults", faults)
        try:
            yield
        finally:
            self._ask("DELETE", "/_stub/faults")

    def subscription(self, customer_id: str) -> dict[str, Any] | None:
        """Return the id and dates of a customer's subscription; None if there is none."""
        found: dict[str, Any] | None = self._ask("GET", f"/_stub/state?customerId={customer_id}")[
            "subscription"
        ]
        return found

    def confirm_restore(self, email: str) -> None:
        """Follow the link in the newest mail to this address, and confirm on its page."""
        mails = self._ask("GET", "/_stub/outbox")["mails"]
        # The newest is first, but several of one moment may come in any order.
        links = (mail["link"] for mail in mails if mail["to"] == email)
        link = next((one for one in links if one not in self._opened), None)
        if link is None:
            raise NotChecked("the stub sent no mail to restore by")
        self._opened.add(link)
        try:
            page = self._http.get(link)
            token = _FORM_TOKEN.search(page.text)
            if token is None:
                raise NotChecked("the page of the mailed link has no form")
            self._http.post(link, data={"token": token[1]})
        except (httpx.HTTPError, httpx.InvalidURL):
            raise NotChecked("the mailed link does not open") from None

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        try:
            answer = self._http.request(
                method, self.origin + path, json=body, headers=self._headers
            )
            if answer.is_success:
                return answer.json()
        except (httpx.HTTPError, ValueError):
            raise NotChecked("the stub's controls do not answer") from None
        raise NotChecked(f"the stub's control {path} answers {answer.status_code}")
