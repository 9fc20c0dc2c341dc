-- The newest sizes, oldest first.
select * from (
    select
        measured_at as began,
        bytes / 1e6 as value,
        free_bytes / 1e6 as free,
        'ok' as outcome
    from fct_warehouse_sizes
    order by measured_at desc
    limit 60
) as newest
order by began
