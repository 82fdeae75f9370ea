"""Values to JSON and back: the home of msgspec. Fast enough to sit on the path of every entry."""

from typing import Any, TypeVar

import msgspec

from pipeline.errors import StoreError

T = TypeVar("T")

_encoder = msgspec.json.Encoder()
#: making a decoder costs more than decoding
_decoders: dict[type, Any] = {}


def to_json(value: object) -> bytes:
    """Write a value of pipeline.model as JSON. Lone surrogates must be gone before (see formats)."""
    return _encoder.encode(value)


def from_json(data: bytes | str, kind: type[T]) -> T:
    """Read a value of pipeline.model back.

    Raises:
        StoreError: The JSON is not of that kind: it was damaged, or a newer release wrote it.
    """
    if kind not in _decoders:
        _decoders[kind] = msgspec.json.Decoder(kind)
    try:
        value: T = _decoders[kind].decode(data)
    except msgspec.MsgspecError as error:
        raise StoreError(f"stored JSON is no {kind.__name__}: {error}") from error
    return value
