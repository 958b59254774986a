"""What went wrong, as errors that Home Assistant shows in the reader's language."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from types import MappingProxyType

from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers.translation import async_get_cached_translations

from .const import DOMAIN
from .ledger import LedgerError
from .visits.checks import CommandRefusedError


def refusal(key: str, **placeholders: str) -> ServiceValidationError:
    """Return the error for a mistake of the caller: `exceptions.<key>` of the texts."""
    return ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key=key,
        translation_placeholders=placeholders,
    )


@contextmanager
def translated_errors(
    level_names: Mapping[str, str] = MappingProxyType({}),
) -> Generator[None]:
    """Turn what the book raises into errors that are shown to people.

    `level_names` are those of access levels, by id, where some may be refused. Raises
    ServiceValidationError for a refused command, HomeAssistantError where the disk
    failed.
    """
    try:
        yield
    except CommandRefusedError as err:
        levels = ", ".join(level_names.get(level, level) for level in err.levels)
        raise refusal(err.key, **{"levels": levels, **err.placeholders}) from err
    except LedgerError as err:
        raise HomeAssistantError(
            translation_domain=DOMAIN, translation_key="not_saved"
        ) from err


@callback
def joined(
    hass: HomeAssistant, failures: Mapping[str, HomeAssistantError], asked: int
) -> HomeAssistantError:
    """Return one error for the visits, by id, that could not be changed.

    The error of the only visit asked for is itself. The reasons in a list are in the
    language of Home Assistant; visits are named by id, since errors end up in the log.
    """
    if asked == 1:
        return next(iter(failures.values()))
    mistakes_only = all(
        isinstance(error, ServiceValidationError) for error in failures.values()
    )
    kind = ServiceValidationError if mistakes_only else HomeAssistantError
    return kind(
        translation_domain=DOMAIN,
        translation_key="some_visits_failed",
        translation_placeholders={
            "failed": str(len(failures)),
            "asked": str(asked),
            "reasons": "; ".join(
                f"{visit_id}: {text_of(hass, error).rstrip('.')}"
                for visit_id, error in failures.items()
            ),
        },
    )


@callback
def text_of(hass: HomeAssistant, error: HomeAssistantError) -> str:
    """Return an error in the language of Home Assistant, of ours where it is ours."""
    texts = async_get_cached_translations(
        hass, hass.config.language, "exceptions", DOMAIN
    )
    key = f"component.{DOMAIN}.exceptions.{error.translation_key}.message"
    if key not in texts:
        return str(error)
    return texts[key].format(**(error.translation_placeholders or {}))
