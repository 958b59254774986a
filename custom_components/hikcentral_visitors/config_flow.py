"""Setting up the connection to a server, and mending it later."""

from collections.abc import Mapping
from typing import Any, override

from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    ConfigEntry,
    ConfigFlow,
    ConfigFlowResult,
)
from homeassistant.const import CONF_WEBHOOK_ID
from homeassistant.core import callback
from homeassistant.helpers.selector import (
    BooleanSelector,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
import voluptuous as vol
from yarl import URL

from .connection import (
    AddressError,
    Problem,
    create_client,
    fingerprint_text,
    normalised_url,
    problem_of,
)
from .const import (
    CONF_APP_KEY,
    CONF_APP_SECRET,
    CONF_CERTIFICATE,
    CONF_KEY,
    CONF_MARK,
    CONF_PUSH_TOKEN,
    CONF_URL,
    DOMAIN,
)
from .facility import Facility, async_read_facility
from .facility_steps import FacilitySteps
from .files import async_kept_identity
from .hikcentral import (
    Certificate,
    CertificateError,
    HikCentralError,
    fetch_certificate,
)
from .leaving import async_end_pushes
from .options_flow import HikCentralOptionsFlow
from .visits.person_code import new_installation

CONF_CONFIRMED = "confirmed"

_ADDRESS = TextSelector(TextSelectorConfig(autocomplete="off"))
_SECRET = TextSelector(
    TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete="off")
)
_KEY_AND_SECRET = vol.Schema(
    {vol.Required(CONF_APP_KEY): _SECRET, vol.Required(CONF_APP_SECRET): _SECRET}
)
_USER = vol.Schema({vol.Required(CONF_URL): _ADDRESS, **_KEY_AND_SECRET.schema})
_RECONFIGURE = vol.Schema(
    {
        vol.Required(CONF_URL): _ADDRESS,
        vol.Required(CONF_APP_KEY): _SECRET,
        # Left empty it stays as it is: the browser never gets to see it.
        vol.Optional(CONF_APP_SECRET): _SECRET,
    }
)
# Who we are, for persons and for pushes, wherever the server is.
_KEPT = (CONF_MARK, CONF_KEY, CONF_WEBHOOK_ID, CONF_PUSH_TOKEN)
_CERTIFICATE = vol.Schema(
    {vol.Required(CONF_CONFIRMED, default=False): BooleanSelector()}
)


def entry_title(url: str) -> str:
    """Return the name of an entry until somebody gives it another."""
    return f"HikCentral ({URL(url).host_port_subcomponent})"


def _entered(user_input: Mapping[str, Any]) -> dict[str, Any]:
    """Return address, key and secret as they are kept; raises AddressError."""
    return {**_stripped(user_input), CONF_URL: normalised_url(user_input[CONF_URL])}


def _stripped(user_input: Mapping[str, str]) -> dict[str, Any]:
    """Return what was pasted without the blanks that came along."""
    return {key: value.strip() for key, value in user_input.items()}


