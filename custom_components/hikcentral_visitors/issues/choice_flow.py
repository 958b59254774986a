"""A repair issue that asks what to do: one of some choices, each a step of its own."""

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from enum import StrEnum
from typing import Any

from homeassistant.components.repairs import RepairsFlow, RepairsFlowResult
from homeassistant.config_entries import ConfigEntryState
from homeassistant.data_entry_flow import AbortFlow
from homeassistant.exceptions import HomeAssistantError

from ..errors import refusal, text_of, translated_errors
from ..runtime import HikCentralConfigEntry, Runtime


class ChoiceFlow[C: StrEnum](RepairsFlow):
    """Tells an issue in its words and offers its choices."""

    options: Mapping[C, Sequence[str]]
    """The choices by cause; a choice is the name of a step."""

    def __init__(
        self, entry: HikCentralConfigEntry, cause: C, data: Mapping[str, Any]
    ) -> None:
        """Know the cause, and the words it is told in."""
        self.entry = entry
        self.cause = cause
        self._words = {
            key: str(value)
            for key, value in data.items()
            if key not in {"entry_id", "cause"}
        }

    async def async_step_init(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Ask what to do."""
        return self.async_show_menu(
            step_id="init",
            menu_options=list(self.options[self.cause]),
            description_placeholders=self._words,
        )

    @contextmanager
    def working(self) -> Generator[Runtime]:
        """Yield what the entry runs on; the flow ends with what stands in the way.

        An issue outlasts the entry's being loaded: it is decided about again then.
        """
        try:
            if self.entry.state is not ConfigEntryState.LOADED:
                raise refusal("server_not_loaded", server=self.entry.title)
            runtime = self.entry.runtime_data
            with translated_errors(runtime.level_names):
                yield runtime
        except HomeAssistantError as error:
            raise AbortFlow("failed", {"error": text_of(self.hass, error)}) from error
