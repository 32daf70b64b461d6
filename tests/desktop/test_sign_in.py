"""A billing service with sign-in: sign in with the browser, then buy or join."""

from __future__ import annotations

import msgspec

from keystead.capabilities import CAPABILITIES_BY_API
from keystead.local_api import Account, ActivationView, CheckoutParams, SignIn
from keystead.wire.nyra import Plan, PlansAnswer, Price
from support import activations
from support.desktop_world import Browser, World
from support.scripted_daemon import Refusal, ScriptedDaemon

PAGE = "http://127.0.0.1:9/authorize?state=x"
ADA = Account(signed_in=True, subject="Ada Lovelace", account="acme")
DAEMON_UNAVAILABLE = Account(signed_in=False)
MODULAR = PlansAnswer(
    plans=(
        Plan(
            plan="pro",
            name="Pro",
            features=("export",),
            prices=(
                Price(price_id="m", billing_period="monthly", amount=1500, currency="eur"),
                Price(price_id="p", billing_period="pay_as_you_go", amount=2250, currency="eur"),
            ),
            modules={"web": True, "cctv": True, "social": True},
        ),
    )
)


def of(api: str, account: Account, view: ActivationView | None = None) -> ActivationView:
    return msgspec.structs.replace(
        view or activations.unactivated(), account=account, capabilities=CAPABILITIES_BY_API[api]
    )


def accept_sign_ins(daemon: ScriptedDaemon, api: str) -> None:
    """Let the daemon start sign-ins."""

    def start(_: msgspec.Struct) -> SignIn:
        daemon.view = of(api, Account(signed_in=False, waiting=True))
        daemon.publish(daemon.view)
        return SignIn(url=PAGE, expires_at=activations.NOW_MS + 600_000)

    daemon.answers["signin.start"] = start


def test_a_required_sign_in_comes_before_the_plans(world: World, browser: Browser) -> None:
    daemon, person = world.at(of("crow", DAEMON_UNAVAILABLE))
    accept_sign_ins(daemon, "crow")
    person.sees("Sign in first", "The billing service wants to know who buys")
    person.clicks("Sign in")
    person.sees("Waiting for you to sign in with the browser")
    assert browser.opened == [PAGE]
    daemon.publish(of("crow", ADA))
    person.sees("Choose a plan", "Pro", "Use this device")
    assert "I already paid" not in person.reads()


def test_public_plans_are_shown_before_a_sign_in(world: World, browser: Browser) -> None:
    daemon, person = world.at(of("mission-control", DAEMON_UNAVAILABLE))
    accept_sign_ins(daemon, "mission-control")

    def needed(_: msgspec.Struct) -> object:
        raise Refusal("sign_in_needed", "Nobody is signed in.")

    daemon.answers["checkout.start"] = needed
    person.sees("Choose a plan", "Pro")
    person.clicks("Yearly")
    person.clicks("Continue in browser")
    person.sees("Sign in first")
    person.clicks("Back")
    person.sees("Choose a plan")
    person.clicks("Continue in browser")
    person.clicks("Sign in")
    person.sees("Waiting for you to sign in with the browser")
    daemon.publish(of("mission-control", ADA))
    person.sees("In total 120.00 EUR a year")


def test_signing_in_to_renew_returns_to_the_plans(world: World, browser: Browser) -> None:
    daemon, person = world.at(of("mission-control", DAEMON_UNAVAILABLE, activations.inactive()))
    accept_sign_ins(daemon, "mission-control")

    def needed(_: msgspec.Struct) -> object:
        raise Refusal("sign_in_needed", "Nobody is signed in.")

    daemon.answers["checkout.start"] = needed
    person.clicks("Choose a plan")
    person.clicks("Continue in browser")
    person.sees("Sign in first")
    daemon.publish(of("mission-control", ADA, activations.inactive()))
    person.sees("Continue in browser", "Pro")


