"""docs/seeds.md: how an owner fills in the seeds, with every column as seeds/_seeds.yml declares it."""

from __future__ import annotations

from tools.project import Manifest
from warehouse import seeds
from warehouse.paths import PROJECT

_INTRODUCTION = f"""\
# Seeds: the reference data that you fill in

The files in `seeds/` are plain CSV. Edit them with a text editor or a spreadsheet, then run `make lint` to check them and
`make build` to use them.

- The first line names the columns, in any order. Columns of your own are allowed beside them; nothing reads them.
- Commas separate the columns. A value that holds a comma stands between quotation marks: `"Works, first floor"`.
- A date is written year-month-day: `2026-06-05`. `05/06/2026` can be read two ways and is refused.
- A number has a point before its decimals and nothing between its thousands: `1299.5`.
- The file is UTF-8. In a spreadsheet, save it as *CSV UTF-8 (comma delimited)*. A byte-order mark, Windows line ends, blank
  lines and a missing last line end do no harm.

`dbt build`, `dbt seed`, `dbt run` and the like stop before they build anything where a row cannot be read or breaks a rule below.
They list each such row with its file, line and reason (the first {seeds.SHOWN}, and how many more there are); `make lint` lists the same:

    seeds/closures.csv:7: closed_from 05/06/2026 can be read two ways: write 2026-06-05 for 5 June 2026 or 2026-05-06 for 6 May 2026

A store, sensor, station or kind of alert that is unknown is a warning with the same file and line, and stops nothing: the
seed may come before the data. Nothing is said about it while the warehouse holds none of that sort.

A file that is not UTF-8 ends plain `dbt build` with `'utf-8' codec can't decode byte …`, which names no file:
`.venv/bin/python -m warehouse.seeds` names the file, the line and what stands there.

Holidays come from the `holidays` library: `.venv/bin/python -m tools.holidays` makes `holidays.csv` again for the countries in it, and
`.venv/bin/python -m tools.holidays AU` adds a country. Set `is_closed` to `false` for a holiday on which your shops open; making the
file again keeps that. One store that opens on a holiday goes into `holiday_openings.csv`, and any other closed days into `closures.csv`.
"""


def page(manifest: Manifest) -> str:
    """The page's text; descriptions come from dbt's manifest, which has put shared blocks in their places."""
    described = {node["name"]: node for node in manifest["nodes"].values() if node["resource_type"] == "seed"}
    parts = [_INTRODUCTION]
    for name, shape in sorted(seeds.shapes(PROJECT).items()):
        lines = [
            f"## `{name}.csv`",
            "",
            _one_line(described[name]["description"]),
            "",
            "| column | type | needed | what it is | example |",
            "|---|---|---|---|---|",
        ]
        for column in shape.columns:
            description = _one_line(described[name]["columns"][column.name]["description"]).replace("|", "\\|")
            lines.append(
                f"| `{column.name}` | {column.type} | {_needed(column)} | {description} | `{column.meta['example']}` |"
            )
        lines += [
            "",
            *(f"No two rows have the same {' and '.join(f'`{each}`' for each in key)}." for key in shape.keys),
        ]
        parts.append("\n".join(lines).rstrip() + "\n")
    return "\n".join(parts)


def _needed(column: seeds.Column) -> str:
    if column.needed:
        return "yes"
    conditions = [
        f"unless `{other}` is {' or '.join(values)}"
        for other, values in column.meta.get("empty_only_where", {}).items()
    ]
    return conditions[0] if conditions else "no"


def _one_line(text: str) -> str:
    return " ".join(text.split())
