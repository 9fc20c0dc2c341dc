"""Ingestion: what the providers have written since the last time, into the warehouse's raw tables."""
