"""The stub's settings: secrets and variables by their names in the specification (§12.1). Pure.

A message contains the name of a setting, never its value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Literal

import msgspec

from keystead.encoding import b64u_encode
from keystead.errors import InvalidInput
from keystead.keys import SEED_BYTES, SigningKey
from keystead_stub.store import signing_secrets
from keystead_stub.stripe_types.account_settings import Mode
from keystead_stub.stripe_types.api import STRIPE_API_VERSION

#: The environment variable of each secret, and its field.
SECRETS = {
    "STRIPE_SECRET_KEY": "stripe_secret_key",
    "STRIPE_WEBHOOK_SECRET": "stripe_webhook_secret",
    "NYRA_STRIPE_PRICE_PRO_MONTHLY": "price_pro_monthly",
    "NYRA_BILLING_SUCCESS_URL": "success_url",
    "NYRA_BILLING_CANCEL_URL": "cancel_url",
    "NYRA_BILLING_RETURN_URL": "return_url",
    "NYRA_LICENSE_API_TOKEN": "license_api_token",
    "NYRA_LICENSE_SIGNING_SECRET": "license_signing_secret",
}
VARS = {
    "ALLOWED_ORIGIN": "allowed_origin",
    "STRIPE_API_VERSION": "stripe_api_version",
    "STRIPE_API_URL": "stripe_api_url",
    "STRIPE_PRICE_ID_PRO": "price_crow_pro",
    "STRIPE_PRICE_ID_ENTERPRISE": "price_crow_enterprise",
    "AUTH_SERVICE_URL": "auth_service_url",
    "AUTH_CLIENT_URL": "auth_client_url",
    "NOTIFICATION_SERVICE_URL": "notification_service_url",
    "ENVIRONMENT": "environment",
    "API_BASE_URL": "api_base_url",
    "SETUP_PRODUCT": "setup_product",
    "BASE_CURRENCY": "base_currency",
    "CURRENCY_RATES": "currency_rates",
    "NYRA_KEY_MANIFEST": "key_manifest",
}
#: What variables do, for the help of `serve`.
PURPOSES = {
    "STRIPE_API_URL": "base URL of a simulation to be used instead of Stripe",
    "STRIPE_PRICE_ID_PRO": "crow: price ids of Pro, monthly,annual,pay-as-you-go",
    "STRIPE_PRICE_ID_ENTERPRISE": "crow: the same for Enterprise",
    "AUTH_SERVICE_URL": "crow: the issuer of sessions; one that names another is refused",
    "AUTH_CLIENT_URL": "crow: where the browser returns from checkout and portal",
    "NOTIFICATION_SERVICE_URL": "where payments and other notifications are posted",
    "ENVIRONMENT": "name of the deployment; live payments need prod or production",
    "NYRA_KEY_MANIFEST": "key manifest to serve (`keystead-stub keys manifest` signs one); several "
    "files, separated by commas, for several products",
}
#: Names that the documents of other billing APIs have for the same secret.
OTHER_NAMES = {"STRIPE_API_KEY": "STRIPE_SECRET_KEY"}
#: Values of ENVIRONMENT under which live payments may be taken.
_PRODUCTION = frozenset({"prod", "production"})

#: The secrets that authenticate callers of the other billing APIs (specification §8.1).
CALLER_SECRETS = {
    "INTERNAL_GATEWAY_KEY": "internal_gateway_key",
    "BETTER_AUTH_SECRET": "better_auth_secret",
    "MISSION_CONTROL_JWT_SECRET": "mission_control_jwt_secret",
    "STRIPE_INTEGRATION_JWT_SECRET": "stripe_integration_jwt_secret",
    "DASHCLICKS_JWT_SECRET": "dashclicks_jwt_secret",
    "APP_SECRET": "app_secret",
}
_FIELDS = SECRETS | CALLER_SECRETS | VARS

#: What a person confirms before live payments, by the variable that holds the date of it.
CONFIRMATIONS = {
    "NYRA_CONFIRMED_MONTHLY_PRICE": "Stripe product/price after final monthly price",
    "NYRA_CONFIRMED_HOSTED_AI_CAP": "Hosted AI cap",
    "NYRA_CONFIRMED_SUPPORT_INBOX": "Support inbox roundtrip",
    "NYRA_CONFIRMED_BACKEND_ADDRESS": "Billing backend domain",
    "NYRA_CONFIRMED_CUSTOMER_PORTAL": "Customer Portal configuration",
    "NYRA_CONFIRMED_WEBHOOK_ENDPOINT": "Stripe webhook endpoint and signing secret",
    "NYRA_CONFIRMED_REVIEW": "Attorney/accountant review",
    "NYRA_CONFIRMED_RELEASE_PATH": "Signed/store-trusted release path",
}

#: The stub's own pages, used for the URLs that are not set.
OWN_PAGES = {
    "NYRA_BILLING_SUCCESS_URL": "/checkout/success?session_id={CHECKOUT_SESSION_ID}",
    "NYRA_BILLING_CANCEL_URL": "/checkout/cancelled?session_id={CHECKOUT_SESSION_ID}",
    "NYRA_BILLING_RETURN_URL": "/portal/closed",
}
#: The path at which the stub simulates the notification service.
NOTIFICATIONS = "/_stub/notifications"
#: The path at which the stub simulates the internal router of `dashclicks`.
INTERNAL_ROUTER = "/_stub/internal"
DEFAULT_PRICE = "price_nyra_pro_monthly"

Deployability = Literal["GO", "NO_GO_LIVE_MONEY"]
_PREFIX = re.compile(r"(?:[sr]k_(?:test|live)_|whsec_|price_)?")
_WORDS = re.compile(
    r"placeholder|change.?me|replace.?(?:me|this|with)|your[_-]|[<>]", re.IGNORECASE
)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_FILLER = re.compile(r"[x.*0]*", re.IGNORECASE)


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """The stub's secrets and variables; an empty text is not set."""

    stripe_secret_key: str = ""
    stripe_webhook_secret: str = ""
    price_pro_monthly: str = ""
    success_url: str = ""
    cancel_url: str = ""
    return_url: str = ""
    license_api_token: str = ""
    license_signing_secret: str = ""
    internal_gateway_key: str = ""
    better_auth_secret: str = ""
    mission_control_jwt_secret: str = ""
    stripe_integration_jwt_secret: str = ""
    dashclicks_jwt_secret: str = ""
    #: Signs the provisioning tokens of phone and listing bundles.
    app_secret: str = ""
    allowed_origin: str = ""
    stripe_api_version: str = STRIPE_API_VERSION
    #: The base URL of Stripe's API, if a simulation is used instead of Stripe.
    stripe_api_url: str = ""
    #: The monthly prices per module that `crow` sells.
    price_crow_pro: str = "price_crow_pro_monthly"
    price_crow_enterprise: str = "price_crow_enterprise_monthly"
    #: The issuer of `crow`'s sessions, where a session names one.
    auth_service_url: str = ""
    #: Where the browser returns from a checkout or portal of `crow`, if not to the stub's pages.
    auth_client_url: str = ""
    #: The notification service; the stub simulates it if it is not set.
    notification_service_url: str = ""
    #: The deployment's name, such as `dev` or `prod`.
    environment: str = ""
    #: The internal router, which is told of created customers; simulated where it is not set.
    api_base_url: str = ""
    #: The Stripe product of the setup fee in bundles.
    setup_product: str = ""
    #: The currency of accounts' balances, and what one unit of another is worth in it: `usd=0.92`.
    base_currency: str = "eur"
    currency_rates: str = ""
    #: The files of the key manifests that are served, separated by commas.
    key_manifest: str = ""
    #: The dates of the confirmations that were given, by variable.
    confirmed: dict[str, date] = {}
    #: Whether the database ends with the process.
    in_memory: bool = False
    #: Whether the given webhook secret is a placeholder.
    webhook_placeholder: bool = False
    #: Names of the native API's secrets that were not set, and were generated for this run.
    generated: tuple[str, ...] = ()
    #: The same for the secrets that authenticate callers of the other billing APIs.
    generated_for_callers: tuple[str, ...] = ()

    def __repr__(self) -> str:
        # A representation ends up in logs, and most fields are secrets.
        return f"Settings(mode={self.mode!r}, generated={self.generated!r})"

    @property
    def mode(self) -> Mode:
        """The Stripe mode by the secret key; simulated without a real key (specification §7.6)."""
        return mode_of(self.stripe_secret_key)

    @property
    def webhook_secrets(self) -> tuple[str, ...]:
        """The webhook endpoint's secrets: two, separated by a comma, during a rotation."""
        parts = (part.strip() for part in self.stripe_webhook_secret.split(","))
        # Anyone could sign with a template's example beside the real secret.
        return tuple(part for part in parts if not is_placeholder(part))

    @property
    def takes_unsigned_webhooks(self) -> bool:
        """Whether a billing API whose document allows it may take a webhook without a signature.

        Only where Stripe is simulated, whatever the secret is: elsewhere such a webhook would give
        licenses to whoever sends it.
        """
        return self.mode == "simulated" and self.webhook_placeholder

    @property
    def signing_secrets(self) -> tuple[str, ...]:
        """The signing secrets: the first signs and seals, the others are of a rotation."""
        return signing_secrets.split(self.license_signing_secret)

    def signing_keys(self) -> tuple[SigningKey, ...]:
        """The keys of the signing secrets. Tokens of all of them are valid; the first key signs.

        Raises InvalidInput (``invalid_signing_secret``).
        """
        return signing_secrets.signing_keys(self.license_signing_secret)

    @property
    def key_manifests(self) -> tuple[str, ...]:
        """The files of the key manifests, one for each product whose programs ask here."""
        return tuple(part.strip() for part in self.key_manifest.split(",") if part.strip())

    def missing_secrets(self) -> list[str]:
        """Names of the secrets without a usable value."""
        return [
            name
            for name, field in SECRETS.items()
            if is_placeholder(getattr(self, field))
            # Without a key Stripe is simulated on purpose.
            and not (name == "STRIPE_SECRET_KEY" and self.mode == "simulated")
        ]

    @classmethod
    def load(
        cls,
        environ: Mapping[str, str],
        *,
        url: str,
        public_url: str | None = None,
        random: Callable[[int], bytes],
        latest: date | None = None,
    ) -> Settings:
        """Read the environment, and generate what is not set for a stub that listens at this URL.

        Clients reach it at `public_url`, which is the same where it is not given.
        `random` returns that many random bytes. A generated secret blocks live payments (see
        `blockers`), and a confirmation after the `latest` possible date is none. Raises
        InvalidInput as `with_own_names` does.
        """
        environ = with_own_names(environ)
        given = {
            field: environ[name].strip() for name, field in _FIELDS.items() if environ.get(name)
        }
        settings = msgspec.convert(given, cls)
        settings = msgspec.structs.replace(
            settings,
            notification_service_url=settings.notification_service_url or url + NOTIFICATIONS,
            api_base_url=settings.api_base_url or url + INTERNAL_ROUTER,
        )
        generated = _generate(random) | {
            name: (public_url or url) + path for name, path in OWN_PAGES.items()
        }
        # A template's example counts as not set, because everybody knows it.
        used = {
            name: value
            for name, value in generated.items()
            if is_placeholder(getattr(settings, _FIELDS[name]))
        }
        fields = {_FIELDS[name]: value for name, value in used.items()}
        return msgspec.structs.replace(
            settings,
            **fields,
            confirmed=confirmations_in(environ, latest),
            generated=tuple(name for name in used if name in SECRETS),
            generated_for_callers=tuple(name for name in used if name in CALLER_SECRETS),
            webhook_placeholder=bool(settings.stripe_webhook_secret)
            and "STRIPE_WEBHOOK_SECRET" in used,
        )


