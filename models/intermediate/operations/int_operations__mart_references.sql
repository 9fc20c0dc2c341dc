select
    mart,
    column_name,
    other_mart,
    other_column_name
from ({{ mart_references() }}) as found (mart, column_name, other_mart, other_column_name)
