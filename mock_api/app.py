"""The mock API: every provider's router under one application."""

from fastapi import Depends, FastAPI
from fastapi_offline import FastAPIOffline

from mock_api.air_quality import api as air
from mock_api.chaos import Chaos
from mock_api.clock import Clock
from mock_api.errors import report_unreadable_parameters
from mock_api.footfall import api as footfall
from mock_api.orders import api as orders
from mock_api.retail import api as retail
from mock_api.security import require_key
from mock_api.settings import Settings
from mock_api.worlds import Providers

DESCRIPTION = """\
Tally's data providers, simulated. Every answer follows from the seed and the clock; nothing is stored.
Times are RFC 3339 in UTC.
"""


def create_app(settings: Settings, clock: Clock | None = None) -> FastAPI:
    """The application. `clock` replaces the one that the settings describe, for a test that moves it."""
    clock = clock or Clock.at(settings.now)
    providers = Providers.of(settings, clock)
    # Its documentation page brings its own scripts: FastAPI's fetches them from another host.
    app: FastAPI = FastAPIOffline(
        title="Tally mock providers",
        version="1",
        description=DESCRIPTION,
        redoc_url=None,
    )
    report_unreadable_parameters(app)
    guard = [Depends(require_key(settings.api_key))] if settings.api_key else []
    for router in [
        *footfall.routers(providers.footfall),
        *retail.routers(providers.retail),
        *air.routers(providers.air_quality),
        *orders.routers(providers.orders),
    ]:
        app.include_router(router, dependencies=guard)
    if settings.chaos:
        app.add_middleware(Chaos, rate=settings.chaos, seed=settings.seed)
    return app