class HikCentralConfigFlow(FacilitySteps, ConfigFlow, domain=DOMAIN):
    """Set up a server: connection, certificate, access levels, doors."""

    VERSION = 1

    _certificate: Certificate

    def __init__(self) -> None:
        """Begin with nothing."""
        self._options = {}
        self._form: Mapping[str, Any] = {}
        self._connection: dict[str, Any] = {}
        self._pins: dict[str, str] = {}  # confirmed fingerprints by address

    @staticmethod
    @callback
    @override
    def async_get_options_flow(config_entry: ConfigEntry) -> HikCentralOptionsFlow:
        """Return the flow that changes the options."""
        return HikCentralOptionsFlow(config_entry.options)

    @override
    async def async_step_user(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for address, key and secret."""
        if user_input is None:
            return self._show("user", _USER)
        self._form = user_input
        try:
            self._connection = _entered(user_input)
        except AddressError as error:
            return self._show_connection(Problem(error.key), CONF_URL)
        return await self._async_proceed()

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for address, key and secret of an entry that exists."""
        data = self._get_reconfigure_entry().data
        if user_input is None:
            if CONF_CERTIFICATE in data:
                self._pins[data[CONF_URL]] = data[CONF_CERTIFICATE]
            self._form = {key: data[key] for key in (CONF_URL, CONF_APP_KEY)}
            return self._show_connection()
        self._form = user_input
        secret = user_input.get(CONF_APP_SECRET) or data[CONF_APP_SECRET]
        try:
            self._connection = _entered({**user_input, CONF_APP_SECRET: secret})
        except AddressError as error:
            return self._show_connection(Problem(error.key), CONF_URL)
        return await self._async_proceed()

    def _show_connection(
        self, problem: Problem | None = None, field: str = "base"
    ) -> ConfigFlowResult:
        """Show the form on the connection as it was filled in."""
        reconfigure = self.source == SOURCE_RECONFIGURE
        return self._show(
            "reconfigure" if reconfigure else "user",
            self.add_suggested_values_to_schema(
                _RECONFIGURE if reconfigure else _USER, self._form
            ),
            problem,
            field,
        )

    async def _async_proceed(self) -> ConfigFlowResult:
        """Prove the connection and go on, or show what is wrong with it."""
        self._abort_if_known(self._connection)
        match await self._async_prove():
            case Certificate() as shown:
                other = self._connection[CONF_URL] in self._pins
                problem = Problem("certificate_other") if other else None
                return self._show_certificate(shown, problem)
            case Problem() as problem:
                return self._show_connection(problem)
            case facility:
                self._facility = facility
        if self.source == SOURCE_RECONFIGURE:
            return await self._async_reconfigured()
        return await self.async_step_access()

    def _abort_if_known(self, data: Mapping[str, Any]) -> None:
        """Abort if this address and key are set up already."""
        self._async_abort_entries_match(
            {key: data[key] for key in (CONF_URL, CONF_APP_KEY)}
        )

    async def _async_prove(self) -> Facility | Certificate | Problem:
        """Connect and read; return the certificate where that is to be looked at.

        It is verified first in any case, so that one that was pinned and is trusted
        by now needs no pin any more.
        """
        address = self._connection[CONF_URL]
        try:
            try:
                facility = await async_read_facility(self._client())
            except CertificateError:
                url = URL(address)
                shown = await fetch_certificate(url.raw_host or "", url.port or 443)
                if shown.sha256 != self._pins.get(address):
                    return shown
                self._connection[CONF_CERTIFICATE] = shown.sha256
                facility = await async_read_facility(self._client())
        except HikCentralError as error:
            return problem_of(error)
        return Problem(facility.lack) if facility.lack else facility

    def _show_certificate(
        self, certificate: Certificate, problem: Problem | None
    ) -> ConfigFlowResult:
        """Show a certificate to be compared with the server's own."""
        self._certificate = certificate
        return self._show(
            "certificate",
            _CERTIFICATE,
            problem,
            placeholders={
                "subject": _in_code(certificate.subject),
                "issuer": _in_code(certificate.issuer),
                "valid_from": certificate.not_before.date().isoformat(),
                "valid_until": certificate.not_after.date().isoformat(),
                "fingerprint": fingerprint_text(certificate.sha256),
            },
        )

    async def async_step_certificate(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Pin the certificate that was shown, once somebody says that it is right."""
        if not (user_input or {}).get(CONF_CONFIRMED):
            problem = Problem("certificate_not_confirmed")
            return self._show_certificate(self._certificate, problem)
        self._pins[self._connection[CONF_URL]] = self._certificate.sha256
        return await self._async_proceed()

    @override
    def _data(self) -> Mapping[str, Any]:
        return self._connection

    @override
    async def _async_access_chosen(self, facility: Facility) -> ConfigFlowResult:
        return await self.async_step_doors()

    @override
    async def _async_roles_chosen(self) -> ConfigFlowResult:
        """Make the entry, with what its persons will be recognised by.

        A server that was here before may have left visits; they are taken up again.
        """
        self._abort_if_known(self._connection)
        url = self._connection[CONF_URL]
        kept = await async_kept_identity(self.hass, url)
        return self.async_create_entry(
            title=entry_title(url),
            data={**self._connection, **(kept or _new_identity())},
            options=self._options,
        )

    async def _async_reconfigured(self) -> ConfigFlowResult:
        """Change the connection; all else stays, or no person would be ours."""
        entry = self._get_reconfigure_entry()
        # Pushes are a partner's: another one, or another server, knows nothing of them.
        of_partner = (CONF_URL, CONF_APP_KEY)
        if any(entry.data[key] != self._connection[key] for key in of_partner):
            await async_end_pushes(create_client(self.hass, entry.data), entry)
        renamed = entry.title != entry_title(entry.data[CONF_URL])
        kept = {key: entry.data[key] for key in _KEPT if key in entry.data}
        return self.async_update_reload_and_abort(
            entry,
            title=entry.title if renamed else entry_title(self._connection[CONF_URL]),
            data={**self._connection, **kept},
        )

    async def async_step_reauth(
        self, entry_data: Mapping[str, Any]
    ) -> ConfigFlowResult:
        """Begin to ask for a key and secret that the server accepts."""
        return await self.async_step_reauth_confirm()

    async def async_step_reauth_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for key and secret; address and certificate stay as they are."""
        entry = self._get_reauth_entry()
        if user_input is None:
            self._connection = dict(entry.data)
            return self._show("reauth_confirm", _KEY_AND_SECRET)
        self._connection |= _stripped(user_input)
        self._abort_if_known(self._connection)
        try:
            await async_read_facility(self._client())
        except HikCentralError as error:
            return self._show(
                "reauth_confirm",
                self.add_suggested_values_to_schema(_KEY_AND_SECRET, user_input),
                problem_of(error),
            )
        return self.async_update_reload_and_abort(entry, data=self._connection)


def _new_identity() -> dict[str, str]:
    installation = new_installation()
    return {CONF_MARK: installation.mark, CONF_KEY: installation.key.hex()}


def _in_code(text: str) -> str:
    """Return a server's text so that it stays within the mark-up around it."""
    return " ".join(text.replace("`", "'").split()) or "-"