def test_a_failed_sign_in_is_explained_and_can_be_retried(world: World, browser: Browser) -> None:
    daemon, person = world.at(of("crow", Account(signed_in=False, problem="sign_in_denied")))
    accept_sign_ins(daemon, "crow")
    person.sees("Nobody signed in: it was declined in the browser.")
    person.clicks("Sign in")
    person.sees("Waiting for you to sign in with the browser")
    assert browser.opened == [PAGE]


def test_the_chosen_modules_determine_the_price(world: World, browser: Browser) -> None:
    daemon = world.daemon(of("crow", ADA))
    daemon.answers["plans.list"] = lambda _: MODULAR
    daemon.answers["checkout.start"] = lambda _: activations.CHECKOUT
    person = world.window()
    person.sees("15.00 EUR a module a month", "In total 15.00 EUR a month")
    person.clicks("Web")
    person.sees("In total 15.00 EUR a month")
    person.clicks("CCTV")
    person.sees("In total 30.00 EUR a month")
    person.clicks("As you go")
    person.sees("In total 45.00 EUR a month")
    person.clicks("Continue in browser")
    person.sees("Waiting for your payment")
    wish = None
    while not isinstance(wish, CheckoutParams):
        _, wish = daemon.asked.get(timeout=60)
    assert (wish.modules, wish.billing_period) == (("web", "cctv"), "pay_as_you_go")


def test_a_device_joins_an_account_that_has_paid(world: World, browser: Browser) -> None:
    daemon, person = world.at(of("stripe-integration", ADA))

    def join(_: msgspec.Struct) -> ActivationView:
        daemon.view = of("stripe-integration", ADA, activations.active())
        return daemon.view

    daemon.answers["activation.join"] = join
    person.clicks("Use this device")
    person.sees("Active. Everything works.")


def test_buying_what_is_paid_for_joins_the_account_instead(world: World, browser: Browser) -> None:
    daemon, person = world.at(of("stripe-integration", ADA))

    def paid(_: msgspec.Struct) -> object:
        raise Refusal("already_entitled", "This is already paid for.")

    daemon.answers["checkout.start"] = paid
    daemon.answers["activation.join"] = lambda _: of(
        "stripe-integration", ADA, activations.active()
    )
    person.clicks("Continue in browser")
    person.sees("Active. Everything works.")


def test_an_ended_session_leads_to_the_sign_in_and_back(world: World, browser: Browser) -> None:
    daemon, person = world.at(of("crow", ADA, activations.active()))

    def ended(_: msgspec.Struct) -> object:
        daemon.publish(
            of("crow", Account(signed_in=False, problem="session_ended"), activations.active())
        )
        raise Refusal("session_ended", "The session has ended.")

    daemon.answers["portal.open"] = ended
    person.clicks("Manage billing")
    person.sees("Sign in first", "You are not signed in at the billing service any more.")
    daemon.publish(of("crow", ADA, activations.active()))
    person.sees("Active. Everything works.")


def test_the_settings_show_the_account_and_sign_out(world: World, browser: Browser) -> None:
    daemon, person = world.at(of("crow", ADA, activations.active()))

    def out(_: msgspec.Struct) -> ActivationView:
        daemon.view = of("crow", DAEMON_UNAVAILABLE, activations.active())
        return daemon.view

    daemon.answers["signin.end"] = out
    person.clicks("Settings")
    person.sees("You are signed in as Ada Lovelace, for acme.")
    person.clicks("Sign out")
    person.sees("Nobody is signed in on this device.")
    person.clicks("Sign in")
    person.sees("Sign in first")


def test_the_native_billing_service_has_no_sign_in(world: World, browser: Browser) -> None:
    _, person = world.at(activations.active())
    person.clicks("Settings")
    person.sees("Appearance")
    assert "Billing service" not in person.reads()


def test_missing_capabilities_are_not_offered(world: World, browser: Browser) -> None:
    view = of("crow", ADA, activations.active())
    without = msgspec.structs.replace(view.capabilities, portal=False)
    _, person = world.at(msgspec.structs.replace(view, capabilities=without))
    person.sees("Active. Everything works.")
    assert "Manage billing" not in person.reads()
    person.clicks("Billing")
    person.sees("Invoices")
    assert "Cancel the subscription" not in person.reads()
