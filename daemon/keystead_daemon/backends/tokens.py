"""Responses of a token endpoint (RFC 6749 §5). Pure."""

from __future__ import annotations

from keystead.errors import BackendRefused, BackendUnreachable
from keystead.wire.sign_in import TokenError, Tokens
from keystead_daemon.backends.responses import decode_body
from keystead_daemon.transport import HttpReply


def tokens_in(reply: HttpReply) -> Tokens:
    """Return the tokens. Raises BackendRefused (``sign_in_failed``), BackendUnreachable."""
    if reply.status == 200:
        tokens = decode_body(reply, Tokens)
        if tokens is not None and tokens.token_type.lower() == "bearer":
            return tokens
    elif 400 <= reply.status < 500 and decode_body(reply, TokenError) is not None:
        raise BackendRefused(
            "The authorization server refused the grant.",
            status=reply.status,
            code="sign_in_failed",
        )
    raise BackendUnreachable(
        "The response isn't from an authorization server.", code="not_the_backend"
    )
