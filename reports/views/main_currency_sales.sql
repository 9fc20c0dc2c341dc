-- The currency that the sales page is in: the owner's, or the one with the most sales where nothing was sold in hers.
select totals.currency
from agg_sales_total as totals
cross join settings
order by totals.currency = settings.currency desc, totals.is_main_currency desc, totals.currency asc
limit 1
