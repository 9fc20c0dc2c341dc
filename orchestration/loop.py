"""The flow again and again in one process: ingest, build what the new rows touch, publish; the site at an interval of its own.

One cycle at a time. A cycle that takes longer than the interval skips the ticks that fall into it, and logs them. What a
failed build left undone is built by the next cycle even without new rows, so that nothing untested is published.
"""

from __future__ import annotations

import logging
import math
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

import duckdb

from orchestration.steps import CYCLE, Flow, Outcome, run_step
from warehouse.database import Warehouse
from warehouse.dbt_runner import Dbt
from warehouse.errors import TallyError, first_line, unexpected
from warehouse.paths import PROJECT, WarehousePaths
from warehouse.settings import lock_timeout
from warehouse.settings import seconds_of as seconds_of
from warehouse.upgrade import upgrade

logger = logging.getLogger(__name__)

CHILD_GRACE = 10.0


class Stop:
    """SIGTERM and SIGINT: waiting ends at once, loading and publishing are interrupted, a build is finished.

    Loading and publishing can be interrupted anywhere without a loss. A build takes seconds; a second signal
    interrupts it too.
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


class Site:
    """The site's build, in a process of its own so that cycles go on, at most one at a time."""

    def __init__(self, every: float | None) -> None:
        self._every = every
        self._child: subprocess.Popen[bytes] | None = None
        self._due = 0.0

    def check(self) -> None:
        """Log how a build ended, and start the next when it is due."""
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
        """End a build under way, and the processes that it started."""
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
        self._flow = Flow(warehouse, Dbt(is_warm=True), is_nightly=True)
        self._paths = WarehousePaths(warehouse)

    def run(self) -> int:
        """Run until stopped; 0 after SIGTERM or SIGINT. A cycle's error does not end the loop."""
        begun = time.monotonic()
        tick = 0
        try:
            while not self._stop.is_asked:
                self._cycle()
                self._check_site()
                passed = math.floor((time.monotonic() - begun) / self._every)
                if passed > tick:
                    logger.info("skipped %d of the ticks every %g s: the cycle took longer", passed - tick, self._every)
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
            self._check_site()

    def _check_site(self) -> None:
        """Check the site's build, shielded: a signal in the middle of the child's start would leave a child that is never ended."""
        try:
            with self._stop.finishing_first():
                self._site.check()
        except OSError as error:  # no process can be started: no memory, no file handle
            logger.error("site: the build could not be started: %s", first_line(error))

    def _cycle(self) -> None:
        begun = time.monotonic()
        outcomes: list[Outcome] = []
        self._flow.results = ()
        errors: list[str] = []
        run_id = None
        is_over = False
        try:
            run_id = self._record_start()
            for name in CYCLE:
                if self._stop.is_asked and name not in ("build", "alerts"):
                    break
                outcomes.append(self._step(name))
            is_over = True
        except (TallyError, duckdb.Error, OSError) as error:
            # The warehouse is locked, or the disk is full.
            errors.append(first_line(error))
            is_over = True
        except Exception as error:
            # Any other error, such as a bug, ends this cycle and not the loop.
            logger.exception("the cycle ended with an unexpected error")
            errors.append(unexpected(error))
            is_over = True
        finally:
            errors = [f"{each.name}: {each.error}" for each in outcomes if each.error] + errors
            if not is_over:
                errors.append("stopped")
            if run_id and (error_of_record := self._record_end(run_id, "; ".join(errors) or None)):
                errors.append(error_of_record)
        with suppress(OSError):  # a full disk: the cycle has logged it
            self._paths.heartbeat.touch()
            if self._paths.old_heartbeat.exists():
                self._paths.old_heartbeat.touch()
        summary = outcomes[0].summary if outcomes else "not begun"
        steps = ", ".join(f"{each.name} {each.seconds:.1f} s" for each in outcomes)
        logger.info(
            "cycle: %s; %s (%.1f s)%s", summary, steps, time.monotonic() - begun, "".join(f"; {e}" for e in errors)
        )

    def _step(self, name: str) -> Outcome:
        # Alerts are computed every time: missing data and a failed build raise alerts too.
        if name in ("build", "alerts"):
            with self._stop.finishing_first():
                return run_step(self._flow, name)
        return run_step(self._flow, name)

    def _record_start(self) -> str:
        upgrade(self._warehouse, lock_timeout())
        with Warehouse(self._warehouse, lock_timeout()) as warehouse:
            return warehouse.ledger.start_run(None, "cycle")

    def _record_end(self, run_id: str, error: str | None) -> str | None:
        """Close the cycle's row in the ledger; one line where that could not be done."""
        new, changed, rejected = (
            sum(getattr(each, name) for each in self._flow.results) for name in ("new", "changed", "rejected")
        )
        try:
            with Warehouse(self._warehouse, lock_timeout()) as warehouse:
                warehouse.ledger.end_run(run_id, error, new, changed, rejected)
        except (TallyError, duckdb.Error, OSError) as cause:
            # The warehouse is locked, or the disk is full: the next cycle closes the row of this one.
            return f"the end of the cycle was not recorded: {first_line(cause)}"
        return None
