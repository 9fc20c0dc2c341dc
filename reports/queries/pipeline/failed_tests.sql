select
    name,
    resource_type as kind,
    coalesce(tested_model, '') || case when tested_column is not null then '.' || tested_column else '' end as tested,
    failures,
    utc(failing_since) as since
from fct_test_results
where outcome in ('fail', 'error')
order by failing_since
