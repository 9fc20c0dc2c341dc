"""`python deploy/spark/jars.py FOLDER`: Iceberg's two jars for Spark, out of what PyPI has.

The package snowpark-connect-deps-iceberg holds Iceberg's runtime without the Jackson that Iceberg shades. Spark brings Jackson: its classes are
renamed here as Iceberg names them. Where Maven's repository can be reached, Iceberg's own iceberg-spark-runtime-3.5_2.12-1.10.2.jar replaces both.
"""

from __future__ import annotations

import importlib.util
import shutil
import struct
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

RUNTIME = "iceberg-spark-runtime-3.5_2.12-1.10.2.jar"
JACKSON = "iceberg-shaded-jackson-2.15.2.jar"
_PARTS = ("core", "databind", "annotations", "datatype-jsr310")
_RENAMED = {"com/fasterxml/jackson": "org/apache/iceberg/shaded/com/fasterxml/jackson"}
# Java's class file format, chapter 4.4: the bytes that follow a constant's tag.
_SIZES = {3: 4, 4: 4, 5: 8, 6: 8, 7: 2, 8: 2, 9: 4, 10: 4, 11: 4, 12: 4, 15: 3, 16: 2, 17: 4, 18: 4, 19: 2, 20: 2}
_UTF8, _LONG, _DOUBLE = 1, 5, 6


def make(folder: Path) -> list[Path]:
    """Put both jars into a folder, unless they are there; their paths."""
    jars = [folder / RUNTIME, folder / JACKSON]
    if all(jar.exists() for jar in jars):
        return jars
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(_package("snowpark_connect_deps_iceberg") / "jars" / RUNTIME, jars[0])
    spark = _package("pyspark") / "jars"
    shade(jars[1], [next(spark.glob(f"jackson-{part}-2*.jar")) for part in _PARTS], "com/fasterxml", _RENAMED)
    return jars


def shade(made: Path, sources: list[Path], package: str, renamed: Mapping[str, str]) -> None:
    """Put a package's classes out of these jars into one jar, in which packages, such as `com/fasterxml/jackson`, have other names."""
    unfinished = made.with_suffix(".part")
    with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED) as out:
        for source in sources:
            with zipfile.ZipFile(source) as jar:
                for name in jar.namelist():
                    if name.startswith(package) and name.endswith(".class"):
                        out.writestr(_renamed(name, renamed), relocated(jar.read(name), renamed))
    unfinished.replace(made)


def relocated(content: bytes, renamed: Mapping[str, str]) -> bytes:
    """A class file with packages renamed in every text of its constant pool, as a path and with dots."""
    (count,) = struct.unpack_from(">H", content, 8)
    out = bytearray(content[:10])
    at, constant = 10, 1
    while constant < count:
        tag = content[at]
        if tag == _UTF8:
            (length,) = struct.unpack_from(">H", content, at + 1)
            # Every character of a name has a byte; what Java writes otherwise than UTF-8 stays as it is.
            text = _renamed(content[at + 3 : at + 3 + length].decode("latin-1"), renamed).encode("latin-1")
            out += bytes([tag]) + struct.pack(">H", len(text)) + text
            at += 3 + length
        else:
            out += content[at : at + 1 + _SIZES[tag]]
            at += 1 + _SIZES[tag]
        constant += 2 if tag in (_LONG, _DOUBLE) else 1
    return bytes(out) + content[at:]


def _renamed(text: str, renamed: Mapping[str, str]) -> str:
    for old, new in renamed.items():
        text = text.replace(old, new).replace(old.replace("/", "."), new.replace("/", "."))
    return text


def _package(name: str) -> Path:
    found = importlib.util.find_spec(name)
    if found is None or found.origin is None:
        raise SystemExit(f"The package {name} is missing: `make spark` installs it.")
    return Path(found.origin).parent


if __name__ == "__main__":
    for made in make(Path(sys.argv[1])):
        print(made)
