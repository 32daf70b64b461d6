"""What is fuzzed: each target takes any bytes, and raises only where it has found a fault.

Everything that comes from outside has a door here: signed documents, lines of the local API, links
and redirects, profiles, Stripe's webhooks, and the forms of the simulated Stripe.
"""

from __future__ import annotations

import asyncio
import json
import logging
import random
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.parse import urlencode

import httpx
import msgspec

from keystead import jose, local_api
from keystead.bootstrap import decode_text
from keystead.browser import is_page
from keystead.documents import LICENSE_TYP, issue
from keystead.errors import InvalidDocument, InvalidInput, KeysteadError
from keystead.key_manifest import verify_key_manifest
from keystead.license_file import license_in
from keystead.loopback_http import redirect_query
from keystead.profile import parse_profile
from keystead.proxy_address import parse_proxy
from keystead.sign_in import SignInAttempt, parse_authorization_response
from keystead.trust import accept_license
from keystead.wire import activation_code, offline
from keystead.wire.nyra import WEBHOOK
from keystead_client.desktop.models.deep_link import action_of_link, decode_action
from keystead_daemon.certificate_issuer import issuer_of
from keystead_daemon.clocks import SystemClocks
from keystead_daemon.logs import Log, LogFile
from keystead_daemon.proxies import proxy_from_environment
from keystead_daemon.retry_after import retry_after_s
from keystead_daemon.server import Connection
from keystead_stub.in_process import BillingStub
from keystead_stub.stripe_types.webhook_signature import sign
from support.billing_events import BOUGHT, RENEWAL_FAILED, RENEWED
from support.documents import BACKEND, DEVICE, KEYS, PRODUCT, ROOTS, make_license, make_manifest
from support.fuzz_choices import Choices, mutated_bytes, mutated_json
from support.profiles import NOWHERE

LICENSE = issue(make_license(), BACKEND).encode()
MANIFEST = make_manifest()
REQUEST = offline.write_request(
    offline.OfflineRequest(
        aud=PRODUCT, device_id=DEVICE.thumbprint, device_name="laptop", iat=1, nonce="n" * 32
    ),
    DEVICE,
)
PROFILE = (
    f'[product]\nid = "nyra"\nname = "NyrA"\n[backend]\nurl = "{NOWHERE}"\nbilling_api = "nyra"\n'
    f"[trust]\nkeys = {{ keys = [] }}\n"
    '[storage]\nsecrets = "file"\n[sign_in]\nauthorize = "https://a.example/x?y"\n'
    'token = "https://a.example/t"\n'
).encode()
LINKS = (
    b"keystead-nyra://activated", b"https://pay.example/cs_1?a=b#c", b"http://127.0.0.1:8787/x",
    b"GET /signed-in/secret?code=c&state=s HTTP/1.1\r\nHost: 127.0.0.1:1\r\n\r\n",
    b"http://me:p%40ss@proxy.example:3128/", b"::1/128,[::1]:443,*.example,10.0.0.0/8",
)  # fmt: skip
EVENTS = [
    {
        "id": f"evt_{event.id}", "object": "event", "type": event.type, "account": None,
        "api_version": "2026-02-25.clover", "created": event.created_ms // 1000,
        "data": {"object": event.object, "previous_attributes": {"status": "active"}},
    }
    for event in (*BOUGHT, *RENEWAL_FAILED, *RENEWED)
]  # fmt: skip
FORMS: list[tuple[str, dict[str, str]]] = [
    ("/stripe/v1/customers", {"email": "ada@example.com", "metadata[a]": "b"}),
    ("/stripe/v1/products", {"name": "Pro", "metadata[a]": "b"}),
    ("/stripe/v1/coupons", {"percent_off": "10", "duration": "once"}),
    (
        "/stripe/v1/prices",
        {
            "currency": "usd", "unit_amount": "100", "recurring[interval]": "month",
            "product_data[name]": "x",
        },
    ),
    (
        "/stripe/v1/checkout/sessions",
        {
            "mode": "payment", "success_url": "https://a.example/", "line_items[0][quantity]": "1",
            "line_items[0][price_data][currency]": "usd",
            "line_items[0][price_data][unit_amount]": "100",
            "line_items[0][price_data][product_data][name]": "x",
        },
    ),
]  # fmt: skip


