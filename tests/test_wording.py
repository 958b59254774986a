"""How facts are written into texts."""

from datetime import UTC, datetime

from homeassistant.core import HomeAssistant
import pytest

from custom_components.hikcentral_visitors.wording import first_names, shown


@pytest.mark.parametrize(
    ("names", "text"),
    [
        ([], "—"),
        (["Ada"], "Ada"),
        (["Ada", "Bo", "Cy"], "Ada, Bo, Cy"),
        (["Ada", "Bo", "Cy", "Di"], "Ada, Bo, Cy …"),
    ],
)
def test_the_first_are_named(names: list[str], text: str) -> None:
    assert first_names(names) == text


async def test_an_instant_is_the_facilitys_and_does_not_break(
    hass: HomeAssistant,
) -> None:
    await hass.config.async_set_time_zone("Asia/Yekaterinburg")
    text = shown(datetime(2026, 11, 20, 21, 5, tzinfo=UTC))
    assert text == "2026\u201111\u201121\u00a002:05"


def test_no_instant_is_nothing() -> None:
    assert shown(None) == "—"
