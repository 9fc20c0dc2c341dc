"""What a publication is: a version of `<warehouse>.marts`, one `<mart>.parquet` a mart, `columns.json` and `publication.json`."""

from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ValidationError

from publishing.kept import Written
from warehouse.errors import TallyError, first_line
from warehouse.published_versions import flush

STATE = "publication.json"


class PublishingError(TallyError):
    """Marts cannot be published, read or copied."""


class Publication(BaseModel):
    """The state of what is published.

    Attributes:
        published_at: when these files were written (UTC); null while nothing was ever published.
        build_run_id: the dbt run in `raw_operations.runs` that made them.
        built_at: when that run ended (UTC).
        marts: rows of each mart.
        files: how each mart's file was written.
        keys: the columns that identify a mart's row, for the marts whose key is tested.
        stale_since: when a later build first failed (UTC); null while these are the newest figures.
        stale_reason: what failed then, in one line.
    """

    published_at: datetime | None = None
    build_run_id: str | None = None
    built_at: datetime | None = None
    marts: dict[str, int] = {}
    files: dict[str, Written] = {}
    keys: dict[str, list[str]] = {}
    stale_since: datetime | None = None
    stale_reason: str | None = None


def read_publication(folder: Path) -> Publication:
    """The state beside the Parquet files; an empty one where nothing was published.

    Raises:
        PublishingError: the state cannot be read.
    """
    try:
        return Publication.model_validate_json((folder / STATE).read_bytes())
    except FileNotFoundError:
        return Publication()
    except (OSError, ValidationError) as error:
        raise PublishingError(f"{folder / STATE} cannot be read ({first_line(error)}): publish again.") from None


def write_state(version: Path, publication: Publication) -> None:
    """Write the state whole: beside, then renamed."""
    beside = version / f"{STATE}.new"
    beside.write_text(publication.model_dump_json(indent=2) + "\n", encoding="utf-8")
    flush(beside)
    beside.replace(version / STATE)
    flush(version)
