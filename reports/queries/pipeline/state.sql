select
    usable,
    without_paths(reason) as reason,
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
