"""Retail's sales file at a million lines: all new, then again with a thousand new ones, then unchanged."""

from __future__ import annotations

import random
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from hashlib import blake2b
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from benchmarks.common import BIN, Log, Options, Report, megabytes, run

MOST_MEMORY = 500e6
NEW_LINES = 1_000
SALES = "Date,ID Référence produit,Quantité,ID Magasin\n"
PRODUCTS = "Nom,ID Référence produit,Prix,Stock\n" + "".join(
    f"Produit {n},REF{n:03},{n}9.99,{n}\n" for n in range(1, 201)
)
STORES = "ID Magasin,Ville,Nombre de salariés\n" + "".join(f"{n},Ville {n},9\n" for n in range(1, 51))


def measure(options: Options, log: Log) -> Report:
    """`python -m ingestion retail` as a process, against a file of so many lines with 200 products and 50 stores."""
    lines = options.readings
    report = Report(
        f"Retail: a sales file of {lines:,} lines", f"python -m benchmarks retail_ingestion --readings {lines}"
    )
    draw = random.Random(42)
    files = {"/produits.csv": PRODUCTS.encode(), "/magasins.csv": STORES.encode()}
    first, more = _lines(draw, lines), _lines(draw, NEW_LINES)
    with TemporaryDirectory(prefix="tally-bench-") as folder, _serving(files) as address:
        warehouse = Path(folder) / "warehouse.duckdb"
        environment = {
            "TALLY_WAREHOUSE": str(warehouse),
            "SOURCES__RETAIL__PRODUCTS_URL": f"{address}/produits.csv",
            "SOURCES__RETAIL__STORES_URL": f"{address}/magasins.csv",
            "SOURCES__RETAIL__SALES_URL": f"{address}/ventes.csv",
        }
        steps = (
            ("all new", [*first], lines),
            (
                f"again with {NEW_LINES:,} new ones among them",
                [*first[: lines // 2], *more, *first[lines // 2 :]],
                lines + NEW_LINES,
            ),
            ("unchanged: three answers of 304", None, lines + NEW_LINES),
        )
        for what, content, expected in steps:
            if content is not None:
                files["/ventes.csv"] = (SALES + "".join(content)).encode()
            log(what)
            ran = run([sys.executable, "-m", "ingestion", "retail"], environment)
            held = _held(warehouse)
            if held != expected:
                raise RuntimeError(f"{what}: the warehouse holds {held:,} lines, not {expected:,}")
            met = ran.peak < MOST_MEMORY
            report.add(what, f"{ran.seconds:.1f} s, {ran.processor:.1f} s of it on a processor, peak memory {megabytes(ran.peak)}",
                       f"< {megabytes(MOST_MEMORY)}", met)  # fmt: skip
        log("dbt build")
        beside = ["--target-path", f"{folder}/target", "--log-path", f"{folder}/logs"]
        built = run([str(BIN / "dbt"), "build", "--select", "+tag:retail", *beside], environment)
        report.add(
            "`dbt build` of retail on them, tests and dbt's start-up with it",
            f"{built.seconds:.1f} s, peak memory {megabytes(built.peak)}",
        )
    size = len((SALES + "".join(first)).encode())
    report.notes.append(
        f"The file has {megabytes(size)}, and about one line in {_repeats(first)} repeats another. The server is in another process."
    )
    return report


def _lines(draw: random.Random, count: int) -> list[str]:
    """Lines of ten years, in no order."""
    days = [(date(2016, 1, 1) + timedelta(days=n)).isoformat() for n in range(3650)]
    return [
        f"{draw.choice(days)},REF{draw.randint(1, 200):03},{draw.randint(1, 9)},{draw.randint(1, 50)}\n"
        for _ in range(count)
    ]


def _repeats(lines: list[str]) -> int:
    return round(len(lines) / max(1, len(lines) - len(set(lines))))


def _held(warehouse: Path) -> int:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        (row,) = connection.execute("select count(*) from raw_retail.sales").fetchall()
        return int(row[0])


@contextmanager
def _serving(files: dict[str, bytes]) -> Iterator[str]:
    """Serve the files as they are at each moment, with ETags; the address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = files[self.path]
            etag = f'"{blake2b(body, digest_size=16).hexdigest()}"'
            is_same = self.headers.get("If-None-Match") == etag
            self.send_response(304 if is_same else 200)
            self.send_header("ETag", etag)
            self.send_header("Content-Type", "text/csv; charset=utf-8")
            self.send_header("Content-Length", str(0 if is_same else len(body)))
            self.end_headers()
            if not is_same:
                self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
