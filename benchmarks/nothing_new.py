"""A run of the ingestion that finds nothing new, as a process."""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.common import Log, Options, Report, median, mock_provider, run


def measure(options: Options, log: Log) -> Report:
    """`python -m ingestion footfall` again, with 120 days of the mock's loaded."""
    report = Report("A run with nothing new", f"python -m benchmarks nothing_new --rounds {options.rounds}")
    rounds = max(options.rounds, 5)
    with TemporaryDirectory(prefix="tally-bench-") as folder, mock_provider("2026-07-23") as address:
        environment = {
            "TALLY_WAREHOUSE": str(Path(folder) / "warehouse.duckdb"),
            "SOURCES__FOOTFALL__BASE_URL": f"{address}/footfall/v1",
        }
        command = [sys.executable, "-m", "ingestion", "footfall"]
        first = run(command, environment)
        log(f"the first run: {first.seconds:.1f} s")
        ran = [run(command, environment) for _ in range(rounds)]
    seconds = median([each.seconds for each in ran])
    report.add("the first run: 120 days of 39 doors", f"{first.seconds:.1f} s")
    report.add("nothing new, from start to end of the process", f"{seconds:.2f} s", "≤ 2 s", seconds <= 2)
    report.add("of it on a processor", f"{median([each.processor for each in ran]):.2f} s")
    report.notes.append(
        f"Medians of {rounds} runs. What waits for a processor counts in the first figure and not in the second."
    )
    return report
