"""Takes the marts out of the warehouse: Parquet for the site and for queries."""
