"""Pictures of visitors' faces: where they come from, and the form that terminals take.

A picture comes from Home Assistant's own media or from a camera or image entity, never
from an address or a path that a caller names.
"""

from io import BytesIO
from pathlib import Path
import struct
from typing import Final
import zlib

from homeassistant.components.media_source import Unresolvable, async_resolve_media
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from PIL import Image, ImageOps

from ..errors import refusal

MAX_BYTES: Final = 5 * 1024 * 1024
MAX_PIXELS: Final = 60_000_000
"""More than phones make; a small file can unfold into gigabytes."""
MAX_DECODED: Final = 25_000_000
"""Pixels that are really decoded; JPEGs are scaled down on the way."""
SIDE: Final = 500
"""Pixels; a JPEG of 500 × 500 at quality 80 is known to be taken (reference 3.3)."""
QUALITY: Final = 80

_FORMATS = ("JPEG", "PNG", "WEBP")
_MEDIA = "media-source://"

# What Pillow raises on broken files, depending on the format and the place.
_BROKEN = (
    EOFError,
    IndexError,
    OSError,
    SyntaxError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
)


async def async_load_photo(hass: HomeAssistant, source: str) -> bytes:
    """Return a picture as terminals take it: a JPEG of at most 500 × 500 pixels.

    `source` is a media content id, or the id of a camera or image entity. Raises
    ServiceValidationError, translated, where there is no usable picture.
    """
    for domain in ("camera", "image"):
        entity_id = source.removeprefix(f"{_MEDIA}{domain}/")
        if entity_id.startswith(f"{domain}."):
            content = await _async_from_entity(hass, domain, entity_id)
            return await hass.async_add_executor_job(portrait, content)
    path = await _async_media_path(hass, source)
    return await hass.async_add_executor_job(_portrait_from, path)


async def _async_from_entity(hass: HomeAssistant, domain: str, entity_id: str) -> bytes:
    if hass.states.get(entity_id) is None or domain not in hass.config.components:
        raise refusal("photo_not_found")
    try:
        if domain == "camera":
            # Where cameras are set up it is loaded, elsewhere it may not be loadable.
            from homeassistant.components import camera  # noqa: PLC0415

            return (await camera.async_get_image(hass, entity_id)).content
        from homeassistant.components import image  # noqa: PLC0415

        return (await image.async_get_image(hass, entity_id)).content
    except HomeAssistantError as err:
        raise refusal("photo_not_taken", entity=entity_id) from err


async def _async_media_path(hass: HomeAssistant, media_content_id: str) -> Path:
    _, _, identifier = media_content_id.removeprefix(_MEDIA).partition("/")
    if not media_content_id.startswith(_MEDIA) or not identifier:
        raise refusal("photo_not_found")
    try:
        media = await async_resolve_media(hass, media_content_id, None)
    except (Unresolvable, AssertionError) as err:
        # The local media source asserts that it knows the kind of a file.
        raise refusal("photo_not_found") from err
    if media.path is None:
        raise refusal("photo_not_local")
    return media.path


def _portrait_from(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as err:
        raise refusal("photo_not_found") from err
    return portrait(content)


def portrait(content: bytes) -> bytes:
    """Return a picture upright, in colours, without metadata, at most 500 × 500.

    Takes JPEG, PNG and WebP; blocks for some tens of milliseconds, so it belongs into
    an executor. Raises ServiceValidationError, translated, for what is no picture or
    too large a one.
    """
    if len(content) > MAX_BYTES:
        raise refusal("photo_too_large")
    try:
        with Image.open(BytesIO(content), formats=_FORMATS) as picture:
            _limit(picture, MAX_PIXELS)
            picture.draft("RGB", (2 * SIDE, 2 * SIDE))
            _limit(picture, MAX_DECODED)
            shown = _with_8_bits(picture)
            small = shown.convert("RGBA" if shown.has_transparency_data else "RGB")
            small.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
            upright = ImageOps.exif_transpose(small)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as err:
        raise refusal("photo_too_large") from err
    except _BROKEN as err:
        raise refusal("photo_not_readable") from err
    bare = Image.new("RGB", upright.size, "white")
    bare.paste(upright, mask=upright if upright.mode == "RGBA" else None)
    jpeg = BytesIO()
    bare.save(jpeg, "JPEG", quality=QUALITY)
    return jpeg.getvalue()


def _with_8_bits(picture: Image.Image) -> Image.Image:
    """Return a picture in greys of 16 bits as Pillow converts it: without clipping."""
    if not picture.mode.startswith("I"):
        return picture
    return picture.convert("I").point(lambda grey: grey / 256).convert("L")


def _limit(picture: Image.Image, pixels: int) -> None:
    if picture.width * picture.height > pixels:
        raise refusal("photo_too_large")
