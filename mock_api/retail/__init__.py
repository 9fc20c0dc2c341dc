"""The retail provider: three CSV files, the sales among them growing with the clock."""
