"""What the portal's buttons do; each raises ProblemError where it must not."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from litestar import Response

from keystead_stub.billing import devices, offline_activation
from keystead_stub.billing_apis.pages.offline import license_file, license_page
from keystead_stub.controls.sandbox import Rehearsal, stripe_answers
from keystead_stub.http.errors import ProblemError
from keystead_stub.http.pages import forms
from keystead_stub.http.pages.rendering import page
from keystead_stub.stripe_sim.hosted import portal_update
from keystead_stub.stripe_sim.hosted.portal_update import WrongFields
from keystead_stub.stripe_types.values import PortalSession

Found = Mapping[str, str]
Result = Response[str] | Response[bytes] | None
Action = Callable[[Rehearsal, PortalSession, Found], Awaitable[Result]]


async def _cancel(rehearsal: Rehearsal, session: PortalSession, _found: Found) -> Result:
    with stripe_answers():
        rehearsal.controls.cancel(session.customer_id, at_period_end=True)
    return None


async def _resume(rehearsal: Rehearsal, session: PortalSession, _found: Found) -> Result:
    with stripe_answers():
        rehearsal.controls.resume(session.customer_id)
    return None


async def _seats(rehearsal: Rehearsal, session: PortalSession, found: Found) -> Result:
    change = portal_update.wanted(found)
    portal_update.check_date(change, rehearsal.controls.now_ms())
    with stripe_answers():
        rehearsal.controls.update_subscription(session.customer_id, change)
    return None


async def _card(rehearsal: Rehearsal, session: PortalSession, found: Found) -> Result:
    typed = forms.card_fields(found, rehearsal.services.stripe_now_ms(), with_email=False)
    if typed.errors:
        raise WrongFields(typed.errors)
    return _save_card(rehearsal, session, typed.number, None)


async def _authenticate(rehearsal: Rehearsal, session: PortalSession, found: Found) -> Result:
    """What the person answered their bank about a card to be saved."""
    card, answer = found.get("card", ""), found.get("answer") == "yes"
    return _save_card(rehearsal, session, card, answer)


def _save_card(
    rehearsal: Rehearsal, session: PortalSession, card: str, authenticate: bool | None
) -> Result:
    with stripe_answers():
        result = rehearsal.controls.save_card(session.customer_id, card, authenticate=authenticate)
    if result.status == "declined":
        raise WrongFields({"card": result.sentence or "Your card was declined."})
    if result.status != "requires_action":
        return None
    return page(
        "authenticate",
        action=f"/_stub/portal/{session.id}",
        token=forms.token(rehearsal.services, session.id),
        amount=None,
        currency=None,
        last4=card[-4:],
        kept={"card": card},
    )


async def _pay(rehearsal: Rehearsal, session: PortalSession, found: Found) -> Result:
    """Pay an open invoice with the card on file."""
    with stripe_answers():
        invoice = rehearsal.controls.get_invoice(found.get("invoice", ""))
        if invoice.customer_id != session.customer_id:
            raise ProblemError("There is no such invoice.", code="not_found")
        result = rehearsal.controls.pay_invoice(invoice.id, authenticate=True)
    if result.status == "declined":
        raise ProblemError(result.sentence or "Your card was declined.", code="invalid_request")
    return None


async def _remove(rehearsal: Rehearsal, session: PortalSession, found: Found) -> Result:
    devices.remove_device(rehearsal.services, session.customer_id, found.get("device", ""))
    return None


def _answer(
    rehearsal: Rehearsal, session: PortalSession, found: Found
) -> offline_activation.OfflineLicense:
    text = _request(found)
    if not text:
        raise WrongFields({"file": "Choose the request file, or paste what is in it."})
    return offline_activation.issue_offline_license(rehearsal.services, session.customer_id, text)


def _request(found: Found) -> str:
    return found.get("file", "").strip() or found.get("request", "").strip()


async def _file(rehearsal: Rehearsal, session: PortalSession, found: Found) -> Result:
    return license_file(_answer(rehearsal, session, found).license)


async def _code(rehearsal: Rehearsal, session: PortalSession, found: Found) -> Result:
    """The license on the screen, for a device with no way in for a file."""
    here = f"/_stub/portal/{session.id}"
    token = forms.token(rehearsal.services, session.id)
    return license_page(
        rehearsal.services,
        _answer(rehearsal, session, found),
        form={"action": here, "token": token, "request": _request(found)},
        back=here,
    )


ACTIONS: dict[str, Action] = {
    "cancel": _cancel,
    "resume": _resume,
    "seats": _seats,
    "card": _card,
    "authenticate": _authenticate,
    "pay": _pay,
    "remove": _remove,
    "file": _file,
    "code": _code,
}
