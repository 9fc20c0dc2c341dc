"""The rows of the site's pages: what `publishing` writes for the site to serve as `/data`."""

from __future__ import annotations

import json
import re
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from publishing.publication import Publication, PublishingError, read_publication
from publishing.site import publish_site, read_pages

REPORTS = Path(__file__).parents[2] / "reports"


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    """The pages of a small site: an overview, one about a mart that may be missing, and one about a store."""
    folder = tmp_path / "reports"
    files = {
        "pages/index.md": "---\ntitle: Overview\nsql:\n  days: overview/days.sql\n---\n",
        "pages/sales/index.md": "---\ntitle: Sales\nmart: fct_sales\nsql:\n  sales: sales.sql\n---\n",
        "pages/store/index.md": (
            "---\ntitle: Store\nentity: store_id\nmart: dim_stores\n"
            "sql:\n  store: store/store.sql\n  days: store/days.sql\n  sales: sales.sql\n---\n"
        ),
        "queries/overview/days.sql": "select * from busy_days order by visits desc",
        "queries/sales.sql": "select store_id, sold from fct_sales",
        "queries/store/store.sql": "select store_id, store_name from dim_stores order by store_id",
        "queries/store/days.sql": "select store_id, visit_date as day, visits from fct_days order by store_id, day desc",
        "views/busy_days.sql": "select *, visits > 10 as is_busy from all_days",
        "views/all_days.sql": "select * from fct_days",  # a view on which one stands whose name comes before
        "sources/days.sql": "select * from all_days order by visit_date",
    }
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, encoding="utf-8")
    shutil.copy(REPORTS / "macros.sql", folder)
    return folder


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    """A publication of two stores and their days."""
    publish(
        tmp_path,
        {
            "dim_stores": "select unnest(['paris', 'Roma']) as store_id, 'a store' as store_name",
            "fct_days": """
                select
                    unnest(['paris', 'paris', 'Roma']) as store_id,
                    unnest([date '2026-11-20', date '2026-11-21', date '2026-11-21']) as visit_date,
                    unnest([7, 12, null]) as visits,
                    1.500::decimal(18, 3) as mean,
                    'nan'::double as ratio,
                    timestamp '2026-11-22 05:04:03' as read_at,
                    'said "so",' || chr(10) || 'twice' as words
            """,
        },
    )
    return tmp_path / "shops.duckdb"


def publish(folder: Path, marts: dict[str, str], **state: Any) -> None:
    """A publication as `python -m publishing` leaves it: the rows of these queries, beside what was published before."""
    version = folder / "shops.marts"
    version.mkdir(exist_ok=True)
    rows = dict(read_publication(version).marts)
    for name, sql in marts.items():
        duckdb.sql(f"copy ({sql}) to '{version}/{name}.parquet' (format parquet)")
        rows[name] = duckdb.sql(f"select count(*) from '{version}/{name}.parquet'").fetchall()[0][0]
    publication = Publication(
        published_at=datetime(2026, 11, 22, 6, 5, tzinfo=UTC), marts=rows, **state
    ).model_dump_json()
    (version / "publication.json").write_text(publication, encoding="utf-8")


def read(warehouse: Path, name: str) -> Any:
    return json.loads((warehouse.with_suffix(".site") / name).read_text("utf-8"))


def test_a_page_gets_the_answers_of_its_queries_in_their_order(warehouse: Path, reports: Path) -> None:
    publish_site(warehouse, reports)

    assert read(warehouse, "rows/overview.json") == {
        "days": {
            "store_id": ["paris", "paris", "Roma"],
            "visit_date": ["2026-11-21", "2026-11-20", "2026-11-21"],
            "visits": [12, 7, None],
            "mean": [1.5] * 3,
            "ratio": [None] * 3,
            "read_at": ["2026-11-22 05:04"] * 3,
            "words": ['said "so",\ntwice'] * 3,
            "is_busy": [True, False, None],
        }
    }


def test_each_entity_gets_a_file_of_its_own(warehouse: Path, reports: Path) -> None:
    publish_site(warehouse, reports)

    files = sorted((warehouse.with_suffix(".site") / "rows/store").rglob("*.json"))
    assert len(files) == 2
    roma, paris = (
        json.loads(file.read_text("utf-8")) for file in sorted(files, key=lambda file: file.parent.name == "key=paris")
    )
    assert paris == {
        "store": {"store_id": ["paris"], "store_name": ["a store"]},
        "days": {"day": ["2026-11-21", "2026-11-20"], "visits": [12, 7]},
    }
    assert roma == {
        "store": {"store_id": ["Roma"], "store_name": ["a store"]},
        "days": {"day": ["2026-11-21"], "visits": [None]},
    }


