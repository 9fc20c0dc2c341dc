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
    def file(self) -> Path:
        """The DuckDB file itself; where the warehouse is a symbolic link, what that points to."""
        return self.warehouse.resolve() if self.warehouse.is_symlink() else self.warehouse

    @property
    def wal(self) -> Path:
        """DuckDB's write-ahead log: it belongs to its file and moves with it."""
        return self.file.with_name(self.file.name + ".wal")

    @property
    def spill(self) -> Path:
        """Where DuckDB puts what does not fit into memory, while a query runs."""
        return self.file.with_name(self.file.name + ".tmp")

    @property
    def lake(self) -> Path:
        """Where a DuckLake's Parquet files go, unless it has another place."""
        return self._beside("lake")

    @property
    def spark(self) -> Path:
        """What Spark keeps on one machine, its tables and their catalog; and the rows on their way to it."""
        return self._beside("spark")

    @property
    def spark_lock(self) -> Path:
        """Held by the one process that takes rows to Spark or back."""
        return self._beside("spark.lock")

    @property
    def writer_lock(self) -> Path:
        """Held by the one process that writes to a DuckLake under this warehouse's name."""
        return self._beside("writer.lock")

    @property
    def forgotten(self) -> Path:
        """Ids of the customers who were forgotten, one a line: readable also where the warehouse is damaged or deleted."""
        return self._beside("forgotten")

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
    def site(self) -> Path:
        """The rows of the site's pages: a link to the newest version, as `marts` is. The site serves it as `/data`."""
        return self._beside("site")

    @property
    def sent_alerts(self) -> Path:
        """What each address was sent of alerts and digests."""
        return self._beside("alerts.json")

    @property
    def copies(self) -> Path:
        """What was copied last to each destination: the next copy is compared with it."""
        return self._beside("copies")

    @property
    def backups(self) -> Path:
        """Where back-ups go unless another destination is set."""
        return self._beside("backups")

    @property
    def restore_journal(self) -> Path:
        """There only while a restore moves files; a process that finds it finishes the restore first."""
        return self._beside("restore.json")

    @property
    def backup_lock(self) -> Path:
        """Held by the one process that backs up or restores."""
        return self._beside("backup.lock")

    @property
    def backup_work(self) -> Path:
        """What a back-up packs; removed when it has ended."""
        return self._beside("backing-up")

    @property
    def heartbeat(self) -> Path:
        """Touched by the loop after each cycle: a supervisor sees by its age that the loop hangs."""
        return self._beside("heartbeat")

    @property
    def old_heartbeat(self) -> Path:
        """The heartbeat's name in earlier versions; touched where it is there, because a supervisor may look at it."""
        return self._beside("beat")

    def _beside(self, ending: str) -> Path:
        return self.warehouse.with_name(f"{self.stem}.{ending}")
