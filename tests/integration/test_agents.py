"""`make mcp` as an agent has it: asked by the SDK's own client over stdio, on what `make run` left."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import duckdb
import pytest
from mcp import Client, StdioServerParameters, stdio_client
from typer.testing import CliRunner

from metrics.__main__ import app
from tests.flow import PROJECT
from tests.whole_flow import whole_flow

Ask = Callable[..., Awaitable[Any]]


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return whole_flow(tmp_path_factory) / "data" / "warehouse.duckdb"


def talk(warehouse: Path, conversation: Callable[[Client], Awaitable[None]]) -> None:
    """Start the server as its own configuration says, and have the conversation."""
    printed = CliRunner().invoke(app, ["mcp", "--config"], env={"TALLY_WAREHOUSE": str(warehouse)})
    config = json.loads(printed.stdout)["mcpServers"]["tally"]

    async def run() -> None:
        server = StdioServerParameters(
            command=config["command"],
            args=[*config["args"], "--seconds", "3"],
            env=dict(os.environ) | config["env"],
            cwd="/",
        )
        async with Client(stdio_client(server)) as client:
            await conversation(client)

    # In a thread of its own: a browser's test before it may have left a loop running in this one.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, run()).result()


async def answer(client: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    done = await client.call_tool(tool, arguments)
    assert not done.is_error, done.content
    said: dict[str, Any] = done.structured_content
    return said


async def refusal(client: Client, tool: str, **arguments: Any) -> str:
    done = await client.call_tool(tool, arguments)
    assert done.is_error, done.structured_content
    return " ".join(part.text for part in done.content if part.type == "text")


# One after the other, on one server: what is asked in vain must not harm what is asked after it.
REFUSED = {
    "from read_csv('/etc/passwd')": "read_csv() cannot be read from",
    "select (select count(*) from read_text('/etc/passwd'))": "read_text() cannot be read from",
    "from '/etc/passwd'": "There is no mart '/etc/passwd'",
    "from 'warehouse.duckdb'": "There is no mart",
    "with \"/etc/passwd\" as (select 1) select * from \"/etc/passwd\"": "is no name for a table",
    "from glob('/*')": "glob() cannot be read from",
    "from query('from read_text(''/etc/passwd'')')": "query() cannot be read from",
    "from query_table(['dim_stores'])": "query_table() cannot be read from",
    "from raw_orders.customers": "raw_orders.customers cannot be read",
    "from warehouse.raw_orders.customers": "only the published marts",
    "from information_schema.tables": "only the published marts",
    "from duckdb_settings()": "duckdb_settings() cannot be read from",
    "from duckdb_secrets()": "duckdb_secrets() cannot be read from",
    "from pragma_database_list()": "cannot be read from",
    "select current_setting('allowed_directories')": "current_setting() cannot be asked",
    "select getenv('HOME')": "getenv() cannot be asked",
    "show all tables": "cannot be asked",
    "copy dim_stores to '/tmp/stolen.csv'": "only a query",
    "copy (select 1) to 'dim_stores.parquet'": "only a query",
    "attach '/tmp/other.duckdb'": "only a query",
    "install httpfs": "only a query",
    "load httpfs": "only a query",
    "pragma database_list": "only a query",
    "set enable_external_access = true": "only a query",
    "reset lock_configuration": "only a query",
    "create table x as select 1": "only a query",
    "drop view dim_stores": "only a query",
    "select 1; drop view dim_stores": "no query that can be asked",
    "select 1; select 2": "one query at a time",
    "explain analyze select 1": "only a query",
    "selct 1": "syntax error",
    "with recursive n as (select 1 as x union all select x + 1 from n) select count(*) from n": "over 3 seconds",
    "select list(range) from range(300000000)": "over",
    "select repeat('x', 3000000)": "too long",
    "select city from fct_store_visits_daily": "Candidate bindings",
    "from fct_store_visits_dayly": "Did you mean fct_store_visits_daily",
}  # fmt: skip


def test_an_agent_finds_its_way_and_nothing_but_the_marts(warehouse: Path) -> None:
    async def conversation(client: Client) -> None:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert set(tools) == {"list_metrics", "query_metrics", "list_marts", "describe_mart", "query_marts"}
        assert all(tool.description for tool in tools.values())

        metrics = await answer(client, "list_metrics")
        assert {"visits", "conversion_pct", "online_revenue"} <= {one["metric"] for one in metrics["metrics"]}
        shared = await answer(client, "list_metrics", metrics=["basket"])
        assert "retail_store__region" in shared["dimensions"]
        marts = {one["mart"]: one for one in (await answer(client, "list_marts"))["marts"]}
        with duckdb.connect(str(warehouse), read_only=True) as connection:
            names = connection.execute("select table_name from information_schema.tables where table_schema = 'marts'")
            built = {
                name: connection.sql(f"select count(*) from marts.{name}").fetchall()[0][0]
                for (name,) in names.fetchall()
            }
        assert {name: one["rows"] for name, one in marts.items()} == built
        described = await answer(client, "describe_mart", mart="fct_orders")
        assert described["key"] == ["order_id"]
        refers = {column["name"]: column["refers_to"] for column in described["columns"]}
        assert refers["customer_id"] == {"mart": "dim_customers", "column": "customer_id"}

        for sql, says in REFUSED.items():
            assert says in await refusal(client, "query_marts", sql=sql), sql
        assert "Did you mean dim_stores" in await refusal(client, "describe_mart", mart="dim_store")
        assert "Did you mean visits" in await refusal(client, "query_metrics", metrics=["visitz"])
        assert "limit" in await refusal(client, "query_marts", sql="from dim_stores", limit=1_000_000)

        hours = await answer(client, "query_marts", sql="from fct_store_visits_hourly", limit=7)
        assert len(hours["rows"]) == 7
        assert hours["note"] == "There are more rows: these are the first 7."
        own = "with big as (select store_id from marts.dim_stores where doors > 3) select count(*) as n from big, unnest([1, 2])"
        (row,) = (await answer(client, "query_marts", sql=own))["rows"]
        with duckdb.connect(str(warehouse), read_only=True) as connection:
            assert connection.execute("select 2 * count(*) from marts.dim_stores where doors > 3").fetchone() == (
                row["n"],
            )

    talk(warehouse, conversation)
    assert not Path("/tmp/stolen.csv").exists()


QUESTION = re.compile(
    r"^(\d+)\. \*\*(.+?)\*\*.*?`(\w+)`\s+```json\n(.*?)```\s+```json\n(.*?)```", re.DOTALL | re.MULTILINE
)

# The same ten questions in SQL on the warehouse itself: not by the metrics, and where it can be, not by the marts that they read.
WORKED_OUT = {
    1: """select store_id, sum(visits) from marts.fct_sensor_visits_daily where visit_date = '2026-11-11' group by 1 order by 1""",
    2: """select date_trunc('week', visit_date)::date::varchar, sum(visits) from marts.fct_sensor_visits_hourly
        where visit_date between '2026-10-12' and '2026-11-08' group by 1 order by 1""",
    3: """select stores.store_name, days.visits_vs_usual_pct
        from marts.fct_store_visits_daily as days inner join marts.dim_stores as stores using (store_id)
        where visit_date = '2026-11-10' order by 2 desc""",
    4: """select region, sales.currency, sum(sales.revenue)::double
        from marts.fct_sales as sales inner join marts.dim_retail_stores using (retail_store_id)
        where year(sale_date) = 2026 group by all order by 3 desc limit 3""",
    5: """select date_trunc('month', sale_date)::date::varchar, currency, sum(revenue)::double / sum(sales)
        from marts.agg_sales_daily where sale_date >= '2026-08-01' group by all order by 1""",
    6: """select 100.0 * sum(sales) / sum(visits_estimated) from marts.fct_store_performance_daily
        where is_complete and visit_date between '2026-10-01' and '2026-10-31'""",
    7: """select country, currency, orders, revenue::double from marts.agg_orders_by_country order by orders desc limit 3""",
    8: """select stations.station_name, count(*) filter (where days.pm2_5_mean > 15 and days.pm2_5_hours >= 18)
        from marts.fct_air_quality_daily as days inner join marts.dim_stations as stations using (station_id)
        where measured_date between '2026-10-01' and '2026-10-31' and days.pm2_5_hours >= 18 group by 1 order by 1""",
    9: """select kind, store_id, message from marts.fct_alerts where closed_at is null order by opened_at desc""",
    10: """select local_hour, round(avg(visits))::bigint from marts.fct_store_visits_hourly
        where store_id = 'london' and is_open and isodow(visit_date) = 6 group by 1 order by 2 desc limit 1""",
}  # fmt: skip


def test_the_ten_questions_of_the_docs_are_answered_so(warehouse: Path) -> None:
    """docs/agents.md's answers are the server's, and what SQL on the warehouse says."""
    asked = QUESTION.findall((PROJECT / "docs" / "agents.md").read_text("utf-8"))
    assert [int(number) for number, *_ in asked] == list(range(1, 11))

    async def conversation(client: Client) -> None:
        for number, question, tool, arguments, shown in asked:
            said = await answer(client, tool, **json.loads(arguments))
            assert said["rows"] == json.loads(shown), (question, json.dumps(said["rows"], ensure_ascii=False))
            with duckdb.connect(str(warehouse), read_only=True) as connection:
                connection.execute("set timezone = 'UTC'")
                expected = connection.execute(WORKED_OUT[int(number)]).fetchall()
            rows = [tuple(row.values()) for row in said["rows"]]
            assert len(rows) == len(expected), question
            for row, other in zip(rows, expected, strict=True):
                assert row == tuple(pytest.approx(value) if isinstance(value, float) else value for value in other), (
                    question
                )

    talk(warehouse, conversation)


def test_the_server_says_nothing_but_the_protocol_on_standard_output(warehouse: Path) -> None:
    """What a client would stumble over: a log line, a progress bar."""
    done = subprocess.run(
        [sys.executable, "-m", "metrics", "mcp", "--warehouse", str(warehouse)],
        cwd=PROJECT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "")
