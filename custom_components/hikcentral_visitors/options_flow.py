"""Changing how the facility works: one step for each subject, from a menu."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final, override

from homeassistant.config_entries import ConfigFlowResult, OptionsFlowWithReload
from homeassistant.helpers.selector import (
    BooleanSelector,
    DurationSelector,
    DurationSelectorConfig,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
    TimeSelector,
)
import voluptuous as vol

from .connection import Problem
from .const import (
    CONF_DEFAULT_DURATION,
    CONF_DOOR_LOCKS,
    CONF_DOORS,
    CONF_EARLY_ARRIVAL,
    CONF_EXIT_GRACE,
    CONF_EXIT_LEVELS,
    CONF_EXTEND_STEP,
    CONF_HOURS_FROM,
    CONF_HOURS_UNTIL,
    CONF_OPERATORS,
    CONF_POLL_BEHIND_PUSH,
    CONF_POLL_INTERVAL,
    CONF_PRESENCE_TIMEOUT,
    CONF_PROVISION_AHEAD,
    CONF_PUSH,
    CONF_PUSH_ADDRESS,
    CONF_PUSH_LOCAL_ONLY,
    CONF_RE_ENTRY_GRACE,
    CONF_RETENTION,
    CONF_RETIREMENT,
    CONF_VISIT_DEVICES,
    CONF_WAY_OUT,
)
from .facility import Facility
from .facility_forms import FormError, check_way_out, way_out_schema
from .facility_steps import FacilitySteps
from .push_address import (
    async_certificate_refused,
    guessed_address,
    normalised_address,
)
from .retirement import RetirementSteps
from .settings import Settings
from .visits.policy import LONGEST_STAY

_MINUTE: Final = timedelta(minutes=1)
_DURATION = DurationSelector(DurationSelectorConfig(enable_second=False))


def _number(least: int, most: int, unit: str) -> NumberSelector:
    return NumberSelector(
        NumberSelectorConfig(
            min=least,
            max=most,
            step=1,
            mode=NumberSelectorMode.BOX,
            unit_of_measurement=unit,
            translation_key="amount",
        )
    )


# Entered as hours and minutes or by the clock; the others as a number of their unit.
_DURATIONS: Final = (
    CONF_DEFAULT_DURATION,
    CONF_EARLY_ARRIVAL,
    CONF_EXTEND_STEP,
    CONF_RE_ENTRY_GRACE,
)
_CLOCK_TIMES: Final = (CONF_HOURS_FROM, CONF_HOURS_UNTIL)
_MOST_HOURS_INSIDE: Final = LONGEST_STAY // timedelta(hours=1)
_NOT_ZERO: Final = (CONF_DEFAULT_DURATION, CONF_EXTEND_STEP)
_VISITS: Final = vol.Schema(
    {
        vol.Required(CONF_DEFAULT_DURATION): _DURATION,
        vol.Required(CONF_EARLY_ARRIVAL): _DURATION,
        vol.Required(CONF_EXTEND_STEP): _DURATION,
        vol.Required(CONF_RE_ENTRY_GRACE): _DURATION,
        vol.Required(CONF_HOURS_FROM): TimeSelector(),
        vol.Required(CONF_HOURS_UNTIL): TimeSelector(),
        vol.Required(CONF_PROVISION_AHEAD): _number(1, 31, "days"),
        vol.Required(CONF_PRESENCE_TIMEOUT): _number(1, _MOST_HOURS_INSIDE, "hours"),
        vol.Required(CONF_RETENTION): _number(1, 3650, "days"),
        vol.Required(CONF_VISIT_DEVICES): _number(0, 200, "places"),
    }
)
_EXAMPLE: Final = "http://192.168.1.10:8123"
_PUSH: Final = vol.Schema(
    {
        vol.Required(CONF_PUSH): BooleanSelector(),
        vol.Optional(CONF_PUSH_ADDRESS): TextSelector(
            TextSelectorConfig(type=TextSelectorType.URL)
        ),
        vol.Required(CONF_PUSH_LOCAL_ONLY): BooleanSelector(),
        vol.Required(CONF_POLL_BEHIND_PUSH): _number(1, 15, "minutes"),
    }
)
_DEVICES: Final = vol.Schema(
    {
        vol.Required(CONF_POLL_INTERVAL): _number(5, 300, "seconds"),
        vol.Required(CONF_DOOR_LOCKS): BooleanSelector(),
    }
)


class HikCentralOptionsFlow(RetirementSteps, FacilitySteps, OptionsFlowWithReload):
    """Change the options of an entry; what is saved is in force at once."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        """Begin with the options as they are."""
        self._options = dict(options)

    async def async_step_init(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Show what can be changed."""
        last = "reinstate" if CONF_RETIREMENT in self._options else "retire"
        return self.async_show_menu(
            menu_options=[
                "access",
                "doors",
                "way_out",
                "people",
                "visits",
                "push",
                "devices",
                last,
            ]
        )

    @override
    def _data(self) -> Mapping[str, Any]:
        return self.config_entry.data

    @override
    async def _async_access_chosen(self, facility: Facility) -> ConfigFlowResult:
        """Save, unless added levels open doors that are not watched yet."""
        if self._suggested_doors(facility) != list(self._options.get(CONF_DOORS, {})):
            return await self.async_step_doors()
        return self._save()

    @override
    async def _async_roles_chosen(self) -> ConfigFlowResult:
        return self._save()

    async def async_step_way_out(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask how visitors get out, and what they need for it."""
        if self._facility is None:
            user_input = None
        facility = await self._async_ask()
        if isinstance(facility, Problem):
            return self._show("way_out", vol.Schema({}), facility)
        grace = Settings.from_options(self._options).exit_grace
        entered = {**self._options, CONF_EXIT_GRACE: _hours_and_minutes(grace)}
        problem, field = None, "base"
        if user_input is not None:
            entered |= {CONF_EXIT_LEVELS: [], **user_input}
            try:
                check_way_out(facility, entered, self._options)
            except FormError as error:
                problem, field = error.problem, error.field
            else:
                grace = timedelta(**entered[CONF_EXIT_GRACE])
                return self._save(
                    {
                        CONF_WAY_OUT: entered[CONF_WAY_OUT],
                        CONF_EXIT_LEVELS: entered[CONF_EXIT_LEVELS],
                        CONF_EXIT_GRACE: round(grace / _MINUTE),
                    }
                )
        return self._show("way_out", way_out_schema(facility, entered), problem, field)

    async def async_step_people(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask who may change access besides administrators and automations."""
        if user_input is not None:
            return self._save({CONF_OPERATORS: user_input.get(CONF_OPERATORS, [])})
        users = {
            user.id: user.name or user.id
            for user in await self.hass.auth.async_get_users()
            if not user.system_generated
        }
        chosen = [one for one in self._options.get(CONF_OPERATORS, []) if one in users]
        selector = SelectSelector(
            SelectSelectorConfig(
                options=[
                    SelectOptionDict(value=one, label=name)
                    for one, name in users.items()
                ],
                multiple=True,
                mode=SelectSelectorMode.LIST,
                sort=True,
            )
        )
        field = vol.Optional(CONF_OPERATORS, description={"suggested_value": chosen})
        return self._show("people", vol.Schema({field: selector}))

    async def async_step_visits(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for times around a visit."""
        problem, field = None, "base"
        if user_input is None:
            entered = self._present_visits()
        else:
            entered = user_input
            changes = {key: _kept(key, value) for key, value in user_input.items()}
            zero = [key for key in _NOT_ZERO if changes[key] < 1]
            if not zero:
                return self._save(changes)
            problem, field = Problem("span_of_nothing"), zero[0]
        schema = self.add_suggested_values_to_schema(_VISITS, entered)
        return self._show("visits", schema, problem, field)

    def _present_visits(self) -> dict[str, Any]:
        settings = Settings.from_options(self._options)
        day, hour = timedelta(days=1), timedelta(hours=1)
        return {
            CONF_DEFAULT_DURATION: _hours_and_minutes(settings.default_duration),
            CONF_EARLY_ARRIVAL: _hours_and_minutes(settings.early_arrival),
            CONF_EXTEND_STEP: _hours_and_minutes(settings.extend_step),
            CONF_RE_ENTRY_GRACE: _hours_and_minutes(settings.re_entry_grace),
            CONF_HOURS_FROM: settings.hours_from.isoformat(),
            CONF_HOURS_UNTIL: settings.hours_until.isoformat(),
            CONF_PROVISION_AHEAD: settings.provision_ahead // day,
            CONF_PRESENCE_TIMEOUT: settings.presence_timeout // hour,
            CONF_RETENTION: settings.retention // day,
            CONF_VISIT_DEVICES: settings.visit_devices,
        }

    async def async_step_push(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask whether and where HikCentral pushes events to."""
        problem, field = None, "base"
        if user_input is None:
            settings = Settings.from_options(self._options)
            entered: dict[str, Any] = {
                CONF_PUSH: settings.push,
                CONF_PUSH_ADDRESS: settings.push_address,
                CONF_PUSH_LOCAL_ONLY: settings.push_local_only,
                CONF_POLL_BEHIND_PUSH: settings.poll_behind_push // _MINUTE,
            }
        else:
            entered = user_input
            address, problem = await self._push_address(user_input)
            if problem is None:
                every = int(user_input[CONF_POLL_BEHIND_PUSH])
                changes = {CONF_PUSH_ADDRESS: address, CONF_POLL_BEHIND_PUSH: every}
                return self._save({**user_input, **changes})
            field = CONF_PUSH_ADDRESS
        schema = self.add_suggested_values_to_schema(_PUSH, entered)
        words = {"address": guessed_address(self.hass) or "-", "example": _EXAMPLE}
        return self._show("push", schema, problem, field, words)

    async def _push_address(
        self, entered: Mapping[str, Any]
    ) -> tuple[str, Problem | None]:
        """Return the address as it is kept, and what is wrong with it."""
        text = entered.get(CONF_PUSH_ADDRESS, "").strip()
        if not text:
            return "", None
        try:
            address = normalised_address(text)
        except ValueError:
            return text, Problem("push_address_invalid")
        if entered[CONF_PUSH] and await async_certificate_refused(self.hass, address):
            return text, Problem("push_certificate")
        return address, None

    async def async_step_devices(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask how often passages are asked for, and what doors are."""
        if user_input is not None:
            interval = int(user_input[CONF_POLL_INTERVAL])
            return self._save({**user_input, CONF_POLL_INTERVAL: interval})
        settings = Settings.from_options(self._options)
        present = {
            CONF_POLL_INTERVAL: settings.poll_interval // timedelta(seconds=1),
            CONF_DOOR_LOCKS: settings.door_locks,
        }
        schema = self.add_suggested_values_to_schema(_DEVICES, present)
        return self._show("devices", schema)

    def _save(self, changes: Mapping[str, Any] | None = None) -> ConfigFlowResult:
        return self.async_create_entry(data={**self._options, **(changes or {})})


def _kept(key: str, entered: Any) -> Any:
    """Return a time around visits as it is kept."""
    if key in _DURATIONS:
        return round(timedelta(**entered) / _MINUTE)
    return entered if key in _CLOCK_TIMES else int(entered)


def _hours_and_minutes(span: timedelta) -> dict[str, int]:
    hours, minutes = divmod(span // _MINUTE, 60)
    return {"hours": hours, "minutes": minutes}
