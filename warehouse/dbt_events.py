"""dbt's events, of which a build has some twenty a node: those that nobody reads are not made into messages."""

from __future__ import annotations

from typing import Any

from dbt_common.events.base_types import BaseEvent, EventLevel
from dbt_common.events.event_manager import EventManager

READ = {EventLevel.WARN, EventLevel.ERROR}


class Events(EventManager):
    """dbt's own, but for events below a warning while dbt writes no log: a message of each would be a twentieth of a build."""

    def __init__(self, *, needs_all: bool) -> None:
        """`needs_all`: whether callbacks look at every event."""
        super().__init__()
        self._needs_all = needs_all

    def fire_event(
        self,
        e: BaseEvent,
        level: EventLevel | None = None,
        node: Any = None,
        force_warn_or_error_handling: bool = False,
    ) -> None:
        """Pass an event on to logs and callbacks, if there are any for it."""
        is_read = self._needs_all or self.loggers or force_warn_or_error_handling
        if is_read or (level or e.level_tag()) in READ:
            super().fire_event(e, level, node, force_warn_or_error_handling)
