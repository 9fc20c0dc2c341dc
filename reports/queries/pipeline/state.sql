select
    usable,
    without_paths(reason) as reason,
    without_paths(reason_parts) as reason_parts,
    built_at,
    checked_at,
    tested_at,
    tests,
    tests_failed,
    tests_warned,
    sources,
    sources_failed,
    sources_old,
    alerts_open
from agg_pipeline_state
