"""The air-quality provider's HTTP interface, as `contracts/air_quality.md` has it."""

from typing import Annotated

import orjson
from fastapi import APIRouter, HTTPException, Path, Response

from mock_api.air_quality.provider import AirQuality
from mock_api.air_quality.schemas import StationHours
from mock_api.errors import UNAUTHORIZED, error_responses

_NO_STATION = (404, "No such station.", "No such station. There are 283164601, 283181971, …")


def routers(provider: AirQuality) -> list[APIRouter]:
    """The provider's one endpoint, under `/air`."""
    router = APIRouter(prefix="/air", tags=["air quality"])

    @router.get(
        "/v3/getStationHourlyAvg/{station_id}",
        response_model=StationHours,
        response_class=Response,
        responses={200: {"model": StationHours}, **error_responses(UNAUTHORIZED, _NO_STATION)},
    )
    def get_station_hourly_avg(
        station_id: Annotated[
            str, Path(examples=["283164601"], description="283164601, 283181971, or any of 283190001 to 283190999.")
        ],
    ) -> Response:
        """The last 8,760 hours of a station, independent of `--history`: the network has no other window."""
        try:
            station = provider.station(station_id)
        except LookupError as error:
            raise HTTPException(404, str(error)) from None
        place = station.place.at(provider.clock.now())
        header = {"station_name": place.name, "station_lat": f"{place.latitude}", "station_lon": f"{place.longitude}"}
        return Response(
            orjson.dumps({"header": header, "data": provider.hours(station)}), media_type="application/json"
        )

    return [router]