def _files(warehouse: Path) -> dict[str, int]:
    """What `/data` holds: each file and its place on the disk, which another file of the same content has not."""
    folder = warehouse.with_suffix(".site").resolve()
    return {str(file.relative_to(folder)): file.stat().st_ino for file in folder.rglob("*") if file.is_file()}


def test_only_what_reads_something_new_is_written_again(
    warehouse: Path, reports: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = {"site.json", "phrases.ftl", "manifest.json", "written.json"}
    about_days = {"rows/overview.json", "tables/days.parquet"}
    about_stores = {name for name in _files_after(warehouse, reports) if name.startswith("rows/store/")}

    def rewritten() -> set[str]:
        before, after = _files(warehouse), _files_after(warehouse, reports)
        return {name for name in after if after[name] != before.get(name)} - state

    assert len(about_stores) == 2
    assert rewritten() == set()
    publish(warehouse.parent, {"fct_sales": "select 'paris' as store_id, 1 as sold"})
    assert rewritten() == {"rows/sales.json"} | about_stores
    publish(warehouse.parent, {"fct_days": "select 'paris' as store_id, date '2026-11-22' as visit_date, 3 as visits"})
    assert rewritten() == about_days | about_stores
    assert read(warehouse, "rows/overview.json")["days"]["visits"] == [3]
    (reports / "views/all_days.sql").write_text("select *, 'new' as word from fct_days", encoding="utf-8")
    assert rewritten() == about_days
    (reports / "queries/sales.sql").write_text("select store_id, 2 * sold as sold from fct_sales", encoding="utf-8")
    assert rewritten() == {"rows/sales.json"} | about_stores
    (reports / "queries/sales.sql").write_text("select currency from settings", encoding="utf-8")
    (reports / "pages/store/index.md").write_text("---\ntitle: Store\n---\n", encoding="utf-8")
    rewritten()
    monkeypatch.setenv("SITE__CURRENCY", "CHF")
    assert rewritten() == {"rows/sales.json"}
    assert read(warehouse, "rows/sales.json") == {"sales": {"currency": ["CHF"]}}


def _files_after(warehouse: Path, reports: Path) -> dict[str, int]:
    """What `/data` holds when it has been written again."""
    publish_site(warehouse, reports)
    return _files(warehouse)


def test_damaged_rows_are_written_again(warehouse: Path, reports: Path) -> None:
    publish_site(warehouse, reports)
    site = warehouse.with_suffix(".site")
    whole = {name: (site / name).read_bytes() for name in _files(warehouse) if name.startswith("rows/")}
    for name in whole:
        (site / name).write_bytes(b"")
    publish_site(warehouse, reports)

    assert len(whole) == 4
    assert {name: (site / name).read_bytes() for name in whole} == whole


def test_a_page_is_listed_where_its_mart_has_rows(warehouse: Path, reports: Path) -> None:
    """A source that was never loaded leaves no mart, or an empty one; the pages beside it have their rows all the same."""
    publish_site(warehouse, reports)
    assert read(warehouse, "site.json")["pages"] == ["overview", "store"]
    assert read(warehouse, "rows/sales.json") == {}

    publish(warehouse.parent, {"fct_sales": "select 'paris' as store_id, 1 as sold where false"})
    publish_site(warehouse, reports)
    assert read(warehouse, "site.json")["pages"] == ["overview", "store"]
    assert read(warehouse, "rows/sales.json") == {"sales": {"store_id": None, "sold": None}}

    publish(warehouse.parent, {"fct_sales": "select 'paris' as store_id, 1 as sold"})
    publish_site(warehouse, reports)
    assert read(warehouse, "site.json")["pages"] == ["overview", "sales", "store"]
    assert read(warehouse, "rows/sales.json") == {"sales": {"store_id": ["paris"], "sold": [1]}}


def test_nothing_but_what_the_sql_names_leaves_the_warehouse(warehouse: Path, reports: Path) -> None:
    publish(warehouse.parent, {"fct_people": "select 'somebody' as name"})
    publish_site(warehouse, reports)

    written = [file for file in warehouse.with_suffix(".site").resolve().rglob("*") if file.is_file()]
    assert len(written) > 4
    assert not [file for file in written if b"somebody" in file.read_bytes()]


def test_the_state_of_the_publication_goes_along(warehouse: Path, reports: Path) -> None:
    publish(
        warehouse.parent,
        {},
        stale_since=datetime(2026, 11, 23, 4, 0, tzinfo=UTC),
        stale_reason="it's broken",
    )
    publish_site(warehouse, reports)

    state = read(warehouse, "site.json")
    assert {name: state[name] for name in ("published_at", "stale_since", "stale_reason")} == {
        "published_at": "2026-11-22 06:05",
        "stale_since": "2026-11-23 04:00",
        "stale_reason": "it's broken",
    }


def test_before_anything_was_published_every_page_is_empty(tmp_path: Path, reports: Path) -> None:
    publish_site(tmp_path / "shops.duckdb", reports)

    assert read(tmp_path / "shops.duckdb", "site.json") == {
        "published_at": None,
        "stale_since": None,
        "stale_reason": None,
        "pages": ["overview"],
        "locale": "en-GB",
        "timezone": "UTC",
    }
    assert read(tmp_path / "shops.duckdb", "rows/overview.json") == {}


def test_the_browsers_tables_are_listed(warehouse: Path, reports: Path) -> None:
    publish_site(warehouse, reports)

    assert read(warehouse, "manifest.json") == {
        "renderedFiles": {"tables": ["/data/tables/days.parquet"]},
        "macros": (REPORTS / "macros.sql").read_text("utf-8"),
    }
    rows = duckdb.sql(f"from '{warehouse.with_suffix('.site')}/tables/days.parquet'").fetchall()
    assert len(rows) == 3


def test_a_query_that_fails_is_named_and_the_rows_before_stay(warehouse: Path, reports: Path) -> None:
    publish_site(warehouse, reports)
    (reports / "queries/store/days.sql").write_text("select visits_per_day from fct_days", encoding="utf-8")

    with pytest.raises(
        PublishingError,
        match=rf"^The query in {reports}/queries/store/days\.sql failed; the site's rows before stay: Binder Error: .*visits_per_day",
    ):
        publish_site(warehouse, reports)
    assert read(warehouse, "rows/overview.json")["days"]["visits"] == [12, 7, None]
    (reports / "queries/store/days.sql").write_text("selec 1", encoding="utf-8")
    with pytest.raises(PublishingError, match=r"^The query in .*/queries/store/days\.sql failed; .* Parser Error"):
        publish_site(warehouse, reports)


def test_rows_without_their_entity_are_refused(warehouse: Path, reports: Path) -> None:
    (reports / "queries/store/days.sql").write_text("select visits from fct_days", encoding="utf-8")

    with pytest.raises(PublishingError, match=r"^The query days of the page store has no column store_id"):
        publish_site(warehouse, reports)


def test_a_view_that_fails_while_it_is_computed_is_named(warehouse: Path, reports: Path) -> None:
    """A view that the browser's database has as a table too is computed once, before the queries that read it."""
    (reports / "sources/busy_days.sql").write_text("select * from busy_days")
    (reports / "views/busy_days.sql").write_text("select *, words::integer as is_busy from all_days")
    with pytest.raises(PublishingError, match=r"^The query in .*/views/busy_days\.sql failed; .* Conversion Error"):
        publish_site(warehouse, reports)


def test_a_file_that_cannot_be_read_is_named(warehouse: Path, reports: Path) -> None:
    file = warehouse.with_suffix(".marts") / "dim_stores.parquet"
    file.write_text("not Parquet", encoding="utf-8")

    with pytest.raises(PublishingError, match=rf"^{file} cannot be read \(.+\): publish again\.$"):
        publish_site(warehouse, reports)


def test_every_id_gets_an_address_of_its_own(warehouse: Path, reports: Path) -> None:
    """Plain ids are their own addresses. None is another's where case is not told apart, or a name that no file can have."""
    plain = ["paris", "paris-12b", "a-b", "a_b", "404", "x" * 64, "0123456789ab"]
    odd = ["Paris", "PARIS", "a b", "a/b", "a.b", ".", "..", "", "index.html", "con", "lpt1", "Ülm?", "東京", "大阪"]
    odd += ["x" * 65, "x" * 300, "x" * 299 + "y", "_app", "-", "é' or 1=1 --", "paris-0123456789ab"]

    def keys(ids: list[str]) -> dict[str, str]:
        values = ", ".join("'" + each.replace("'", "''") + "'" for each in ids)
        publish(warehouse.parent, {"dim_stores": f"select unnest([{values}]) as store_id, '' as store_name"})
        publish_site(warehouse, reports)
        folder = warehouse.with_suffix(".site") / "rows/store"
        return {
            json.loads(file.read_text("utf-8"))["store"]["store_id"][0]: file.parent.name.removeprefix("key=")
            for file in folder.rglob("*.json")
        }

    # An id that is what another's address would be, had it not been taken for one.
    odd.append(keys(["Paris"])["Paris"])
    found = keys(plain + odd)
    assert set(found) == set(plain + odd)
    assert len({key.lower() for key in found.values()}) == len(found)
    assert all(re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,63}", key) for key in found.values())
    assert {each: found[each] for each in plain} == {each: each for each in plain}
    assert all(found[each] != each for each in odd)
    assert found["Paris"].startswith("paris-")
    assert found["a/b"].startswith("a-b-")


@pytest.mark.parametrize(("wanted", "shown"), [("CHF", "CHF"), ("GBP", "EUR"), (None, "EUR")])
def test_the_owners_currency_is_shown_where_there_are_sales_or_orders_in_it(
    warehouse: Path, reports: Path, monkeypatch: pytest.MonkeyPatch, wanted: str | None, shown: str
) -> None:
    """Else the one with the most sales; the others are named beside it."""
    if wanted is not None:
        monkeypatch.setenv("SITE__CURRENCY", wanted)
    publish(
        warehouse.parent,
        {
            "agg_sales_total": """
                select
                    unnest(['CHF', 'EUR', 'USD']) as currency,
                    unnest([1, 9, 2]) as sales,
                    unnest([10.0, 90.0, 20.0]) as revenue,
                    unnest([false, true, false]) as is_main_currency
            """,
            "agg_orders_hourly": """
                select
                    unnest(['CHF', 'EUR', 'EUR', 'USD']) as currency,
                    unnest([1, 4, 5, 2]) as orders,
                    unnest([10.0, 40.0, 50.0, 20.0]) as revenue
            """,
        },
    )
    for view in ("main_currency_sales", "order_currencies", "main_order_currency"):
        shutil.copy(REPORTS / f"views/{view}.sql", reports / "views")
    named = {"main": "main_currency_sales", "main_of_orders": "main_order_currency"}
    for query, view in named.items():
        (reports / f"queries/overview/{query}.sql").write_text(f"from {view}", encoding="utf-8")
    for query, of in (("others", "sales"), ("others_of_orders", "orders")):
        shutil.copy(REPORTS / f"queries/{of}/others.sql", reports / f"queries/overview/{query}.sql")
    queries = "".join(f"  {name}: overview/{name}.sql\n" for name in (*named, "others", "others_of_orders"))
    (reports / "pages/index.md").write_text(f"---\ntitle: Overview\nsql:\n{queries}---\n", encoding="utf-8")
    publish_site(warehouse, reports)
    rows = read(warehouse, "rows/overview.json")
    assert rows["main"] == rows["main_of_orders"] == {"currency": [shown]}
    others = {"CHF": 10, "EUR": 90, "USD": 20}
    del others[shown]
    for each in (rows["others"], rows["others_of_orders"]):
        assert dict(zip(each["currency"], each["revenue"], strict=True)) == others


def test_hours_go_back_thirteen_months_from_the_newest(tmp_path: Path) -> None:
    times = ["2026-11-22 05:00", "2025-10-22 06:00", "2025-10-22 05:00", "2019-01-01 00:00"]
    publish(
        tmp_path,
        {
            "fct_store_visits_hourly": f"""
                select
                    'paris' as store_id, unnest({times})::timestamp as hour_start_at, hour_start_at::date as visit_date,
                    5 as local_hour, true as is_open, 1 as visits, 1.5 as visits_estimated, 1.0 as visits_expected
            """
        },
    )
    publish_site(tmp_path / "shops.duckdb")

    table = tmp_path / "shops.site/tables/store_hours.parquet"
    assert [str(hour) for (hour,) in duckdb.sql(f"select hour_start_at from '{table}'").fetchall()] == [
        "2025-10-22 06:00:00",
        "2026-11-22 05:00:00",
    ]


def test_every_page_says_what_it_is_about() -> None:
    """What the site's own pages name is there, and a page about one entity has it in the menu of none."""
    pages = list(read_pages(REPORTS))
    assert {page.name for page in pages if page.entity} == {"store", "sensor", "station"}
    used = {file for page in pages for file in page.queries.values()}
    assert used == set((REPORTS / "queries").rglob("*.sql"))
