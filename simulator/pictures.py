"""Pictures: the one that cameras take here, and what passes for a JPEG."""

import base64
import binascii

PORTRAIT = base64.b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABsSFBcUERsXFhceHBsgKEIrKCUlKFE6PTBCYFVl"
    "ZF9VXVtqeJmBanGQc1tdhbWGkJ6jq62rZ4C8ybqmx5moq6T/wAALCAAIAAgBAREA/8QAFAAB"
    "AAAAAAAAAAAAAAAAAAAAAv/EAB4QAAEBCQAAAAAAAAAAAAAAABMAAgMREhUhMlFS/9oACAEB"
    "AAA/AGV5Wxkak5jbHS//2Q=="
)

_JPEG_BEGIN = b"\xff\xd8\xff"
_JPEG_END = b"\xff\xd9"


def decode_jpeg(text: str) -> bytes:
    """Decode a face sent as base64; raises `ValueError` unless it is a JPEG."""
    try:
        content = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from error
    if not (content.startswith(_JPEG_BEGIN) and content.endswith(_JPEG_END)):
        msg = "not a JPEG"
        raise ValueError(msg)
    return content


def data_uri(content: bytes) -> str:
    """Give a picture the way HikCentral does: as a data URI, without envelope."""
    return "data:image/jpeg;base64," + base64.b64encode(content).decode()
