"""The forms on access levels, doors and readers: shown, and turned into options."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    DurationSelector,
    DurationSelectorConfig,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
)
import voluptuous as vol

from .connection import Problem
from .const import (
    CONF_ACCESS_LEVELS,
    CONF_DEFAULT_LEVELS,
    CONF_DOORS,
    CONF_EXIT_GRACE,
    CONF_EXIT_LEVELS,
    CONF_ORGANISATION,
    CONF_READERS,
    CONF_WAY_OUT,
)
from .facility import Facility
from .hikcentral import AccessLevel, Reader
from .settings import WayOut
from .visits.passage import DoorRole, role_from_name

_ROLE_FIELDS: Final = {
    "entrances": DoorRole.ENTRY,
    "exits": DoorRole.EXIT,
    "passages": DoorRole.PASSAGE,
}
_DOORS_SHOWN = 4


class FormError(Exception):
    """What was entered does not go together."""

    def __init__(self, field: str, problem: Problem) -> None:
        """Keep the field to blame, or "base", and what is wrong."""
        super().__init__(field, problem.key)
        self.field = field
        self.problem = problem


def access_schema(facility: Facility, options: Mapping[str, Any]) -> vol.Schema:
    """Return the form on access levels and organisation."""
    likely = facility.likely_levels()
    managed = list(options.get(CONF_ACCESS_LEVELS, likely))
    given = list(options.get(CONF_DEFAULT_LEVELS, likely[:1]))
    paths = facility.organisation_paths()
    kept = options.get(CONF_ORGANISATION)
    organisation = kept if kept in paths else facility.likely_organisation()
    labels = {level.id: _level_label(level) for level in facility.levels}
    levels = _several(_with_gone(labels, managed))
    return vol.Schema(
        {
            _suggested(CONF_ACCESS_LEVELS, managed): levels,
            _suggested(CONF_DEFAULT_LEVELS, given): levels,
            vol.Required(
                CONF_ORGANISATION, description={"suggested_value": organisation}
            ): SelectSelector(
                SelectSelectorConfig(
                    options=_choices(paths), mode=SelectSelectorMode.DROPDOWN, sort=True
                )
            ),
        }
    )


def access_options(
    entered: Mapping[str, Any], options: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the options on access, beside those so far; raises FormError."""
    managed = entered.get(CONF_ACCESS_LEVELS, [])
    given = entered.get(CONF_DEFAULT_LEVELS, [])
    if not managed:
        raise FormError(CONF_ACCESS_LEVELS, Problem("levels_missing"))
    if not given:
        raise FormError(CONF_DEFAULT_LEVELS, Problem("default_levels_missing"))
    if not set(given) <= set(managed):
        raise FormError(CONF_DEFAULT_LEVELS, Problem("default_levels_not_chosen"))
    by_reader = options.get(CONF_WAY_OUT) == WayOut.READER
    if by_reader and not set(managed).isdisjoint(options.get(CONF_EXIT_LEVELS, ())):
        raise FormError(CONF_ACCESS_LEVELS, Problem("level_for_leaving_chosen"))
    return {
        CONF_ACCESS_LEVELS: managed,
        CONF_DEFAULT_LEVELS: given,
        CONF_ORGANISATION: entered[CONF_ORGANISATION],
    }


def way_out_schema(facility: Facility, entered: Mapping[str, Any]) -> vol.Schema:
    """Return the form on how visitors get out."""
    chosen = list(entered.get(CONF_EXIT_LEVELS, ()))
    labels = {level.id: _level_label(level) for level in facility.levels}
    return vol.Schema(
        {
            _suggested(
                CONF_WAY_OUT, entered.get(CONF_WAY_OUT, WayOut.FREE.value)
            ): SelectSelector(
                SelectSelectorConfig(
                    options=[way.value for way in WayOut],
                    mode=SelectSelectorMode.LIST,
                    translation_key=CONF_WAY_OUT,
                )
            ),
            _suggested(CONF_EXIT_LEVELS, chosen): _several(_with_gone(labels, chosen)),
            _suggested(CONF_EXIT_GRACE, entered[CONF_EXIT_GRACE]): DurationSelector(
                DurationSelectorConfig(enable_second=False)
            ),
        }
    )


