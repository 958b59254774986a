"""The steps on access levels, doors and readers, which setup and options share."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

from homeassistant.config_entries import ConfigEntryBaseFlow, ConfigFlowResult
import voluptuous as vol

from .connection import Problem, create_client, problem_of
from .const import CONF_ACCESS_LEVELS, CONF_DOORS, CONF_READERS, CONF_URL
from .facility import Facility, async_read_facility, async_read_readers
from .facility_forms import (
    FormError,
    access_options,
    access_schema,
    door_labels,
    doors_schema,
    reader_labels,
    roles_options,
    roles_schema,
)
from .hikcentral import HikCentralClient, HikCentralError


class FacilitySteps(ConfigEntryBaseFlow):
    """What both flows ask about the facility: access, then doors, then their roles.

    `_options` are the options so far. Where the server cannot be asked, a step shows
    an empty form that says so, and sending it tries again.
    """

    _options: dict[str, Any]
    _facility: Facility | None = None
    _added: frozenset[str] = frozenset()  # levels chosen in this flow
    _doors: dict[str, str]
    _readers: dict[str, str]

    @abstractmethod
    def _data(self) -> Mapping[str, Any]:
        """Return the connection to ask over, as in the data of a config entry."""

    @abstractmethod
    async def _async_access_chosen(self, facility: Facility) -> ConfigFlowResult:
        """Go on after the step on access."""

    @abstractmethod
    async def _async_roles_chosen(self) -> ConfigFlowResult:
        """Go on after the step on roles."""

    def _client(self) -> HikCentralClient:
        return create_client(self.hass, self._data())

    async def _async_ask(self) -> Facility | Problem:
        """Return what there is to choose from, asked for once in a flow."""
        if self._facility is None:
            try:
                facility = await async_read_facility(self._client())
            except HikCentralError as error:
                return problem_of(error)
            if facility.lack:
                return Problem(facility.lack)
            self._facility = facility
        return self._facility

    async def async_step_access(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for access levels and organisation."""
        if self._facility is None:
            user_input = None  # of the form that only said what was wrong
        facility = await self._async_ask()
        if isinstance(facility, Problem):
            return self._show("access", vol.Schema({}), facility)
        problem, field = None, "base"
        if user_input is not None:
            before = self._options.get(CONF_ACCESS_LEVELS, ())
            try:
                self._options |= access_options(user_input, self._options)
            except FormError as error:
                problem, field = error.problem, error.field
            else:
                levels = frozenset(self._options[CONF_ACCESS_LEVELS])
                self._added = levels.difference(before)
                return await self._async_access_chosen(facility)
        schema = access_schema(facility, {**self._options, **(user_input or {})})
        return self._show("access", schema, problem, field)

    async def async_step_doors(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask which doors are watched for passages of visitors."""
        if self._facility is None:
            user_input = None
        facility = await self._async_ask()
        if isinstance(facility, Problem):
            return self._show("doors", vol.Schema({}), facility)
        problem, field = None, "base"
        if user_input is None:
            chosen = self._suggested_doors(facility)
        else:
            chosen = user_input.get(CONF_DOORS, [])
            if not chosen:
                problem, field = Problem("doors_missing"), CONF_DOORS
            else:
                problem = await self._async_read_roles(facility, chosen)
                if problem is None:
                    return await self.async_step_roles()
        return self._show("doors", doors_schema(facility, chosen), problem, field)

    def _suggested_doors(self, facility: Facility) -> list[str]:
        """Return the doors chosen earlier and those that added levels open.

        Where the server does not tell which doors a level opens, all.
        """
        chosen = list(self._options.get(CONF_DOORS, {}))
        opened = facility.doors_of(self._added)
        both = chosen + [door for door in opened if door not in chosen]
        return both or [door.id for door in facility.doors]

    async def _async_read_roles(
        self, facility: Facility, chosen: list[str]
    ) -> Problem | None:
        labels = door_labels(facility)
        known = [door for door in chosen if door in labels]
        try:
            readers = await async_read_readers(self._client(), known)
        except HikCentralError as error:
            return problem_of(error)
        self._doors = {door: labels.get(door, f"? ({door})") for door in chosen}
        self._readers = reader_labels(readers, labels)
        return None

    async def async_step_roles(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask which doors and readers are entrances, exits or just passed."""
        problem = None
        schema = roles_schema(
            self._doors,
            self._readers,
            self._options.get(CONF_DOORS, {}),
            self._options.get(CONF_READERS, {}),
        )
        if user_input is not None:
            try:
                self._options |= roles_options(self._doors, self._readers, user_input)
            except FormError as error:
                problem = error.problem
                schema = self.add_suggested_values_to_schema(schema, user_input)
            else:
                return await self._async_roles_chosen()
        return self._show("roles", schema, problem)

    def _show(
        self,
        step_id: str,
        schema: vol.Schema,
        problem: Problem | None = None,
        field: str = "base",
        placeholders: Mapping[str, str] | None = None,
    ) -> ConfigFlowResult:
        """Show a form, with what was wrong with the answer to it."""
        return self.async_show_form(
            step_id=step_id,
            data_schema=schema,
            errors={field: problem.key} if problem else {},
            description_placeholders={
                CONF_URL: self._data().get(CONF_URL, ""),
                **(placeholders or {}),
                **(problem.placeholders if problem else {}),
            },
        )
