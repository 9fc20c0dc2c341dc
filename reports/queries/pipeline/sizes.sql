-- The newest sizes, oldest first.
select * from (
    select
        measured_at as began,
        bytes / 1e6 as value,
        'ok' as outcome,
        round(bytes / 1e6, 1) || ' MB, ' || round(free_bytes / 1e6, 1) || ' MB of it free' as text
    from fct_warehouse_sizes
    order by measured_at desc
    limit 60
) as newest
order by began
