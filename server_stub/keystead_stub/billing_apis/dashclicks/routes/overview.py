"""The merchant's figures for a range of days, and the time zone of these days."""

from __future__ import annotations

from typing import Annotated

from litestar.params import QueryParameter

from keystead.wire.dashclicks import money as wire
from keystead_stub.billing_apis.common.dependencies import Injected
from keystead_stub.billing_apis.dashclicks.reports import overview_query
from keystead_stub.billing_apis.dashclicks.routes.shared import (
    STRIPE_REFUSALS,
    CurrentMerchant,
    merchant_routes,
)
from keystead_stub.http.api_routes import Body

StartDate = Annotated[str, QueryParameter(name="startDate", description="The first day (ISO).")]
EndDate = Annotated[
    str, QueryParameter(name="endDate", description="The last day (ISO), which is included.")
]
TimeZone = Annotated[
    str | None,
    QueryParameter(name="timeZone", description="An IANA name.", max_length=64, required=False),
]

routes = merchant_routes()


@routes.get(wire.OVERVIEW, refuses=STRIPE_REFUSALS)
async def get_overview(
    *,
    services: Injected,
    merchant: CurrentMerchant,
    start_date: StartDate,
    end_date: EndDate,
    time_zone: TimeZone = None,
) -> wire.Overview:
    """Get volume, fees, refunds, disputes, customers and recurring revenue by day."""
    days = overview_query.period(services, merchant, start_date, end_date, time_zone)
    return await overview_query.overview_of(services, merchant, days)


@routes.get(wire.SETTINGS)
def get_settings(services: Injected, merchant: CurrentMerchant) -> wire.Settings:
    """Get the settings of the account's figures."""
    return wire.Settings(time_zone=overview_query.time_zone(services, merchant))


@routes.patch(wire.SETTINGS)
async def patch_settings(
    services: Injected, merchant: CurrentMerchant, data: Body[wire.SettingsChange]
) -> wire.Settings:
    """Change the settings of the account's figures."""
    overview_query.set_time_zone(services, merchant, data.time_zone)
    return wire.Settings(time_zone=data.time_zone)
