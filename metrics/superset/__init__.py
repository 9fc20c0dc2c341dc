"""What `make superset` imports into Superset: its database, datasets, metrics, charts and dashboards, as files."""
