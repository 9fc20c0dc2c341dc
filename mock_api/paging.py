"""Opaque cursors: a position in an ordered answer, tied to the parameters that it was given for."""

import base64
import binascii
import struct
from hashlib import blake2b

_DIGEST = 8


def encode_cursor(position: tuple[int, int], parameters: tuple[object, ...]) -> str:
    """A cursor for a position (two integers of 64 bits) within the answer to `parameters`."""
    place = struct.pack(">2q", *position)
    return base64.urlsafe_b64encode(place + _digest(place, parameters)).decode().rstrip("=")


def decode_cursor(cursor: str, parameters: tuple[object, ...]) -> tuple[int, int]:
    """The position that `encode_cursor` was given. Raises ValueError for any other text or other parameters."""
    invalid = ValueError("not a cursor that was given for these parameters: start again without it")
    try:
        content = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise invalid from None
    place, digest = content[:-_DIGEST], content[-_DIGEST:]
    if len(place) != struct.calcsize(">2q") or digest != _digest(place, parameters):
        raise invalid
    first, second = struct.unpack(">2q", place)
    return first, second


def _digest(place: bytes, parameters: tuple[object, ...]) -> bytes:
    return blake2b(place + repr(parameters).encode(), digest_size=_DIGEST).digest()
