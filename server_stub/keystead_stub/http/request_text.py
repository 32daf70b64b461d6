"""Refuse NUL in a request's texts: no person writes it, and PostgreSQL stores no text with it.

Bodies are checked where they are decoded (`json_body`, `pages.forms`).
"""

from __future__ import annotations

from litestar.handlers import BaseRouteHandler

from keystead_stub.http.errors import ProblemError
from keystead_stub.http.requests import AnyConnection

NUL = "\0"


async def without_nul(connection: AnyConnection, _handler: BaseRouteHandler) -> None:
    """Guard against NUL in the path and the query. Raises ProblemError (``invalid_request``)."""
    # The path has been decoded already, the query has not.
    if NUL in connection.scope["path"] or b"%00" in connection.scope["query_string"]:
        raise ProblemError("The address contains a null byte.", code="invalid_request")
