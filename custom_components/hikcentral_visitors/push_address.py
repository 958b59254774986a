"""Where HikCentral reaches Home Assistant."""

from ipaddress import ip_address

from aiohttp import ClientError, ClientSSLError, ClientTimeout
from homeassistant.components import webhook
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.network import NoURLAvailableError, get_url
from yarl import URL

_PATIENCE = ClientTimeout(total=10)


def guessed_address(hass: HomeAssistant) -> str | None:
    """Return Home Assistant's address in its own network, None where it has none."""
    try:
        return get_url(
            hass,
            allow_external=False,
            allow_cloud=False,
            allow_ip=True,
            prefer_external=False,
        )
    except NoURLAvailableError:
        return None


def normalised_address(text: str) -> str:
    """Return the address that somebody entered in the form that is kept.

    Raises ValueError for anything but http(s)://host[:port], with a path where
    Home Assistant is behind one.
    """
    text = text.strip()
    if "://" not in text:
        text = f"http://{text}"
    url = URL(text)
    if url.scheme not in {"http", "https"} or not url.host or url.query_string:
        msg = "no address"
        raise ValueError(msg)
    if url.user or url.fragment:
        msg = "no address"
        raise ValueError(msg)
    return str(url).rstrip("/")


def push_url(hass: HomeAssistant, address: str, webhook_id: str) -> str | None:
    """Return the URL of the webhook; `address` "" is Home Assistant's own."""
    base = address or guessed_address(hass)
    return None if base is None else f"{base}{webhook.async_generate_path(webhook_id)}"


def is_own_machine(url: str) -> bool:
    """Whether only this very machine can use that address."""
    host = URL(url).host or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


async def async_certificate_refused(hass: HomeAssistant, url: str) -> bool:
    """Whether an https address shows a certificate that is not trusted.

    HikCentral pushes to no such receiver (reference 3.11). False where nothing answers:
    that says nothing about the certificate.
    """
    if URL(url).scheme != "https":
        return False
    session = async_get_clientsession(hass)
    try:
        async with session.head(url, timeout=_PATIENCE, allow_redirects=False):
            return False
    except ClientSSLError:
        return True
    except ClientError, TimeoutError:
        return False
