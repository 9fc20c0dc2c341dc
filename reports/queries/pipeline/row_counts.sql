select
    table_id,
    table_rows
from agg_table_rows
where table_rows > 0
order by table_rows desc