def check_way_out(
    facility: Facility, entered: Mapping[str, Any], options: Mapping[str, Any]
) -> None:
    """Check that what is kept for leaving lets nobody in; raises FormError.

    The roles of doors are those in the options.
    """
    if entered[CONF_WAY_OUT] != WayOut.READER:
        return
    chosen = entered.get(CONF_EXIT_LEVELS, [])
    if not chosen:
        raise FormError(CONF_EXIT_LEVELS, Problem("exit_levels_missing"))
    managed = options.get(CONF_ACCESS_LEVELS, ())
    roles = options.get(CONF_DOORS, {})
    for level in facility.levels:
        if level.id not in chosen:
            continue
        name = {"name": level.name or level.id}
        if level.id in managed:
            raise FormError(CONF_EXIT_LEVELS, Problem("exit_level_managed", name))
        for door in level.doors:
            if roles.get(door.id) == DoorRole.ENTRY:
                name["door"] = door.name or door.id
                raise FormError(CONF_EXIT_LEVELS, Problem("exit_level_lets_in", name))


def doors_schema(facility: Facility, chosen: Sequence[str]) -> vol.Schema:
    """Return the form on which doors belong to the visitors' ways."""
    labels = _with_gone(door_labels(facility), chosen)
    return vol.Schema({_suggested(CONF_DOORS, list(chosen)): _several(labels)})


def roles_schema(
    doors: Mapping[str, str],
    readers: Mapping[str, str],
    door_roles: Mapping[str, str],
    reader_roles: Mapping[str, str],
) -> vol.Schema:
    """Return the form on what passing each door and reader means.

    `doors` and `readers` are names by id, and guessed from where no role is known.
    A list for each role instead of a role for each door: a large site has hundreds.
    """
    fields: dict[Any, Any] = _role_fields(doors, door_roles)
    if readers:
        inner = vol.Schema(_role_fields(readers, reader_roles))
        fields[vol.Required(CONF_READERS)] = section(inner, {"collapsed": True})
    return vol.Schema(fields)


def _role_fields(
    names: Mapping[str, str], known: Mapping[str, str]
) -> dict[Any, SelectSelector]:
    roles = {
        one: DoorRole(known[one]) if one in known else role_from_name(name)
        for one, name in names.items()
    }
    return {
        _suggested(field, [one for one in names if roles[one] is role]): _several(names)
        for field, role in _ROLE_FIELDS.items()
    }


def roles_options(
    doors: Mapping[str, str], readers: Mapping[str, str], entered: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the options on doors and readers; raises FormError.

    All that were shown get a role, also those that are not counted, so that they are
    not guessed anew.
    """
    return {
        CONF_DOORS: _roles(doors, entered),
        CONF_READERS: _roles(readers, entered.get(CONF_READERS, {})),
    }


def _roles(names: Mapping[str, str], entered: Mapping[str, Any]) -> dict[str, str]:
    roles = dict.fromkeys(names, DoorRole.UNKNOWN.value)
    for field, role in _ROLE_FIELDS.items():
        for one in entered.get(field, []):
            if roles[one] != DoorRole.UNKNOWN.value:
                raise FormError("base", Problem("two_roles", {"name": names[one]}))
            roles[one] = role.value
    return roles


def door_labels(facility: Facility) -> dict[str, str]:
    """Return the names of all doors by id, told apart where they are the same."""
    return _told_apart({door.id: door.name for door in facility.doors})


def reader_labels(
    readers: Iterable[Reader], doors: Mapping[str, str]
) -> dict[str, str]:
    """Return the names of readers behind those of their doors, by id."""
    return _told_apart(
        {
            reader.id: f"{doors.get(reader.door_id, reader.door_id)} – {reader.name}"
            for reader in readers
        }
    )


def _level_label(level: AccessLevel) -> str:
    names = [door.name or door.id for door in level.doors]
    text = ", ".join(names[:_DOORS_SHOWN])
    if more := len(names) - _DOORS_SHOWN:
        text += f" +{more}" if more > 0 else ""
    name = level.name or level.id
    return f"{name} ({text})" if text else name


def _told_apart(names: Mapping[str, str]) -> dict[str, str]:
    given = Counter(names.values())
    return {
        one: name if name and given[name] == 1 else f"{name} ({one})".strip()
        for one, name in names.items()
    }


def _with_gone(labels: Mapping[str, str], chosen: Iterable[str]) -> dict[str, str]:
    """Return the labels with those chosen earlier that the server no longer shows.

    A lapse of the server's must not take away what was chosen without a word.
    """
    gone = {one: f"? ({one})" for one in chosen if one not in labels}
    return {**labels, **gone}


def _suggested(key: str, value: object) -> vol.Optional:
    return vol.Optional(key, description={"suggested_value": value})


def _choices(labels: Mapping[str, str]) -> list[SelectOptionDict]:
    return [SelectOptionDict(value=key, label=text) for key, text in labels.items()]


def _several(labels: Mapping[str, str]) -> SelectSelector:
    return SelectSelector(
        SelectSelectorConfig(
            options=_choices(labels), multiple=True, mode=SelectSelectorMode.DROPDOWN
        )
    )
