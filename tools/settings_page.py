"""docs/settings.md: every setting that there is, from the models that read them."""

from __future__ import annotations

from typing import Any

from ingestion import sources
from warehouse.settings import SECTIONS, Settings

HEAD = """\
# Settings

Made by `python -m tools generate` from the models that read the settings (`warehouse/settings.py`, and each source's own in `ingestion/sources/`): do not edit.

A setting is looked for in the environment, then in `.dlt/secrets.toml` (not in git: the place for keys and passwords), then in `.dlt/config.toml`, which holds the
defaults of addresses. `SOURCES__FOOTFALL__BASE_URL` in the environment is `base_url` under `[sources.footfall]` in a file. An empty variable counts as not set. `TALLY_…` are read from the environment alone.
"""


def page() -> str:
    """The page's Markdown."""
    sections = [*SECTIONS, *(sources.source(name).settings for name in sources.NAMES)]
    return HEAD + "".join(_section(section) for section in sections)


def _section(section: type[Settings]) -> str:
    rows = "".join(
        f"| `{section.variable(name)}` | {_default(section, name, field)} | {field.description} |\n"
        for name, field in section.model_fields.items()
    )
    title = (section.__doc__ or "").strip().splitlines()[0].rstrip(".")
    return f"\n## {title}\n\n| variable | default | meaning |\n|---|---|---|\n{rows}"


def _default(section: type[Settings], name: str, field: Any) -> str:
    """The model's default, else what `.dlt/config.toml` ships."""
    shipped = section.shipped().get(name)
    value = shipped if shipped is not None else (None if field.is_required() else field.default)
    return "none" if value in (None, []) else f"`{value}`"
