"""The merchant's figures of a range of days, and the time zone that its days are of."""

from __future__ import annotations

from typing import Annotated

from litestar import get, patch
from litestar.params import QueryParameter

from keystead.wire.dashclicks import money as wire
from keystead_stub.billing_apis.dashclicks.merchants import overview_query
from keystead_stub.billing_apis.dashclicks.routes.guards import (
    MERCHANT,
    REFUSALS,
    WITH_BODY,
    merchant_of,
)
from keystead_stub.billing_apis.dashclicks.routes.parameters import Session
from keystead_stub.dependencies import Injected
from keystead_stub.http.problem_responses import documented
from keystead_stub.http.requests import AnyRequest, Described, body_of

StartDate = Annotated[str, QueryParameter(name="startDate", description="The first day (ISO).")]
EndDate = Annotated[
    str, QueryParameter(name="endDate", description="The last day (ISO), which is included.")
]
TimeZone = Annotated[
    str | None,
    QueryParameter(name="timeZone", description="An IANA name.", max_length=64, required=False),
]


@get(
    wire.OVERVIEW,
    guards=MERCHANT,
    responses=REFUSALS,
    summary="Volume, fees, refunds, disputes, customers and recurring revenue, by day",
)
async def get_overview(
    *,
    request: AnyRequest,
    services: Injected,
    start_date: StartDate,
    end_date: EndDate,
    time_zone: TimeZone = None,
    authorization: Session = None,
) -> wire.Overview:
    merchant = merchant_of(request)
    days = overview_query.period(services, merchant, start_date, end_date, time_zone)
    return await overview_query.overview_of(services, merchant, days)


@get(
    wire.SETTINGS,
    guards=MERCHANT,
    responses=documented(401, 403),
    summary="How the account wants its figures",
    sync_to_thread=False,
)
def get_settings(
    request: AnyRequest, services: Injected, authorization: Session = None
) -> wire.Settings:
    return wire.Settings(time_zone=overview_query.time_zone(services, merchant_of(request)))


@patch(
    wire.SETTINGS,
    guards=WITH_BODY,
    responses=documented(400, 401, 403, 413, 415),
    summary="Change how the account wants its figures",
)
async def patch_settings(
    request: AnyRequest,
    services: Injected,
    data: Described[wire.SettingsChange],
    authorization: Session = None,
) -> wire.Settings:
    wanted = await body_of(request, wire.SettingsChange)
    overview_query.set_time_zone(services, merchant_of(request), wanted.time_zone)
    return wire.Settings(time_zone=wanted.time_zone)


HANDLERS = (get_overview, get_settings, patch_settings)
