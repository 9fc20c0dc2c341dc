"""The flow again and again in one process: ingest, build what the news touches, publish; the site at its own pace.

One cycle at a time. A cycle that takes longer than the interval swallows the ticks that fall into it, and says so. What a
failed build left undone is built again with the next one, whatever that one's news, so that nothing untested is published.
"""

from __future__ import annotations

import logging
import math
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

import duckdb

from warehouse.database import Warehouse
from warehouse.dbt_runner import WarmDbt
from warehouse.errors import TallyError, first_line
from warehouse.paths import PROJECT, WarehousePaths
from warehouse.settings import lock_timeout

logger = logging.getLogger(__name__)

UNITS = {"s": 1, "m": 60, "h": 3600}
CHILD_GRACE = 10.0


def seconds_of(text: str) -> float:
    """Seconds in `90s`, `2m` or `1h`; more than none.

    Raises:
        ValueError: it is written in another way.
    """
    found = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)([smh])", text.strip())
    if not found or float(found[1]) <= 0:
        raise ValueError(f"{text!r} is not a time such as 90s, 2m or 1h")
    return float(found[1]) * UNITS[found[2]]


class Stop:
    """SIGTERM and SIGINT: waiting ends at once, loading and publishing are broken off, a build is let finish.

    Loading and publishing can be broken off anywhere and lose nothing. A build takes seconds; whoever cannot wait for
    it sends the signal again.
    """

    def __init__(self) -> None:
        self.signal: int | None = None
        self._asked = threading.Event()
        self._is_shielded = False

    @property
    def is_asked(self) -> bool:
        return self._asked.is_set()

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Take the signals for the length of a block; KeyboardInterrupt ends what is broken off."""
        before = {number: signal.signal(number, self._take) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    @contextmanager
    def finishing_first(self) -> Iterator[None]:
        """What is in the block ends before the loop does."""
        self._is_shielded = True
        try:
            yield
        finally:
            self._is_shielded = False

    def _take(self, number: int, frame: FrameType | None) -> None:
        is_first = not self.is_asked
        self.signal = number
        self._asked.set()
        if not (self._is_shielded and is_first):
            raise KeyboardInterrupt


@dataclass
class Cycle:
    """How a cycle went; `error` is one line, None where all went well."""

    new: int = 0
    changed: int = 0
    rejected: int = 0
    steps: list[str] = field(default_factory=list)
    error: str | None = None

    def fail(self, error: str) -> None:
        self.error = f"{self.error}; {error}" if self.error else error


class Site:
    """The site's build, in a process of its own so that cycles go on, at most one at a time."""

    def __init__(self, every: float | None) -> None:
        self._every = every
        self._child: subprocess.Popen[bytes] | None = None
        self._due = 0.0

    def look(self) -> None:
        """Say how a build ended, and begin the next where it is time."""
        if self._child is not None and (code := self._child.poll()) is not None:
            logger.info("site: rebuilt" if code == 0 else f"site: the build failed ({code}); the one before stays")
            self._child = None
        if self._every is None or self._child is not None or time.monotonic() < self._due:
            return
        self._due = time.monotonic() + self._every
        logger.info("site: building")
        self._child = subprocess.Popen(
            [sys.executable, "-m", "reports", "build"],
            cwd=PROJECT,
            env=os.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )

    def stop(self) -> None:
        """End a build under way, with whatever it started."""
        if self._child is None or self._child.poll() is not None:
            return
        for number in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(self._child.pid, number)
                self._child.wait(CHILD_GRACE)
                return
            except (ProcessLookupError, subprocess.TimeoutExpired):
                continue


