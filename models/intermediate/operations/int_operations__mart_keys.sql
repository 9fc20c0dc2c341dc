select
    mart,
    position,
    column_name
from ({{ mart_keys() }}) as keys (mart, position, column_name)
