"""The stations in the streets of the chain's stores: the two that are asked for by default, and one more a store."""

from dataclasses import replace

from mock_api.air_quality.stations import Climate, Place
from mock_api.company.stores import CASES_FROM, STORES
from mock_api.settings import Case, Cases

SUMMER = 3.4  # radians from 1 January: mid July
CLIMATES = {
    "paris": Climate(mean=11.0, swing=8.0, warmest=SUMMER, humid=84.0),
    "london": Climate(mean=10.5, swing=6.5, warmest=SUMMER, humid=84.0),
    "berlin": Climate(mean=9.0, swing=9.5, warmest=SUMMER, humid=82.0),
    "roma": Climate(mean=15.0, swing=8.5, warmest=SUMMER, humid=80.0),
    "madrid": Climate(mean=14.0, swing=9.5, warmest=SUMMER, humid=68.0),
}
PARIS, LONDON, BERLIN, ROMA, MADRID = 283164601, 283181971, 283190001, 283190002, 283190003
STATIONS = {PARIS: "paris", LONDON: "london", BERLIN: "berlin", ROMA: "roma", MADRID: "madrid"}
_STORES = {store.store_id: store for store in STORES}
_PLACES = {
    station_id: Place(
        _STORES[store_id].street, _STORES[store_id].latitude, _STORES[store_id].longitude, CLIMATES[store_id]
    )
    for station_id, store_id in STATIONS.items()
}


def places(cases: Cases) -> dict[int, Place]:
    """Where the stations stand.

    With `RENAMED_STATION`, London's is moved to Madrid at CASES_FROM and bears another name since; with `SENTINELS` and
    `FUTURE_HOURS`, the one in Paris reports them.
    """
    found = dict(_PLACES)
    paris, london = found[PARIS], found[LONDON]
    if Case.RENAMED_STATION in cases:
        madrid = found[MADRID]
        found[LONDON] = replace(
            london, moved=(CASES_FROM, Place("Madrid, Calle de Alcalá", madrid.latitude, madrid.longitude))
        )
    found[PARIS] = replace(paris, has_sentinels=Case.SENTINELS in cases, has_future=Case.FUTURE_HOURS in cases)
    return found
