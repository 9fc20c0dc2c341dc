"""docs/metrics.md: every metric with what it means and what it can be grouped by, from models/semantic."""

from __future__ import annotations

from metrics.engine import TIMES, Metric, Metrics
from warehouse.paths import DEFAULT_WAREHOUSE

_INTRODUCTION = """\
# Metrics

Made by `python -m tools generate` from `models/semantic/`: do not edit.

Each metric is defined once, in `models/semantic/`, in the words of [MetricFlow](https://docs.getdbt.com/docs/build/about-metricflow). Tests hold the site's pages and the digest against these definitions.

```bash
.venv/bin/python -m metrics list                    # every metric; with metrics after it, what they can all be grouped by
.venv/bin/python -m metrics query visits coverage_pct --by store,week --where "day >= '2026-10-01'"
.venv/bin/python -m metrics query revenue basket --by retail_store__region --order -revenue --format csv
```

A question is answered from what is published, in one process that starts in two seconds: the warehouse is not opened, and dbt is not run. All metrics can be grouped by
{times} (of the metric's own date: of the visit, the sale, the order, the measurement), and filtered by them. Amounts are always by currency, and errors of forecasts by pollutant, because they do not
add up otherwise. The numerators and denominators of ratios are metrics, too. Agents ask the same metrics by [MCP](agents.md).
"""


def page() -> str:
    """The page's text."""
    metrics = Metrics(DEFAULT_WAREHOUSE)
    parts = [_INTRODUCTION.format(times=", ".join(f"`{time}`" for time in TIMES))]
    grouped: dict[tuple[str, ...], list[Metric]] = {}
    for metric in metrics.metrics.values():
        by = tuple(name for name in metrics.dimensions([metric.name]) if not name.startswith("metric_time"))
        grouped.setdefault(by, []).append(metric)
    for by, members in grouped.items():
        lines = ["| metric | unit | what it is |", "|---|---|---|"]
        lines += [
            f"| `{metric.name}` | {metric.unit or ''} | {' '.join(metric.description.split())} |" for metric in members
        ]
        listed = ", ".join(f"`{name}`" for name in by)
        parts.append(f"By {listed}:\n\n" + "\n".join(lines) + "\n")
    return "\n".join(parts)
