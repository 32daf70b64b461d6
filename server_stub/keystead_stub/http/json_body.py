"""Reading a JSON body strictly, and documenting it in OpenAPI.

Litestar decodes bodies leniently: it would take the text "1" for a number. So a handler's ``data``
is decoded here, with no conversion between JSON types, and every refusal is the same generic one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec
from litestar import Request
from litestar.connection import ASGIConnection
from litestar.dto import AbstractDTO, DTOConfig
from litestar.handlers import BaseRouteHandler

from keystead_stub.http.errors import ProblemError

if TYPE_CHECKING:
    from litestar._openapi.schema_generation import SchemaCreator
    from litestar.dto._backend import DTOBackend
    from litestar.openapi.spec import Reference, Schema
    from litestar.typing import FieldDefinition


#: An escaped NUL. An even number of backslashes before it are escaped backslashes.
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


class JsonRequest(Request[Any, Any, Any]):
    """A request whose missing body is an empty object, so that it takes every default."""

    async def body(self) -> bytes:
        """Return the body. Raises HTTPException (413) for one over the size limit."""
        return await super().body() or b"{}"


class StrictJson(AbstractDTO[Any]):
    """Decode a handler's ``data`` as its annotated type. Answers are left as they are."""

    config = DTOConfig()

    def decode_bytes(self, value: bytes) -> Any:
        """Decode the body.

        Raises ProblemError (``invalid_request``), which doesn't say what is wrong with it: the
        schema is public, and a body may hold secrets.
        """
        field = self.asgi_connection.route_handler.parsed_data_field
        kind = field.annotation if field else Any
        try:
            decoded = msgspec.json.decode(value, type=kind)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise _invalid_body() from None
        # No text of a person contains NUL, and PostgreSQL stores none.
        if _NUL.search(value):
            raise _invalid_body()
        return decoded

    @classmethod
    def create_for_field_definition(
        cls,
        field_definition: FieldDefinition,
        handler_id: str,
        backend_cls: type[DTOBackend] | None = None,
    ) -> None:
        """Do nothing: the body is decoded as it is annotated, without a transfer model."""

    @classmethod
    def create_openapi_schema(
        cls, field_definition: FieldDefinition, handler_id: str, schema_creator: SchemaCreator
    ) -> Reference | Schema:
        """Document the annotated type."""
        return schema_creator.for_field_definition(field_definition)

    @classmethod
    def is_supported_model_type_field(cls, field_definition: FieldDefinition) -> bool:
        """Return False: this class decodes requests only, and no responses."""
        return False


def _invalid_body() -> ProblemError:
    return ProblemError("The request body is not valid.", code="invalid_request")


async def json_only(
    connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler
) -> None:
    """Guard against other media types. Raises ProblemError (``unsupported_media_type``)."""
    media_type = connection.headers.get("content-type", "").partition(";")[0].strip().lower()
    # A request without a body needs no type. With one it has to be JSON, which a form of another
    # website cannot send without a CORS preflight.
    has_body = connection.headers.get("content-length", "0") != "0" or (
        "transfer-encoding" in connection.headers
    )
    if media_type != "application/json" and (has_body or media_type):
        raise ProblemError("The request body must be JSON.", code="unsupported_media_type")
