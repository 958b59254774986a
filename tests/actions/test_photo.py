"""Pictures: where they may come from, and what is made of them."""

from io import BytesIO
from pathlib import Path
import struct
import threading
from types import SimpleNamespace
from typing import Any
import zlib

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.setup import async_setup_component
from PIL import Image
import pytest

from custom_components.hikcentral_visitors.actions.photo import (
    MAX_BYTES,
    async_load_photo,
    portrait,
)

MODULE = "custom_components.hikcentral_visitors.actions.photo"


def _picture(
    width: int = 640,
    height: int = 480,
    colour: Any = "red",
    mode: str = "RGB",
    kind: str = "JPEG",
    **parameters: Any,
) -> bytes:
    content = BytesIO()
    Image.new(mode, (width, height), colour).save(content, kind, **parameters)
    return content.getvalue()


def _seen(jpeg: bytes) -> Image.Image:
    picture = Image.open(BytesIO(jpeg))
    picture.load()
    assert picture.format == "JPEG"
    assert picture.mode == "RGB"
    return picture


def _refused(content: bytes) -> str | None:
    with pytest.raises(ServiceValidationError) as refused:
        portrait(content)
    return refused.value.translation_key


@pytest.mark.parametrize(
    ("size", "becomes"),
    [
        ((2000, 1000), (500, 250)),
        ((600, 1200), (250, 500)),
        ((300, 200), (300, 200)),
        ((500, 500), (500, 500)),
    ],
)
def test_picture_fits_and_is_never_enlarged(
    size: tuple[int, int], becomes: tuple[int, int]
) -> None:
    assert _seen(portrait(_picture(*size))).size == becomes


def test_picture_is_turned_upright_and_loses_its_metadata() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # orientation: turn by 90 degrees
    exif[0x010E] = "taken at home"
    upright = _seen(portrait(_picture(400, 200, exif=exif, comment=b"secret")))
    assert upright.size == (200, 400)
    assert not upright.getexif()
    assert "comment" not in upright.info


@pytest.mark.parametrize(
    ("mode", "colour", "kind"),
    [
        ("RGBA", (255, 0, 0, 0), "PNG"),
        ("LA", (0, 0), "PNG"),
        ("P", 0, "PNG"),
        ("L", 255, "PNG"),
        ("1", 1, "PNG"),
        ("I;16", 65535, "PNG"),
        ("RGB", "white", "WEBP"),
        ("CMYK", (0, 0, 0, 0), "JPEG"),
        ("L", 255, "JPEG"),
    ],
)
def test_every_kind_of_picture_becomes_a_colour_jpeg(
    mode: str, colour: Any, kind: str
) -> None:
    seen = _seen(portrait(_picture(mode=mode, colour=colour, kind=kind)))
    if mode != "P":
        assert seen.getpixel((5, 5)) == (255, 255, 255)


def test_greys_of_16_bits_are_not_all_white() -> None:
    seen = _seen(portrait(_picture(mode="I;16", colour=30000, kind="PNG")))
    grey = 30000 // 256
    assert seen.getpixel((5, 5)) == (grey, grey, grey)


def test_too_many_bytes_are_refused() -> None:
    content = _picture()
    assert portrait(content + bytes(MAX_BYTES - len(content)))
    assert _refused(content + bytes(MAX_BYTES + 1 - len(content))) == "photo_too_large"


