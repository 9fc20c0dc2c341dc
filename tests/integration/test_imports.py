"""The packages of docs/architecture.md: which may import which, without a circle anywhere."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.flow import PROJECT

# Data flows one way, and all packages depend on `warehouse`. A package may import those that are listed, and itself.
MAY_IMPORT: dict[str, set[str]] = {
    "warehouse": set(),
    "mock_api": set(),
    "forecasting": set(),
    "ingestion": {"warehouse"},
    "publishing": {"warehouse"},
    "notifications": {"warehouse", "publishing"},
    "reports": {"warehouse", "publishing"},
    "orchestration": {"warehouse", "ingestion", "publishing", "notifications", "reports", "mock_api"},
    "metrics": {"warehouse", "publishing"},
    "tools": {"warehouse", "ingestion", "publishing", "reports", "metrics"},
}


def modules(package: str) -> dict[str, Path]:
    """The package's modules by dotted name."""
    found = {}
    for file in sorted((PROJECT / package).rglob("*.py")):
        parts = file.relative_to(PROJECT).with_suffix("").parts
        if not {".venv", "node_modules", ".work"} & set(parts):
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = file
    return found


MODULES = {name: file for package in MAY_IMPORT for name, file in modules(package).items()}


def imports(name: str) -> set[str]:
    """Our own modules that one imports anywhere, inside functions and under TYPE_CHECKING too."""
    found = set()
    for node in ast.walk(ast.parse(MODULES[name].read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {
                inner if (inner := f"{node.module}.{alias.name}") in MODULES else node.module for alias in node.names
            }
    return found & set(MODULES) - {name}


@pytest.mark.parametrize("package", sorted(MAY_IMPORT))
def test_a_package_imports_only_what_it_may(package: str) -> None:
    wrong = {
        f"{name} imports {other}"
        for name in modules(package)
        for other in imports(name)
        if other.partition(".")[0] not in MAY_IMPORT[package] | {package}
    }
    assert wrong == set()


def test_no_module_imports_itself_by_way_of_others() -> None:
    arrows = {name: imports(name) for name in MODULES}

    def circle(name: str, path: tuple[str, ...]) -> tuple[str, ...] | None:
        if name in path:
            return path[path.index(name) :]
        if name in done:
            return None
        found = next((c for other in sorted(arrows[name]) if (c := circle(other, (*path, name)))), None)
        done.add(name)
        return found

    done: set[str] = set()
    assert [found for name in MODULES if (found := circle(name, ()))] == []


def test_every_package_of_the_project_is_a_room_that_is_listed() -> None:
    packages = {file.parent.name for file in PROJECT.glob("*/__init__.py")}
    assert packages - set(MAY_IMPORT) == {"benchmarks"}
