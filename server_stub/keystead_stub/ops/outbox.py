"""The outbox: mails to customers, sealed at rest, and limited for each recipient.

A stranger can cause a mail to anyone whose address they know, so the limits count the recipient's
mails, whoever asked for them, and all processes count together.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import sqlalchemy as sa

from keystead.instants import DAY_MS, HOUR_MS
from keystead_stub.ops.sealed_text import seal, unseal
from keystead_stub.store import locks, restores
from keystead_stub.store.restores import MailRow

MAX_PER_HOUR = 3
MAX_PER_DAY = 10
_PURPOSE = b"outbox"


class Mail(msgspec.Struct, frozen=True, kw_only=True):
    """A mail. `link` is the link in its body, if there is one."""

    recipient: str
    subject: str
    body: str
    link: str | None
    created_at: int


def send(connection: sa.Connection, secrets: Sequence[str], mail: Mail) -> bool:
    """Put the mail into the outbox, and return whether the recipient's limits allowed it."""
    # Addresses that differ in case alone are one mailbox at nearly every provider.
    mailbox = mail.recipient.casefold()
    # Two processes must not both count the others before either of them has sent.
    locks.take(connection, f"mailbox:{mailbox}")
    sent = restores.list_mail_times(connection, mailbox, since_ms=mail.created_at - DAY_MS)
    if not within_limits(sent, mail.created_at):
        return False
    row = MailRow(
        recipient=mail.recipient,
        subject=mail.subject,
        body=seal(mail.body, secrets, purpose=_PURPOSE),
        link=seal(mail.link, secrets, purpose=_PURPOSE) if mail.link else None,
        created_at=mail.created_at,
        mailbox=mailbox,
    )
    restores.insert_mail(connection, row)
    return True


def within_limits(sent_ms: list[int], now_ms: int) -> bool:
    """Return whether another mail may be sent, by the times of the recipient's last day."""
    last_hour = [one for one in sent_ms if one > now_ms - HOUR_MS]
    return len(last_hour) < MAX_PER_HOUR and len(sent_ms) < MAX_PER_DAY


def list_mails(connection: sa.Connection, secrets: Sequence[str], limit: int = 100) -> list[Mail]:
    """Return the newest mails first."""
    return [_opened(row, secrets) for row in restores.list_mails(connection, limit)]


def _opened(row: MailRow, secrets: Sequence[str]) -> Mail:
    # A mail that was sealed by a secret that is gone is shown without its content.
    return Mail(
        recipient=row.recipient,
        subject=row.subject,
        body=unseal(row.body, secrets, purpose=_PURPOSE) or "",
        link=unseal(row.link, secrets, purpose=_PURPOSE) if row.link else None,
        created_at=row.created_at,
    )
