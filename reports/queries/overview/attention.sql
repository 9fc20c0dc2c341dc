select
    store_id,
    severity,
    title,
    detail,
    kind,
    place,
    alerts,
    left_out,
    parts,
    link
from attention
