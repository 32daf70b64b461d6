"""The return URL that a portal session of live Stripe is opened with."""

import asyncio
import secrets
from pathlib import Path

import pytest

from keystead_stub.app import Options, build
from keystead_stub.billing import portal_sessions as portals
from keystead_stub.settings import Settings
from keystead_stub.stripe_types.requests import NewPortal
from support.fake_stripe_server import fake_stripe_server
from support.stripe_world import StripeWorld

URL = "http://127.0.0.1:8787"
HERE = "http://127.0.0.1:50123/activated/Zm9v"


@pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")
@pytest.mark.parametrize(
    ("key", "return_url_sent"), [("sk_test_51x", HERE), ("sk_live_51x", f"{URL}/portal/closed")]
)
def test_live_mode_opens_the_portal_without_a_loopback_return_url(
    key: str, return_url_sent: str
) -> None:
    world = StripeWorld()
    customer_id = world.buy()
    with fake_stripe_server() as face:
        wanted = NewPortal(customer_id=customer_id)
        portal = asyncio.run(world.stripe.create_portal_session(wanted))
        face.answers["POST", "/v1/billing_portal/sessions"] = dict(portal.document)
        environ = {"STRIPE_SECRET_KEY": key, "STRIPE_API_URL": face.url}
        settings = Settings.load(environ, url=URL, random=secrets.token_bytes)
        stub = build(settings, Options(url=URL, config=Path("keystead-stub.toml")))
        try:
            asyncio.run(portals.open_portal(stub.services, customer_id, HERE, None))
        finally:
            stub.close()
        assert face.asked[-1][2]["return_url"] == return_url_sent
