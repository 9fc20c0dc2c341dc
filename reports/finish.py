"""What Evidence's output still needs before it is served."""

import gzip
import shutil
from pathlib import Path

PACKED = {".html", ".js", ".css", ".json", ".svg", ".wasm", ".arrow"}
END_OF_STREAM = b"\xff\xff\xff\xff\x00\x00\x00\x00"


def finish(site: Path) -> None:
    """Correct and compress the files of a built site, in place."""
    for file in site.rglob("*"):
        if not file.is_file():
            continue
        if file.suffix == ".arrow":
            _trim(file)
        if file.suffix in PACKED and file.stat().st_size > 1024:
            _pack(file)


def _trim(file: Path) -> None:
    """Drop the mark that ends an Arrow stream, which may also just end.

    The pages' reader cancels its request when it meets the mark, and the browser counts that as a failed request.
    """
    content = file.read_bytes()
    if content.endswith(END_OF_STREAM):
        file.write_bytes(content.removesuffix(END_OF_STREAM))


def _pack(file: Path) -> None:
    """A packed copy beside the file: the browser's database alone is 18 MB, packed 4."""
    with file.open("rb") as plain, gzip.open(f"{file}.gz", "wb", compresslevel=6) as packed:
        shutil.copyfileobj(plain, packed)
