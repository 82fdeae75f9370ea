"""Damage to the files of a database."""

from pathlib import Path


def damage(path: Path) -> None:
    """Overwrite the heads of pages in the second half of a file."""
    content = bytearray(path.read_bytes())
    for page in range(len(content) // 8192 * 4096, len(content), 4096):
        content[page : page + 16] = b"\xff" * 16
    path.write_bytes(content)


def turn_bit(path: Path, place: int) -> None:
    """Turn one bit of a file."""
    with path.open("r+b") as file:
        file.seek(place // 8)
        (byte,) = file.read(1)
        file.seek(place // 8)
        file.write(bytes([byte ^ 1 << place % 8]))
