"""Forecasts of air quality, one and two hours ahead: what dbt's Python models call.

`series` hours on a regular grid → `newest_hour` each as it was first reported → `features` what is known at an
origin → `models` and `fits` what is fitted on it → `forecasts` combination, intervals, and which origins are due. `refits`
says which fits a build makes and keeps; `graph` reads and writes the warehouse's tables.
"""
