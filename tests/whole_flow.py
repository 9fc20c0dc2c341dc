"""What `make run` leaves, made once a session: the whole flow from the mock providers to the site, in a copy of the project."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest

from tests import preloaded
from tests.clone import clone
from tests.flow import PROJECT
from tests.once import made_once
from tests.servers import missing

# Thursday morning: the latest complete day is Armistice Day, on which the French store is closed.
NOW = "2026-11-12T09:20:00Z"
# Orders seldom enough that their fortnight is some 12,000, and the page's two days some 1,700.
ORDERS_RATE = "0.01"


def whole_flow(factory: pytest.TempPathFactory) -> Path:
    """The copy of the project that the flow ran in: `data/warehouse.duckdb` and what lies beside it, `reports/build`."""
    needs_site_packages()
    return made_once(factory, "whole-flow", _run_it)


def needs_site_packages() -> None:
    """Leave the test out where no site can be built."""
    if not (PROJECT / "reports/node_modules").exists():
        missing("the site's packages are not installed: `make setup`")


def _run_it(folder: Path) -> None:
    """The steps of `python -m orchestration run`, with some of the world's facts put in after the first."""
    project = clone(folder)
    add_goals_and_events(project / "seeds")
    warehouse = project / "data" / "warehouse.duckdb"
    environment = clean() | {"DBT_TARGET_PATH": "data/target", "DBT_LOG_PATH": "data/logs"}
    run = (sys.executable, "-m", "orchestration", "run")
    with started("mock_api", "--world", "seeds", "--now", NOW, "--orders-rate", ORDERS_RATE) as provider:
        well(environment | addresses(provider), *run, "--step", "ingest", where=project)
    add_air_faults(warehouse)
    add_door_faults(warehouse)
    move_runs_to_now(warehouse)
    rest = [word for step in ("build", "alerts", "publish", "mail", "reports") for word in ("--step", step)]
    well(environment, *run, *rest, where=project)


def add_goals_and_events(seeds: Path) -> None:
    """What the owner wishes for and knows of: one goal is of a store that nobody knows, and two events overlap."""
    (seeds / "goals.csv").write_text(
        "store_id,metric,month,target\n,visits,2026-11,90000000\n,visits,2026-10,1000\nparis,visits,2026-11,500000000\natlantis,visits,2026-11,100\n",
        encoding="utf-8",
    )
    (seeds / "events.csv").write_text(
        "store_id,first_day,last_day,label,is_unusual\n"
        ",2026-11-20,2026-11-21,Night sale,false\n"
        "paris,2026-11-05,2026-11-07,Book fair,false\n"
        "paris,2026-11-07,2026-11-08,Marathon,false\n"
        "atlantis,2026-11-06,2026-11-06,Flood,true\n",
        encoding="utf-8",
    )


def clean() -> dict[str, str]:
    """The environment without the settings of whoever runs the tests."""
    # Also without those of a `make` that runs the tests: another one would say where it works.
    own = ("TALLY_", "SOURCES__", "PUBLISHING__", "RETENTION__", "SITE__", "DBT_", "MAKE", "MFLAGS")
    return {name: value for name, value in os.environ.items() if not name.startswith(own)}


def addresses(provider: str) -> dict[str, str]:
    """The settings that point every source to mock providers."""
    return {
        "SOURCES__FOOTFALL__BASE_URL": f"{provider}/footfall/v1",
        "SOURCES__RETAIL__PRODUCTS_URL": f"{provider}/retail/produits.csv",
        "SOURCES__RETAIL__STORES_URL": f"{provider}/retail/magasins.csv",
        "SOURCES__RETAIL__SALES_URL": f"{provider}/retail/ventes.csv",
        "SOURCES__ORDERS__BASE_URL": f"{provider}/orders/v1",
        "SOURCES__AIR_QUALITY__BASE_URL": f"{provider}/air",
    }


def run(environment: dict[str, str], *command: str, where: Path = PROJECT) -> subprocess.CompletedProcess[str]:
    """A command of the project's, in this environment."""
    if preloaded.is_preloaded(command):
        return preloaded.run(command, where, environment, timeout=1200)
    return subprocess.run(
        command,
        cwd=where,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=1200,
        check=False,
    )


def well(environment: dict[str, str], *command: str, where: Path = PROJECT) -> None:
    """A command that must end well."""
    done = run(environment, *command, where=where)
    assert done.returncode == 0, done.stdout + done.stderr


@contextmanager
def started(*command: str) -> Iterator[str]:
    """A server of the project's on a free port; its address out of the first line that it prints."""
    with subprocess.Popen(
        [sys.executable, "-m", *command, "--port", "0"],
        cwd=PROJECT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        address = re.search(r"http://[\d.]+:\d+", line)
        assert address, f"{command} said {line!r}"
        try:
            yield address.group()
        finally:
            process.terminate()


def add_air_faults(warehouse: Path) -> None:
    """What the simulated network does not show at that time: a station whose instrument is dead, and restated hours."""
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("""
            set timezone = 'UTC';
            create table if not exists raw_air_quality.superseded (
                station_id varchar, measured_at timestamptz, parameter varchar, old_value double, new_value double,
                is_completion boolean, seen_at timestamptz, replaced_load_id varchar, _dlt_load_id varchar
            );
            insert into raw_air_quality.stations (station_id, station_name, latitude, longitude, received_at, _dlt_load_id)
            values ('7', 'Dead end', 5.3, -4.0, timestamptz '2026-11-12 09:00:00Z', '1794474000.0');
            insert into raw_air_quality.hourly (station_id, measured_at, co, pm2_5, _dlt_load_id)
            select '7', hour, 0.0, 12.5, '1794474000.0'
            from generate_series(timestamptz '2026-11-02 00:00:00Z', timestamptz '2026-11-12 08:00:00Z', interval 1 hour) as hours (hour)
            where date_part('hour', hour) <> 5;
            insert into raw_air_quality.superseded
                (station_id, measured_at, parameter, old_value, new_value, is_completion, seen_at, replaced_load_id, _dlt_load_id)
            select '283164601', hour, 'co', -0.3, 0.0, false, timestamptz '2026-11-10 08:50:00Z', '1794400000.0', '1794474000.0'
            from generate_series(timestamptz '2026-08-01 00:00:00Z', timestamptz '2026-08-01 03:00:00Z', interval 1 hour) as hours (hour)
        """)


def add_door_faults(warehouse: Path) -> None:
    """Two doors that need a technician: Paris's seventh falls silent, Berlin's second counts the same hour after hour."""
    in_service = "installed_at < '2026-11-01 00:00:00Z' and (removed_at is null or removed_at > '2026-11-12 12:00:00Z')"
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(f"""
            set timezone = 'UTC';
            delete from raw_footfall.readings
            where
                sensor_id in (select sensor_id from raw_footfall.sensors where store_id = 'paris' and door = 7 and {in_service})
                and hour_start > timestamptz '2026-11-09 12:00:00Z';
            update raw_footfall.readings set visits = 2222, status = 'ok'
            where
                sensor_id in (select sensor_id from raw_footfall.sensors where store_id = 'berlin' and door = 2 and {in_service})
                and hour_start between timestamptz '2026-11-11 09:00:00Z' and timestamptz '2026-11-11 14:00:00Z'
        """)


def move_runs_to_now(warehouse: Path) -> None:
    """The ingestion as if it had run on that morning: silence and age are measured against it."""
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(f"""
            update raw_operations.runs set started_at = started_at - late.by, ended_at = ended_at - late.by
            from (select max(ended_at) - timestamptz '{NOW}' as by from raw_operations.runs) as late
        """)
