"""Which files are photos, videos or neither, by their names and by their first bytes."""

from __future__ import annotations

from pathlib import Path

# What Pillow (with pi-heif) may open; the rest of what it knows is not a camera's photo. JPEG
# covers MPO, the two-picture files of some phones and drones.
PILLOW_FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "BMP", "HEIF", "AVIF")

PHOTO_SUFFIXES = frozenset(
    (
        ".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".png", ".webp", ".tif", ".tiff", ".bmp",
        ".heic", ".heif", ".hif", ".avif",
    )
)  # fmt: skip
VIDEO_SUFFIXES = frozenset(
    (
        ".mp4", ".m4v", ".mov", ".avi", ".mkv", ".webm", ".mts", ".m2ts", ".mpg", ".mpeg",
        ".wmv", ".3gp",
    )
)  # fmt: skip
# Most of these are TIFF inside: opened as a photo they would give their tiny preview.
RAW_SUFFIXES = frozenset(
    (
        ".dng", ".cr2", ".cr3", ".crw", ".nef", ".nrw", ".arw", ".srf", ".sr2", ".raf", ".orf",
        ".rw2", ".pef", ".srw", ".x3f", ".3fr", ".iiq", ".rwl", ".gpr",
    )
)  # fmt: skip

_ISO_BRANDS = {
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1"), "HEIF"),
    **dict.fromkeys((b"avif", b"avis"), "AVIF"),
}


def is_raw(path: Path) -> bool:
    """Whether the name is that of a camera's raw file."""
    return path.suffix.lower() in RAW_SUFFIXES


def is_video(path: Path) -> bool:
    """Whether the name is that of a video."""
    return path.suffix.lower() in VIDEO_SUFFIXES


def is_photo(path: Path) -> bool:
    """Whether the name is that of a photo this program reads."""
    return path.suffix.lower() in PHOTO_SUFFIXES


def sniff(content: bytes) -> str:
    """What kind of photo a file's first bytes announce, "" if of none that we read."""
    if content.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if content.startswith(b"\x89PNG"):
        return "PNG"
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return "WebP"
    if content.startswith((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")):
        return "TIFF"
    if content.startswith(b"BM"):
        return "BMP"
    if content[4:8] == b"ftyp":
        return _ISO_BRANDS.get(content[8:12], "")
    return ""
