"""The contract's shapes, for the OpenAPI page."""

from pydantic import BaseModel, ConfigDict, Field


class Header(BaseModel):
    """The station; its place is text."""

    station_name: str
    station_lat: str
    station_lon: str


class Hour(BaseModel):
    """One hour; a value that is missing is a key that is missing. PM in µg/m³, CO in mg/m³, times in UTC."""

    timestamp: str
    co: float | None = Field(None, alias="CO")
    temperature: float | None = Field(None, alias="T")
    inside: float | None = Field(None, alias="T. int.")
    no2: float | None = Field(None, alias="NO2")
    o3: float | None = Field(None, alias="O3")
    pm10: float | None = Field(None, alias="PM10")
    pm2_5: float | None = Field(None, alias="PM2.5")
    humidity: float | None = Field(None, alias="RH")


class StationHours(BaseModel):
    """The last 8,760 hours, oldest first; the newest one is not over."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "header": {"station_name": "SMART188", "station_lat": "5.36", "station_lon": "-3.98"},
                    "data": [
                        {
                            "timestamp": "2023-12-06 16:00:00",
                            "CO": -0.41,
                            "T": 31.2,
                            "T. int.": 38.9,
                            "NO2": 11.2,
                            "O3": 40.1,
                            "PM10": 20.3,
                            "PM2.5": 10.8,
                            "RH": 71.0,
                        }
                    ],
                }
            ]
        }
    )
    header: Header
    data: list[Hour]
