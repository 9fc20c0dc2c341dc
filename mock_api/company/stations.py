"""The stations in the streets of the chain's stores: the two that are asked for by default, and one more a store."""

from mock_api.air_quality.stations import Climate, Place
from mock_api.company.stores import STORES

SUMMER = 3.4  # radians from 1 January: mid July
CLIMATES = {
    "paris": Climate(mean=11.0, swing=8.0, warmest=SUMMER, humid=84.0),
    "london": Climate(mean=10.5, swing=6.5, warmest=SUMMER, humid=84.0),
    "berlin": Climate(mean=9.0, swing=9.5, warmest=SUMMER, humid=82.0),
    "roma": Climate(mean=15.0, swing=8.5, warmest=SUMMER, humid=80.0),
    "madrid": Climate(mean=14.0, swing=9.5, warmest=SUMMER, humid=68.0),
}
STATIONS = {283164601: "paris", 283181971: "london", 283190001: "berlin", 283190002: "roma", 283190003: "madrid"}
_STORES = {store.store_id: store for store in STORES}
PLACES = {
    station_id: Place(
        _STORES[store_id].street, _STORES[store_id].latitude, _STORES[store_id].longitude, CLIMATES[store_id]
    )
    for station_id, store_id in STATIONS.items()
}
