"""`make run` on an empty clone with an empty HOME, by step."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.common import PROJECT, Log, Options, Report, run


def measure(options: Options, log: Log) -> Report:
    """Clone what is committed, and run the README's first command in it."""
    report = Report("`make run` on an empty clone", "python -m benchmarks empty_clone")
    with TemporaryDirectory(prefix="tally-bench-") as folder:
        clone, home = Path(folder) / "clone", Path(folder) / "home"
        home.mkdir()
        run(["git", "clone", "--quiet", str(PROJECT), str(clone)])
        # Nothing that is set here may help or harm; what leads to the network (proxies, certificates) stays.
        path = os.pathsep.join(
            part for part in os.environ["PATH"].split(os.pathsep) if Path(part) != Path(sys.executable).parent
        )
        ours = ("TALLY_", "SOURCES__", "DBT_", "RUNTIME__", "UV_PROJECT", "VIRTUAL_ENV", "XDG_", "MAKE")
        unset = [option for name in os.environ if name.startswith(ours) for option in ("-u", name)]
        command = ["env", *unset, f"PATH={path}", f"HOME={home}", "make"]
        setup = run([*command, "setup"], cwd=clone)
        log(f"set-up: {setup.seconds:.0f} s")
        whole = run([*command, "run"], cwd=clone)
    steps = re.findall(r"^(ingest|build|publish|reports) +([\d.]+) s  (.*)$", whole.output, re.MULTILINE)
    if len(steps) != 4:
        raise RuntimeError(f"`make run` did not report its four steps: {whole.output[-1000:]}")
    report.add("set-up: Python and Node.js packages", f"{setup.seconds:.0f} s")
    for name, seconds, summary in steps:
        report.add(name, f"{float(seconds):.1f} s: {summary}")
    total = setup.seconds + whole.seconds
    report.add("everything", f"{total / 60:.1f} minutes")
    report.notes.append("The package registries are part of the first figure. HOME is empty, so nothing is cached.")
    return report
