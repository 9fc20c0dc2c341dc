"""What the warehouse knows of the owner's feeds. A module of its own, because a run without feeds imports nothing that reads them."""

from __future__ import annotations

from ingestion.feeds import folder
from warehouse.database import Warehouse
from warehouse.errors import WarehouseError
from warehouse.settings import feeds_path


def note_feeds(warehouse: Warehouse) -> None:
    """Remember in the warehouse which feeds there are; one that cannot be read stays as it was.

    Raises:
        WarehouseError: feeds have filled the warehouse, and there are none any more.
    """
    noted = warehouse.ledger.feeds()
    if not folder.names():
        if noted:
            raise WarehouseError(
                f"feeds fill this warehouse ({', '.join(sorted(noted))}), and there are none in {feeds_path()}: set TALLY_FEEDS to their folder, "
                "or name what to load"
            )
        return
    from ingestion.feeds import companions

    readable = {name: (feed.target.source_name, companions.entities(feed)) for name, feed in folder.all_feeds().items()}
    unreadable = {name: noted[name] for name in folder.names() if name in noted and name not in readable}
    warehouse.ledger.save_feeds(unreadable | readable)
