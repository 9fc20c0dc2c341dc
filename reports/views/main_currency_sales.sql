-- The currency that the sales page is in.
select currency from agg_sales_total where is_main_currency