class Finding(AssertionError):
    """A fault that a target has found."""


def documents(data: bytes) -> None:
    """Only what a pinned key signed is accepted, and everything else is InvalidDocument."""
    choices = Choices(data)
    seed, check = choices.one_of(
        [
            (LICENSE, _accept_license),
            (REQUEST.encode(), _read_request),
            (activation_code_of_license(), _read_code),
            (MANIFEST.encode(), _verify_manifest),
        ]
    )
    changed = choices.left if choices.number(4) == 0 else mutated_bytes(seed, choices)
    with suppress(InvalidDocument):
        check(changed)
        if changed.strip() != seed.strip():
            raise Finding(f"accepted: {changed!r}")
    text = changed.decode("utf-8", "replace")
    found = license_in(text)
    if found.count(".") > text.count("."):
        raise Finding(f"made up: {found!r}")
    _ = issuer_of(changed)


def lines(data: bytes) -> None:
    """The local API's server answers each line with JSON, or closes; it never fails."""
    _local_api().feed(data)


def links(data: bytes) -> None:
    """Links, redirects, proxies and headers: refused or read, never an exception."""
    choices = Choices(data)
    changed = mutated_bytes(choices.one_of(LINKS), choices)
    text = changed.decode("utf-8", "replace")
    action_of_link(text, "nyra")
    decode_action(changed)
    if is_page(text) and not text.startswith(("https://", "http://")):
        raise Finding(f"a page: {text!r}")
    query = redirect_query(changed, authority="127.0.0.1:1", path="/signed-in/secret")
    attempt = SignInAttempt(verifier="v", state="s", redirect_uri="http://127.0.0.1:1/")
    with suppress(ValueError):
        # Too many fields, which the listener answers with 404.
        parse_authorization_response(query if query is not None else text, attempt)
    with suppress(InvalidInput):
        parse_proxy(text)
    environ = {"https_proxy": "http://proxy", "no_proxy": text}
    proxy_from_environment("https://billing.example", environ)
    retry_after_s(text, text)


def profiles(data: bytes) -> None:
    """A profile is read, or refused as InvalidInput."""
    choices = Choices(data)
    changed = mutated_bytes(PROFILE, choices)
    with suppress(InvalidInput, UnicodeDecodeError):
        parse_profile(decode_text(changed), Path("/nonexistent"))


def webhooks(data: bytes) -> None:
    """No signed event makes the backend fail: what it can't use is ignored or refused."""
    choices = Choices(data)
    body = mutated_json(choices.one_of(EVENTS), choices)
    stub, http = _stub()
    secret = stub.settings.webhook_secrets[0]
    header = sign(body, [secret], at_s=int(time.time()))
    _refuse_failure(http.post(WEBHOOK, content=body, headers={"stripe-signature": header}), body)


def forms(data: bytes) -> None:
    """No form makes the simulated Stripe fail."""
    choices = Choices(data)
    path, fields = choices.one_of(FORMS)
    fields = dict(fields)
    for _ in range(1 + choices.number(4)):
        name = choices.one_of([*fields, choices.text()])
        fields[name] = str(choices.value())
    _, http = _stub()
    body = urlencode(fields, errors="surrogatepass").encode()
    if choices.number(8) == 0:
        body = mutated_bytes(body, choices)
    headers = {
        "authorization": "Bearer sk_test_fuzz",
        "content-type": "application/x-www-form-urlencoded",
    }
    _refuse_failure(http.post(path, content=body, headers=headers), body)


TARGETS: dict[str, Callable[[bytes], None]] = {
    "documents": documents,
    "lines": lines,
    "links": links,
    "profiles": profiles,
    "webhooks": webhooks,
    "forms": forms,
}