def mode_of(key: str) -> Mode:
    """Return the Stripe mode that a secret key means."""
    if is_placeholder(key):
        return "simulated"
    # `rk_` begins a restricted key (docs.stripe.com/keys).
    if key.startswith(("sk_live_", "rk_live_")):
        return "live"
    return "test" if key.startswith(("sk_test_", "rk_test_")) else "simulated"


def with_own_names(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment with the values of `OTHER_NAMES` under the stub's own names.

    Raises InvalidInput (``conflicting_settings``) for two values: one would be taken silently.
    """
    renamed = dict(environ)
    for other, own in OTHER_NAMES.items():
        given, known = environ.get(other, "").strip(), environ.get(own, "").strip()
        if is_placeholder(given):
            continue
        if not is_placeholder(known) and known != given:
            raise InvalidInput(
                f"{other} and {own} have different values.",
                code="conflicting_settings",
                remedy=f"{other} is another name for {own}. Set only one of them.",
            )
        renamed[own] = given
    return renamed


def _generate(random: Callable[[int], bytes]) -> dict[str, str]:
    return {
        "STRIPE_WEBHOOK_SECRET": f"whsec_{b64u_encode(random(24))}",
        "NYRA_STRIPE_PRICE_PRO_MONTHLY": DEFAULT_PRICE,
        "NYRA_LICENSE_API_TOKEN": b64u_encode(random(32)),
        "NYRA_LICENSE_SIGNING_SECRET": b64u_encode(random(SEED_BYTES)),
        **{name: b64u_encode(random(32)) for name in CALLER_SECRETS},
    }


def is_placeholder(value: str) -> bool:
    """Whether a value is empty, or consists of examples from a template.

    Some values are lists. One with a real part counts as set, so that a mistake in another part is
    reported and the real part is not replaced by a generated value.
    """
    return all(_is_example(part.strip()) for part in value.split(","))


def _is_example(value: str) -> bool:
    prefix = _PREFIX.match(value)
    rest = value[prefix.end() :] if prefix else value
    return bool(_WORDS.search(value) or _FILLER.fullmatch(rest))


def confirmation_date(text: str, latest: date | None = None) -> date | None:
    """Return the date of a confirmation, null if it is none or after the `latest` possible one."""
    try:
        found = date.fromisoformat(text) if _DATE.fullmatch(text) else None
    except ValueError:
        return None
    return None if found is None or (latest is not None and found > latest) else found


def confirmations_in(values: Mapping[str, str], latest: date | None = None) -> dict[str, date]:
    """Return the confirmations among these values that have a valid date."""
    dates = {
        name: confirmation_date(values.get(name, "").strip(), latest) for name in CONFIRMATIONS
    }
    return {name: found for name, found in dates.items() if found is not None}


def blockers(settings: Settings) -> list[str]:
    """Why live payments may not be taken (specification §7.6, `deployability`); empty means GO.

    Contains names of settings, never values.
    """
    found = [f"{name} is not set" for name in settings.missing_secrets()]
    found += [f"{name} was generated for this run" for name in settings.generated]
    if settings.mode != "live":
        found.append(f"STRIPE_SECRET_KEY is not a live key: Stripe is {settings.mode}")
    if settings.stripe_api_url:
        found.append("STRIPE_API_URL is set, so requests don't go to Stripe")
    if not settings.allowed_origin:
        found.append("ALLOWED_ORIGIN is not set")
    if settings.environment and settings.environment.lower() not in _PRODUCTION:
        found.append("ENVIRONMENT does not name production")
    if settings.auth_client_url and not settings.auth_client_url.startswith("https://"):
        found.append("AUTH_CLIENT_URL is not an https:// URL")
    found += [
        f"{name} is not an https:// URL"
        for name in OWN_PAGES
        if name not in settings.generated
        if not getattr(settings, SECRETS[name]).startswith("https://")
    ]
    if settings.stripe_api_version != STRIPE_API_VERSION:
        found.append(f"STRIPE_API_VERSION is not {STRIPE_API_VERSION}")
    if settings.in_memory:
        found.append("the database is in memory")
    found += [
        f"{what} is not confirmed ({name})"
        for name, what in CONFIRMATIONS.items()
        if name not in settings.confirmed
    ]
    return found


def deployability(settings: Settings) -> Deployability:
    return "NO_GO_LIVE_MONEY" if blockers(settings) else "GO"
