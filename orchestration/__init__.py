"""The whole flow in one process: mock API if need be, ingestion, dbt build, publishing, reports."""
