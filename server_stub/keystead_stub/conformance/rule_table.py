"""The rules that a backend is checked by: each with its id and its section of the specification.

The sections are those of ``shared/SPECIFICATION.md``. They stand here and nowhere else.
"""

from __future__ import annotations

from typing import Literal

import msgspec

Result = Literal["passed", "failed", "not checked"]


class Rule(msgspec.Struct, frozen=True):
    """A rule: what must hold, and the section of the specification that asks for it."""

    id: str
    section: str
    text: str


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a rule.

    ``sent`` and ``received`` are the request and the response that decided it, without secrets;
    ``detail`` says what is wrong, or why the rule was not checked.
    """

    id: str
    section: str
    text: str
    result: Result
    sent: str
    received: str
    detail: str


RULES = (
    Rule("health-shape", "7.6", "GET /health answers 200 or 503 with all its members."),
    Rule("health-names-only", "7.6", "Health names what is missing and shows no value."),
    Rule("checkout-answer", "7.7", "A checkout answers 200 with sessionId, url, expiresAt."),
    Rule("checkout-invalid", "7.7", "An incomplete or mistyped checkout is refused with 400."),
    Rule(
        "checkout-device-key", "7.1", "deviceId is the thumbprint of a key that forgers can't use."
    ),
    Rule("checkout-unknown-plan", "7.7", "A plan that is not sold is refused with 400."),
    Rule("checkout-unknown-fields", "1.2", "Unknown members of a request are ignored."),
    Rule("checkout-proof", "7.3", "A checkout with another device's proof is refused."),
    Rule("checkout-entitled", "7.7", "A device that has paid cannot buy the same again."),
    Rule("plans-answer", "7.11", "GET /api/billing/plans lists what is sold."),
    Rule("status-open", "7.8", "An unpaid checkout entitles to nothing and signs nothing."),
    Rule("status-credential", "7.3", "A status call without a credential is refused with 401."),
    Rule("status-invalid", "7.8", "A nonce or deviceId of another form is refused with 400."),
    Rule("status-unknown-session", "7.8", "A checkout that does not exist is 404."),
    Rule("status-other-session", "7.8", "A checkout of another device is 404."),
    Rule("status-activates", "7.8", "A paid checkout activates the device that started it."),
    Rule("status-shape", "7.8", "A status has all its members, with their types and units."),
    Rule("status-by-token", "7.8", "A device with its token and a proof gets its status."),
    Rule("status-nonce", "7.8", "The nonce of the question stands in the signed license."),
    Rule("status-without-nonce", "7.8", "A question without a nonce gets a license without one."),
    Rule("status-agrees", "7.8", "What is not signed agrees with the signed license."),
    Rule("status-server-time", "7.8", "serverTime is the time at which the license was signed."),
    Rule("status-other-device", "7.8", "A token asks for its own device and for no other."),
    Rule("document-form", "3.1", "Documents are strict compact JWS of at most 16 KiB."),
    Rule("document-algorithm", "3.2", "alg is EdDSA or Ed25519."),
    Rule("document-header", "3.2", "No crit, jwk, jku or x5u stands in a header."),
    Rule("document-type", "3.2", "typ is license+jwt or device-access+jwt."),
    Rule("document-key", "2.6", "kid is a key of the profile or of its key manifest."),
    Rule("document-signature", "3.3", "The signature is valid under that key."),
    Rule("document-claims", "3.5", "All required claims are there, with their types."),
    Rule("document-audience", "3.10", "aud is the profile's product id."),
    Rule("document-issuer", "7.1", "iss is the address of the backend."),
    Rule("document-binding", "3.9", "deviceId and cnf.jkt are the thumbprint of the device."),
    Rule("document-lifetime", "3.9", "iat and exp are seconds, and exp is after iat."),
    Rule("document-grace", "3.9", "exp does not pass the grace boundary."),
    Rule("document-token-end", "3.6", "A token's expiresAt is its exp, and is told outside."),
    Rule("document-jti", "3.5", "No two licenses, and no two tokens, have one jti."),
    Rule("document-order", "7.8", "Of two licenses of one second the later has the greater jti."),
    Rule("document-refusal", "7.8", "active: false is signed, and comes without a token."),
    Rule("proof-missing", "7.3", "A token without a proof is refused."),
    Rule("proof-scheme", "7.3", "A bound token under the Bearer scheme is refused."),
    Rule("proof-type", "7.3", "A proof of another typ is refused."),
    Rule("proof-signature", "7.3", "A proof whose signature is wrong is refused."),
    Rule("proof-method", "7.3", "A proof for another method (htm) is refused."),
    Rule("proof-url", "7.3", "A proof for another URL (htu) is refused."),
    Rule("proof-host", "7.1", "htu is compared with the public address and never with Host."),
    Rule("proof-token", "7.3", "A proof for another token or none (ath) is refused."),
    Rule("proof-key", "7.3", "A proof by another key is refused."),
    Rule("proof-replay", "7.3", "A proof that was used before (jti) is refused."),
    Rule("proof-age", "7.3", "A proof of ten minutes ago or ahead (iat) is refused."),
    Rule("proof-nonce", "7.4", "A refusal carries a DPoP-Nonce, which replaces iat."),
    Rule("proof-first-call", "7.8", "The first status call needs a proof of the device's key."),
    Rule("token-forged", "7.3", "A token that was altered or that another key signed is refused."),
    Rule("token-type", "7.3", "A license is no token."),
    Rule("token-expired", "7.5", "An expired token counts where the answer grants nothing."),
    Rule("expiry-renewing", "3.8", "Renewing: the period's end and the offline grace."),
    Rule("expiry-cancelling", "3.8", "Cancelling: the period's end, without grace."),
    Rule("expiry-past-due", "3.8", "past_due: the last paid period's end and the grace."),
    Rule("expiry-settling", "3.8", "Paid and no period yet: 24 hours at most."),
    Rule("expiry-unconfirmed", "3.8", "A payment under way gives no active license."),
    Rule("expiry-not-entitled", "3.8", "Not entitled: active: false for 24 hours."),
    Rule("expiry-refunded", "3.8", "A full refund ends the license, and says so."),
    Rule("devices-answer", "7.9", "GET /api/license/devices lists the devices and the limit."),
    Rule("devices-rename", "7.9", "PATCH renames a device."),
    Rule("devices-unknown", "7.9", "A device of nobody or of someone else is 404."),
    Rule("devices-limit", "7.8", "One device too many is 409 device_limit, with the devices."),
    Rule("devices-removal", "7.8", "A removed device gets a signed device_removed."),
    Rule("devices-removed-token", "7.5", "A removed device's token opens nothing else."),
    Rule("restore-silent", "7.14", "Restoring answers 202 for an unknown address too."),
    Rule("portal-answer", "7.10", "The portal answers 200 with url and expiresAt."),
    Rule("portal-credential", "7.10", "The portal without a token is refused with 401."),
    Rule("invoices-answer", "7.12", "GET /api/billing/invoices lists the customer's invoices."),
    Rule("webhook-unsigned", "7.13", "An event without a signature is refused with 400."),
    Rule("webhook-forged", "7.13", "An event with a wrong signature is refused with 400."),
    Rule("webhook-accepted", "7.13", "A signed event is received; one v1 of several is enough."),
    Rule("webhook-duplicate", "7.13", "The same event again is a duplicate."),
    Rule("webhook-altered", "7.13", "A signature for another body is refused with 400."),
    Rule("webhook-old", "7.13", "A signature of more than 300 seconds ago is refused."),
    Rule("webhook-late-event", "7.13", "An event that comes late does not undo a later one."),
    Rule("webhook-any-order", "7.13", "Events shuffled and doubled end in the same state."),
    Rule("keys-manifest", "7.16", "The key manifest is signed by the profile's root key."),
    Rule("error-documents", "7.2", "Every error is a problem document (RFC 9457) with a code."),
    Rule("error-no-leaks", "7.2", "No error shows a stack, a statement, a path or a secret."),
    Rule("error-challenge", "7.4", "Every 401 of a device's route carries a DPoP challenge."),
    Rule("error-retry-after", "7.2", "Every 429 says when to try again (Retry-After)."),
    Rule("http-unknown-route", "7.2", "A route that does not exist is 404."),
    Rule("http-method", "7.2", "A method that a route does not have is 405, with Allow."),
    Rule("http-body-size", "7.1", "A body of two megabytes is refused with 413."),
    Rule("http-media-type", "7.1", "A body of another type than JSON is refused with 415."),
    Rule("http-broken-json", "7.2", "Broken JSON is refused with 400."),
    Rule("http-double-header", "7.3", "A request with two DPoP headers is refused."),
    Rule("cors-foreign", "12.1", "A website of another origin may not read answers."),
    Rule("cors-allowed", "12.1", "The allowed origin may, with Authorization and DPoP."),
)

RULES_BY_ID = {rule.id: rule for rule in RULES}
