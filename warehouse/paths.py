"""Where the warehouse lies, and everything that belongs to it: beside it, under its name, so that two never mix."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
DEFAULT_WAREHOUSE = Path("data/warehouse.duckdb")


@dataclass(frozen=True)
class WarehousePaths:
    """The files and folders of one warehouse. For `data/shops.duckdb` each is `data/shops.<ending>`."""

    warehouse: Path

    @property
    def stem(self) -> str:
        """The warehouse's name without `.duckdb`."""
        return self.warehouse.name.removesuffix(".duckdb")

    @property
    def wal(self) -> Path:
        """DuckDB's write-ahead log: it belongs to its file and moves with it."""
        return self.warehouse.with_name(self.warehouse.name + ".wal")

    @property
    def dlt(self) -> Path:
        """dlt's working state; can be deleted at any time."""
        return self._beside("dlt")

    @property
    def marts(self) -> Path:
        """The published Parquet: a link to the newest version under `marts_versions`."""
        return self._beside("marts")

    @property
    def marts_versions(self) -> Path:
        """The versions that `marts` has pointed to."""
        return self._beside("marts.versions")

    @property
    def sent_alerts(self) -> Path:
        """What each address was told of alerts and digests."""
        return self._beside("alerts.json")

    @property
    def copies(self) -> Path:
        """What was copied last to each destination, by which changes are told."""
        return self._beside("copies")

    @property
    def backups(self) -> Path:
        """Where back-ups go unless a place is set."""
        return self._beside("backups")

    @property
    def heartbeat(self) -> Path:
        """Touched by the loop after each cycle: a supervisor sees by its age that the loop hangs."""
        return self._beside("beat")

    def _beside(self, ending: str) -> Path:
        return self.warehouse.with_name(f"{self.stem}.{ending}")
