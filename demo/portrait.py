"""A picture of a face that belongs to nobody."""

from pathlib import Path

from PIL import Image, ImageDraw

MEDIA = "media-source://media_source/local/portrait.jpg"
"""Where Home Assistant finds what `draw` puts into its media folder."""

_SIZE = (360, 480)


def draw(folder: Path) -> None:
    """Draw it into a folder, larger than terminals take it on purpose."""
    picture = Image.new("RGB", _SIZE, "#dfe7ef")
    pen = ImageDraw.Draw(picture)
    pen.ellipse((40, 360, 320, 640), fill="#31517a")
    pen.rectangle((150, 300, 210, 400), fill="#d8a98a")
    pen.ellipse((90, 80, 270, 340), fill="#e8bd9d")
    pen.pieslice((80, 50, 280, 260), 180, 360, fill="#4a3526")
    for left in (130, 200):
        pen.ellipse((left, 190, left + 28, 206), fill="white")
        pen.ellipse((left + 9, 191, left + 21, 205), fill="#2b2b2b")
    pen.line((180, 205, 172, 250, 186, 252), fill="#c08f70", width=4)
    pen.arc((140, 240, 220, 300), 25, 155, fill="#a0443e", width=6)
    picture.resize((720, 960)).save(folder / "portrait.jpg", "JPEG", quality=90)
