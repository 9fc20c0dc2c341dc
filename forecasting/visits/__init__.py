"""Forecasts of visits, 14 days ahead: what dbt's Python models call.

`days` stores by days on a regular grid → `features` what is known at an origin without a model → `structural` the model,
`fits` its parameters and what it forecasts from an origin → `forecasts` the choice between model and baseline, and the intervals. `graph` reads and writes the
warehouse's tables.
"""