class Loop:
    """Cycles on a warehouse every so many seconds, until `stop` is asked for."""

    def __init__(self, warehouse: Path, every: float, site: Site, stop: Stop) -> None:
        self._warehouse = warehouse
        self._every = every
        self._site = site
        self._stop = stop
        self._dbt = WarmDbt()
        # Whatever a process before this one left unbuilt or untested: the first build is of everything.
        self._builds_all = True
        self._unbuilt: set[str] = set()
        self._heartbeat = WarehousePaths(warehouse).heartbeat

    def run(self) -> int:
        """Run until stopped; 0 after SIGTERM or SIGINT. The error of a cycle does not end the loop."""
        begun = time.monotonic()
        tick = 0
        try:
            while not self._stop.is_asked:
                self._cycle()
                self._site.look()
                passed = math.floor((time.monotonic() - begun) / self._every)
                if passed > tick:
                    logger.info(f"skipped {passed - tick} of the ticks every {self._every:g} s: the cycle took longer")
                tick = passed + 1
                self._wait_until(begun + tick * self._every)
        except KeyboardInterrupt:
            pass
        finally:
            self._site.stop()
        logger.info("stopped; the next run goes on from here")
        return 0

    def _wait_until(self, moment: float) -> None:
        while not self._stop.is_asked and (left := moment - time.monotonic()) > 0:
            # Broken by the signal's KeyboardInterrupt; the second is for the site's end to be noticed.
            time.sleep(min(left, 1.0))
            self._site.look()

    def _cycle(self) -> None:
        begun = time.monotonic()
        cycle = Cycle()
        run_id = None
        is_over = False
        try:
            run_id = self._record_start()
            self._ingest(cycle)
            self._build(cycle)
            if not self._stop.is_asked:
                self._publish(cycle)
                self._mail(cycle)
            is_over = True
        except Exception as error:
            # Whatever it is ends this cycle and not the loop: a full disk, a file that somebody held, a bug.
            if not isinstance(error, TallyError | duckdb.Error | OSError):
                logger.exception("the cycle ended with an unexpected error")
            cycle.fail(first_line(error))
            is_over = True
        finally:
            if not is_over:
                cycle.fail("stopped")
            if run_id:
                self._record_end(run_id, cycle)
        seconds = time.monotonic() - begun
        with suppress(OSError):  # a full disk: the cycle has said so
            self._heartbeat.touch()
        logger.info(
            f"cycle: {cycle.new:,} rows new, {cycle.changed:,} changed, {cycle.rejected:,} rejected; "
            f"{', '.join(cycle.steps)} ({seconds:.1f} s)" + (f"; {cycle.error}" if cycle.error else "")
        )

    def _ingest(self, cycle: Cycle) -> None:
        from ingestion.runner import run

        begun = time.monotonic()
        for result in run([], self._warehouse, lock_timeout=lock_timeout()):
            cycle.new += result.new
            cycle.changed += result.changed
            cycle.rejected += result.rejected
            if result.new or result.changed or result.rejected:
                self._unbuilt.add(result.source)
            if result.error:
                cycle.fail(f"{result.source}: {result.error}")
        cycle.steps.append(f"ingest {time.monotonic() - begun:.1f} s")

    def _build(self, cycle: Cycle) -> None:
        begun = time.monotonic()
        chosen = [f"source:{name}+" for name in sorted(self._unbuilt)]
        error = None
        with self._stop.finishing_first():
            if chosen or self._builds_all:
                error = self._dbt.build([] if self._builds_all else chosen)
            built = time.monotonic()
            # Every time: that nothing came is news too, and so is a build that failed.
            silence = self._dbt.alerts()
        cycle.steps.append(f"build {built - begun:.1f} s, alerts {time.monotonic() - built:.1f} s")
        if silence:
            cycle.fail(f"alerts: {silence}")
        if error:
            # What stands on a failed model was left as it was: the next build must not pass it by.
            self._builds_all = True
            cycle.fail(f"build: {error}")
        else:
            self._builds_all = False
            self._unbuilt.clear()

    def _publish(self, cycle: Cycle) -> None:
        from publishing.parquet import publish

        begun = time.monotonic()
        try:
            publish(self._warehouse)
        except TallyError as error:
            cycle.fail(str(error))
        cycle.steps.append(f"publish {time.monotonic() - begun:.1f} s")

    def _mail(self, cycle: Cycle) -> None:
        from notifications.alerts import send
        from warehouse.settings import Publishing

        try:
            if urls := Publishing.load().alert_urls:
                send(self._warehouse, urls)
        except TallyError as error:
            cycle.fail(str(error))

    def _record_start(self) -> str:
        with Warehouse(self._warehouse, lock_timeout()) as warehouse:
            return warehouse.ledger.start_run(None, "cycle")

    def _record_end(self, run_id: str, cycle: Cycle) -> None:
        try:
            with Warehouse(self._warehouse, lock_timeout()) as warehouse:
                warehouse.ledger.end_run(run_id, cycle.error, cycle.new, cycle.changed, cycle.rejected)
        except (TallyError, duckdb.Error, OSError) as error:
            # Somebody else holds the file, or the disk is full: the next cycle closes the row of this one.
            cycle.fail(f"the end of the cycle was not recorded: {first_line(error)}")
