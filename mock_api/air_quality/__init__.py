"""The air-quality provider: a network of street stations, hourly, as AirQino's public API answers."""
