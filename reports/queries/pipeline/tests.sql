select
    name,
    coalesce(tested_model, '') || case when tested_column is not null then '.' || tested_column else '' end as tested,
    outcome,
    failures,
    seconds,
    utc(tested_at) as tested_at
from fct_test_results
where resource_type in ('test', 'unit_test')
order by case outcome when 'error' then 1 when 'fail' then 2 when 'warn' then 3 else 4 end, name
