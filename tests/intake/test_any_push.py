"""Whatever is pushed is recorded or passed over, and stops nothing."""

from typing import Any

from hypothesis import HealthCheck, event, given, settings, strategies as st

from custom_components.hikcentral_visitors.hikcentral import (
    ACCESS_TYPES,
    HikCentralError,
    parse_push,
)
from tests.hikcentral.strategies import JSON

from .conftest import PERSON, START, House

TIMES = st.sampled_from(
    [
        START.isoformat(),
        "2026-03-02T09:00:00",
        "2199-12-31T23:59:59+14:00",
        "0001-01-01T00:00:00Z",
    ]
)
DOORS = st.sampled_from(["11", "12", "99", ""])
DATA = st.fixed_dictionaries(
    {},
    optional={
        "personId": st.sampled_from([PERSON, "1"]) | JSON,
        "personCode": st.just("TST") | JSON,
        "doorIndexCode": DOORS | JSON,
        "readerIndexCode": st.sampled_from(["21", "22"]) | JSON,
        "doorName": JSON,
        "cardNo": JSON,
        "checkInAndOutType": st.sampled_from([0, 1, 2]) | JSON,
        "picUri": JSON,
        "happenTime": TIMES | JSON,
    },
)
PUSHED = st.fixed_dictionaries(
    {
        "eventType": st.sampled_from(sorted(ACCESS_TYPES)) | JSON,
        "happenTime": TIMES | JSON,
        "data": DATA | JSON,
    },
    optional={
        "eventId": st.text(max_size=3) | JSON,
        "srcIndex": DOORS | JSON,
        "srcName": JSON,
        "status": JSON,
    },
)


@given(pushed=st.lists(PUSHED | JSON, max_size=4))
@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
async def test_whatever_is_pushed_is_taken_in_or_passed_over(
    house: House, pushed: list[Any]
) -> None:
    """D3: no field is relied upon, from the webhook to the ledger."""
    try:
        push = parse_push({"params": {"events": pushed}})
    except HikCentralError:
        return
    taken = await house.intake().async_take(push.events)
    event(f"{taken.recorded} recorded")
