"""Pictures: raw text `data:image/jpeg;base64,…` without an envelope (reference 3.3)."""

import base64
from dataclasses import dataclass, field

from .envelope import Answer, Question, data_of

_MAGIC = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture; `content_type` is told from the bytes, not from what was claimed."""

    content_type: str
    data: bytes = field(repr=False)


def picture_of(answer: Answer, question: Question) -> Picture:
    """Return the picture in an answer.

    Raises the HikCentralError of an enveloped answer, UnreadableAnswer for what is
    neither.
    """
    data = answer.body
    if _type_of(data) is None:
        text = data.strip().strip(b'"')
        if not text.startswith(b"data:"):
            value = data_of(answer, question)
            text = value.strip().encode() if isinstance(value, str) else b""
        encoded = text.partition(b"base64,")[2] or text
        try:
            data = base64.b64decode(b"".join(encoded.split()))
        except ValueError:
            data = b""
    content_type = _type_of(data)
    if content_type is None:
        raise question.malformed("no picture")
    return Picture(content_type=content_type, data=data)


def _type_of(data: bytes) -> str | None:
    return next((kind for magic, kind in _MAGIC if data.startswith(magic)), None)