def run_random(target: Callable[[bytes], None], seconds: float, seed: int) -> int:
    """Run a target with random bytes for some seconds; return how many inputs it got."""
    chance, limit, count = random.Random(seed), monotonic() + seconds, 0
    while monotonic() < limit:
        data = chance.randbytes(chance.randrange(1, 200))
        try:
            target(data)
        except Exception:
            logging.getLogger(__name__).critical("fault with %s (seed %d)", data.hex(), seed)
            raise
        count += 1
    return count


def _accept_license(data: bytes) -> None:
    accept_license(data, keys=KEYS, product=PRODUCT, device=DEVICE.thumbprint, newest=None)
    jose.verify(data, KEYS, LICENSE_TYP)


def _verify_manifest(data: bytes) -> None:
    verify_key_manifest(data, roots=ROOTS, product=PRODUCT)


def _read_request(data: bytes) -> None:
    try:
        offline.read_request(data.decode(), product=PRODUCT)
    except UnicodeDecodeError:
        raise InvalidDocument("Not text.") from None


def activation_code_of_license() -> bytes:
    """Return a text in the form of an activation code, with one wrong group."""
    return b"ABCDE FGHJK MNPQR"


def _read_code(data: bytes) -> None:
    _, request = offline.read_request(REQUEST, product=PRODUCT)
    context = activation_code.CodeContext(request=request, issuers=("https://billing.example",))
    activation_code.decode(data.decode("utf-8", "replace"), context, KEYS)


def _refuse_failure(answer: httpx.Response, body: bytes) -> None:
    if answer.status_code >= 500:
        raise Finding(f"{answer.status_code} {answer.text[:500]} for {body!r}")


@cache
def _stub() -> tuple[BillingStub, httpx.Client]:
    # Lives as long as the process, which is one run of the fuzzer.
    logging.disable(logging.CRITICAL)
    running = BillingStub.running(Path(tempfile.mkdtemp(prefix="keystead-fuzz-")))
    stub = running.__enter__()
    _kept.append(running)
    return stub, httpx.Client(base_url=stub.url, timeout=60)


_kept: list[Any] = []


class _Peer(asyncio.Transport):
    """Keeps what the server writes."""

    def __init__(self) -> None:
        super().__init__()
        self.written = bytearray()
        self.ended = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += data

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Ignore the limits: nothing waits here."""

    def is_closing(self) -> bool:
        return self.ended

    def close(self) -> None:
        self.ended = True

    def abort(self) -> None:
        self.ended = True


class _LocalApi:
    """The server's end of a connection, with a method of each name that returns its parameters."""

    def __init__(self) -> None:
        self._log = Log(SystemClocks(), LogFile(Path(tempfile.mkdtemp()) / "log"))
        self._loop = asyncio.new_event_loop()
        self._methods = {name: lambda _, params: params for name in local_api.METHODS}

    def feed(self, data: bytes) -> None:
        self._loop.run_until_complete(self._feed(data))

    async def _feed(self, data: bytes) -> None:
        peer, choices = _Peer(), Choices(data)
        connection = Connection(
            self._methods,
            accepts=lambda _: True,
            opened=lambda _: None,
            closed=lambda _: None,
            log=self._log,
        )
        connection.connection_made(peer)
        call = {"jsonrpc": "2.0", "id": 1, "method": choices.one_of(list(local_api.METHODS))}
        params = {"email": "a@b.example", "deviceId": "a" * 43, "document": "a.b.c", "seats": 2}
        line = mutated_json(call | {"params": params}, choices)
        changed = mutated_bytes(line, choices) if choices.number(2) else line
        for piece in (changed, b"\n", choices.left, b"\n"):
            if piece and not peer.ended:
                for start in range(0, len(piece), 4096):
                    part = piece[start : start + 4096]
                    connection.get_buffer(len(part))[: len(part)] = part
                    connection.buffer_updated(len(part))
        for answer in bytes(peer.written).splitlines():
            message = msgspec.json.decode(answer, type=local_api.Message)
            with suppress(KeysteadError):
                local_api.result_of(message, "daemon.stop")
            json.loads(answer)
        connection.connection_lost(None)


@cache
def _local_api() -> _LocalApi:
    return _LocalApi()
