"""A copy of the project in a folder of its own, in which commands run as they do in a fresh checkout."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.flow import PROJECT, put_parsed

# What git does not hold: what is installed, what runs leave behind, and the settings of one machine.
_LEFT_OUT = {
    ".git", ".venv", ".env", "node_modules", "__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis",
    ".user.yml", "dbt_packages",
}  # fmt: skip
_LEFT_OUT_AT = {
    "data", "demo", "target", "logs", ".dlt/secrets.toml", "reports/build", "reports/.work", "reports/.work.lock", "reports/.work.dev",
    "orchestration/airflow/.home", "deploy/superset/.home",
}  # fmt: skip


def clone(folder: Path) -> Path:
    """Copy the project into `folder`, which is new, parsed, with links to the packages that are installed in this one."""

    def left_out(parent: str, names: list[str]) -> set[str]:
        here = Path(parent).relative_to(PROJECT)
        return {name for name in names if name in _LEFT_OUT or (here / name).as_posix() in _LEFT_OUT_AT}

    shutil.copytree(PROJECT, folder, ignore=left_out, symlinks=True, dirs_exist_ok=True)
    for target in ("target", "data/target"):
        put_parsed(folder / target)
    for packages in (".venv", "reports/node_modules", "orchestration/airflow/.venv", "deploy/superset/.venv"):
        if (PROJECT / packages).exists():
            (folder / packages).symlink_to(PROJECT / packages)
    return folder
