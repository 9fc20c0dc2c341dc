"""docs/your-own-data.md's list of our columns, from what feeds can fill; and feeds/feed.schema.json, by which editors check a feed."""

from __future__ import annotations

import json

from ingestion.feeds.config import Feed
from ingestion.feeds.targets import NAMES_OF_KINDS, TARGETS, Target
from warehouse.paths import PROJECT

PAGE = "docs/your-own-data.md"
BEGIN = "<!-- Made by `python -m tools generate` from ingestion/feeds/targets.py: do not edit. -->"
END = "<!-- End of what is made. -->"


def schema() -> str:
    """The JSON schema of a feed's TOML."""
    made = Feed.model_json_schema(by_alias=True)
    ours = sorted({column.name for target in TARGETS.values() for column in target.columns})
    made["properties"]["columns"]["propertyNames"] = {"enum": ours}
    return (
        json.dumps({"$schema": "https://json-schema.org/draft/2020-12/schema"} | made, indent=2, ensure_ascii=False)
        + "\n"
    )


def page() -> str:
    """The page with the list as it should be; what is around it is written by hand."""
    text = (PROJECT / PAGE).read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return before + BEGIN + "\n" + "".join(_table(target) for target in TARGETS.values()) + "\n" + END + after


def _table(target: Target) -> str:
    rows = "".join(
        f"| `{ours.name}` | {NAMES_OF_KINDS[ours.kind]} | {'**needed**' if ours.is_needed else ours.default} | {ours.meaning} |\n"
        for ours in target.columns
    )
    modes = ", ".join(f"`{mode}`" for mode in target.modes)
    default = f"{modes}; the first is the default" if len(target.modes) > 1 else f"always {modes}"
    return f"\n### `{target.name}`\n\nModes: {default}.\n\n| column | type | where it is not filled | meaning |\n|---|---|---|---|\n{rows}"
