"""Pictures: their text by local recognition when it is installed, else a clear word that it is needed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from io import BytesIO

from PIL import Image, UnidentifiedImageError

from adapters.errors import EmptyFile, NeedsOcr, UnreadableFile
from adapters.records import Box
from ingest.parse.draft import Draft
from ingest.parse.headings import article_of, numbered_level
from ingest.parse.source import Line, Recogniser, Source

HOW = 'Install text recognition (pip install "zhiwen[ocr]") and try again, or add a version with text.'
_MAX_PIXELS = 60_000_000
_MAX_FRAMES = 200
_SMALLEST = 60
_MAX_PICTURES = 60
_LEAST_CONFIDENCE = 0.5
_UNSURE = 0.8


def read(source: Source, draft: Draft) -> None:
    """Read an image file, every frame of it as a page. Raises NeedsOcr when text recognition is not installed."""
    frames = _frames(source.data)
    if source.recogniser is None:
        raise NeedsOcr(f"This is a picture; its text needs recognition (OCR). {HOW}")
    recogniser = source.recogniser()
    for number, frame in enumerate(frames, start=1):
        add_page(frame, number, recogniser, draft)
    if draft.is_empty:
        raise EmptyFile("No text was recognised in the picture.")


def add_page(picture: bytes, page: int, recogniser: Recogniser, draft: Draft, scale: float = 1.0) -> None:
    """Add what is recognised on one page, `scale` pixels a point; says so when the recognition is unsure."""
    lines = [line for line in recogniser.lines(picture) if line.confidence >= _LEAST_CONFIDENCE]
    for text, part in _joined(lines):
        level = numbered_level(text)
        box = Box(
            page,
            min(line.left for line in part) / scale,
            min(line.top for line in part) / scale,
            max(line.right for line in part) / scale,
            max(line.bottom for line in part) / scale,
        )
        if level is None:
            draft.add(text, page=page, box=box)
        else:
            draft.heading(text, level + 1, page=page, box=box)
    if lines and sum(line.confidence for line in lines) / len(lines) < _UNSURE:
        draft.warn(f"The text of page {page} was recognised with low confidence; check it against the original.")


def add_pictures(pictures: Iterable[tuple[bytes, str]], source: Source, draft: Draft) -> None:
    """Add the text in pictures of a document; without recognition warn, or raise NeedsOcr if it holds nothing else."""
    large = [(data, name) for data, name in pictures if _is_large(data)][:_MAX_PICTURES]
    if not large:
        return
    if source.recogniser is None:
        if draft.is_empty:
            raise NeedsOcr(f"The document holds pictures only; their text needs recognition (OCR). {HOW}")
        draft.warn(f"{len(large)} pictures were not read (needs OCR). {HOW}")
        return
    recogniser = source.recogniser()
    for data, name in large:
        lines = [line for line in recogniser.lines(data) if line.confidence >= _LEAST_CONFIDENCE]
        for text in paragraphs(lines):
            draft.add(text, location=name)


def paragraphs(lines: Sequence[Line]) -> list[str]:
    """Join recognised lines, in reading order, into paragraphs; cells of one row of a table stay in one line."""
    return [text for text, _ in _joined(lines)]


def _joined(lines: Sequence[Line]) -> list[tuple[str, list[Line]]]:
    """Return the paragraphs with the lines that each is made of."""
    rows: list[list[Line]] = []
    for line in lines:
        height = line.bottom - line.top
        if rows and abs(rows[-1][-1].top - line.top) < height * 0.5 and line.left >= rows[-1][-1].right - height:
            rows[-1].append(line)
        else:
            rows.append([line])
    paragraphs: list[tuple[str, list[Line]]] = []
    right = max((line.right for line in lines), default=0.0)
    joined = False
    for index, row in enumerate(rows):
        text = " | ".join(line.text.strip() for line in row)
        if joined and len(row) == 1 and article_of(text) is None and numbered_level(text) is None:
            before, part = paragraphs[-1]
            paragraphs[-1] = (join(before, text), [*part, *row])
        else:
            paragraphs.append((text, list(row)))
        height = row[-1].bottom - row[-1].top
        following = rows[index + 1] if index + 1 < len(rows) else None
        joined = (
            len(row) == 1
            and numbered_level(text) is None
            and following is not None
            and len(following) == 1
            and row[-1].right > right - 2.5 * height
            and not text.endswith(("。", "；", "：", ".", ";", ":", "！", "？"))
            and 0 <= following[0].top - row[-1].top < 2.2 * height
        )
    return [(text, part) for text, part in paragraphs if text]


def join(left: str, right: str) -> str:
    """Join a line to the one before it: Chinese without a space, a hyphenated word without its hyphen."""
    if not left or not right:
        return left or right
    if left[-1] in "-‐\u00ad" and len(left) > 1 and left[-2].isalpha() and right[0].islower():
        return left[:-1] + right
    return left + right if is_wide(left[-1]) or is_wide(right[0]) else f"{left} {right}"


def is_wide(char: str) -> bool:
    """True for characters that are written without spaces between them."""
    return (
        "\u2e80" <= char <= "\u9fff"
        or "\uf900" <= char <= "\ufaff"
        or "\uff00" <= char <= "\uffef"
        or char in "“”‘’…—·"
    )


def _is_large(data: bytes) -> bool:
    try:
        with Image.open(BytesIO(data)) as image:
            return min(image.size) >= _SMALLEST and image.size[0] * image.size[1] <= _MAX_PIXELS
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError):
        return False


def _frames(data: bytes) -> list[bytes]:
    """Return every frame as PNG, upright as the camera says."""
    from PIL import ImageOps, ImageSequence

    frames: list[bytes] = []
    try:
        with Image.open(BytesIO(data)) as image:
            if image.size[0] * image.size[1] > _MAX_PIXELS:
                raise UnreadableFile(
                    f"The picture has more than {_MAX_PIXELS // 1_000_000} million pixels. Make it smaller."
                )
            for frame in ImageSequence.Iterator(image):
                if len(frames) == (1 if image.format in {"GIF", "WEBP"} else _MAX_FRAMES):
                    break
                buffer = BytesIO()
                ImageOps.exif_transpose(frame).convert("RGB").save(buffer, "PNG", compress_level=1)
                frames.append(buffer.getvalue())
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError) as cause:
        raise UnreadableFile("The picture is damaged or incomplete. Copy it again.") from cause
    return frames
