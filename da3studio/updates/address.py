"""Which addresses the program asks, or sends a person to."""

from __future__ import annotations

from urllib.parse import urlsplit

_THIS_COMPUTER = ("127.0.0.1", "::1", "localhost")


def is_safe(address: str) -> bool:
    """Whether what comes from there cannot be changed on the way: https, or this computer."""
    try:
        parts = urlsplit(address)
        host = parts.hostname
    except ValueError:
        return False
    if not host or parts.username or parts.password:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and host in _THIS_COMPUTER)