def _png_header(width: int, height: int) -> bytes:
    """Return a small file that says it is a huge picture."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + check

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"")


@pytest.mark.parametrize(
    "size", [(6_000, 6_000), (8_000, 8_000), (12_000, 12_000), (50_000, 50_000)]
)
def test_decompression_bomb_is_refused_unopened(size: tuple[int, int]) -> None:
    assert _refused(_png_header(*size)) == "photo_too_large"


def test_large_jpeg_is_scaled_while_it_is_decoded() -> None:
    assert _seen(portrait(_picture(7_000, 5_000))).size == (500, 357)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no picture at all",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        _picture(kind="GIF"),
        _picture(kind="JPEG")[:200],
        _picture(kind="PNG")[:60],
        _picture(kind="PNG").replace(b"IDAT", b"IDAX"),
        _png_header(10, 10),
    ],
    ids=["empty", "text", "svg", "gif", "cut jpeg", "cut png", "odd png", "no pixels"],
)
def test_broken_or_foreign_content_is_refused(content: bytes) -> None:
    assert _refused(content) == "photo_not_readable"


async def _load_refused(hass: HomeAssistant, source: str) -> str | None:
    with pytest.raises(ServiceValidationError) as refused:
        await async_load_photo(hass, source)
    return refused.value.translation_key


@pytest.fixture
async def media(hass: HomeAssistant, tmp_path: Path) -> Path:
    folder = tmp_path / "media"
    folder.mkdir()
    hass.config.media_dirs = {"local": str(folder)}
    assert await async_setup_component(hass, "media_source", {})
    return folder


async def test_picture_from_the_media(hass: HomeAssistant, media: Path) -> None:
    (media / "maria.jpg").write_bytes(_picture(1000, 1000))
    jpeg = await async_load_photo(hass, "media-source://media_source/local/maria.jpg")
    assert _seen(jpeg).size == (500, 500)


@pytest.mark.parametrize(
    "source", ["media-source://media_source/local/maria.jpg", "camera.reception"]
)
async def test_the_event_loop_only_waits(
    hass: HomeAssistant, media: Path, monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    """Reading and shrinking a picture take tens of milliseconds (I7)."""
    (media / "maria.jpg").write_bytes(_picture())
    hass.states.async_set("camera.reception", "idle")
    hass.config.components.add("camera")

    async def taken(*_: Any) -> SimpleNamespace:
        return SimpleNamespace(content=_picture())

    monkeypatch.setattr("homeassistant.components.camera.async_get_image", taken)
    threads: list[int] = []

    def note(content: bytes) -> bytes:
        threads.append(threading.get_ident())
        return content

    monkeypatch.setattr(f"{MODULE}.portrait", note)
    await async_load_photo(hass, source)
    assert len(threads) == 1
    assert threading.get_ident() not in threads


async def test_file_too_large_is_refused_unread(
    hass: HomeAssistant, media: Path
) -> None:
    (media / "big.jpg").write_bytes(bytes(MAX_BYTES + 1))
    source = "media-source://media_source/local/big.jpg"
    assert await _load_refused(hass, source) == "photo_too_large"


@pytest.mark.parametrize(
    "source",
    [
        "media-source://media_source/local/missing.jpg",
        "media-source://media_source/local/../secrets.jpg",
        "media-source://media_source/other/maria.jpg",
        "media-source://media_source/local/no_extension",
        "media-source://media_source/local",
        "media-source://nowhere/maria.jpg",
        "media-source://media_source",
        "media-source://",
        "http://example.org/maria.jpg",
        "file:///etc/passwd",
        "/etc/passwd",
        "camera.of_nobody",
        "image.of_nobody",
        "media-source://camera/camera.of_nobody",
        "light.lamp",
    ],
)
@pytest.mark.usefixtures("media")
async def test_nothing_else_is_read(hass: HomeAssistant, source: str) -> None:
    assert await _load_refused(hass, source) == "photo_not_found"


@pytest.mark.parametrize("prefix", ["", "media-source://{domain}/"])
@pytest.mark.parametrize("domain", ["camera", "image"])
async def test_picture_from_an_entity(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch, domain: str, prefix: str
) -> None:
    entity_id = f"{domain}.reception"
    hass.states.async_set(entity_id, "idle")
    hass.config.components.add(domain)
    pictures = {entity_id: SimpleNamespace(content=_picture(1000, 1000))}

    async def taken(_: HomeAssistant, entity_id: str) -> SimpleNamespace:
        if entity_id not in pictures:
            raise HomeAssistantError("Unable to get image")
        return pictures[entity_id]

    monkeypatch.setattr(f"homeassistant.components.{domain}.async_get_image", taken)
    source = prefix.format(domain=domain) + entity_id
    assert _seen(await async_load_photo(hass, source)).size == (500, 500)

    del pictures[entity_id]
    assert await _load_refused(hass, source) == "photo_not_taken"


async def test_media_that_are_elsewhere_are_refused(
    hass: HomeAssistant, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (media / "maria.jpg").write_bytes(_picture())

    class _Remote:
        path = None

    async def resolve(*_: Any) -> _Remote:
        return _Remote()

    monkeypatch.setattr(
        f"{MODULE}.async_resolve_media",
        resolve,
    )
    source = "media-source://media_source/local/maria.jpg"
    assert await _load_refused(hass, source) == "photo_not_local"
