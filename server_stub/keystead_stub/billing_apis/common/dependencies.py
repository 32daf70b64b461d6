"""What handlers of several billing APIs take: the services, and the program that asks."""

from __future__ import annotations

from typing import Annotated

from litestar.di import NamedDependency
from litestar.params import HeaderParameter, SkipValidation

from keystead.wire.fields import PRODUCT_HEADER
from keystead_stub.services import Services

Injected = NamedDependency[SkipValidation[Services]]
#: The product id of the program that asks, where it names one.
Product = Annotated[
    str | None,
    HeaderParameter(
        name=PRODUCT_HEADER,
        description=(
            "The product id of the program that asks. "
            "It gets what the seller of that product sells and has sold, and nothing else."
        ),
        min_length=1,
        max_length=300,
        required=False,
    ),
]
