"""The settings of the mock providers."""

from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from mock_api.times import END, EPOCH, rfc_3339


class World(StrEnum):
    """What a mock server serves: one believable chain, or the client's first figures."""

    COMPANY = "company"
    SEEDS = "seeds"


class Case(StrEnum):
    """What happens to real providers, served by the company on request; what moves, moves at `CASES_FROM`."""

    MOVED_SENSOR = "moved-sensor"
    QUARTER_HOURS = "quarter-hours"
    FUTURE_HOURS = "future-hours"
    RENAMED_STATION = "renamed-station"
    SENTINELS = "sentinels"
    CORRECTED_SALES = "corrected-sales"


Cases = frozenset[Case]

THIRTEEN_MONTHS = timedelta(days=396)
# Of the seeds' orders, one every ten seconds, 120 days are a million, and a first run is to be quick.
SEEDS_HISTORY, SEEDS_ORDERS_HISTORY = timedelta(days=120), timedelta(days=14)
ORDERS_RATES = {World.COMPANY: 0.003, World.SEEDS: 0.1}  # a second


def _simulated(moment: datetime) -> datetime:
    if not EPOCH <= moment < END:
        raise ValueError(f"simulated time runs from {rfc_3339(EPOCH)} to {rfc_3339(END)}")
    return moment


class Settings(BaseModel):
    """One mock server's settings; the command line's options have the same names."""

    model_config = ConfigDict(frozen=True)

    world: World = World.COMPANY
    seed: int = Field(default=42, ge=0, lt=2**63)
    now: Annotated[AwareDatetime, AfterValidator(_simulated)] | None = None
    history: date | None = None
    chaos: float = Field(default=0.0, ge=0.0, le=1.0)
    api_key: str | None = Field(default=None, min_length=1)
    orders_rate: float | None = Field(default=None, ge=0.001, le=1000.0)
    cases: Cases = frozenset()

    @model_validator(mode="after")
    def _cases_of_the_company(self) -> "Settings":
        if self.cases and self.world is not World.COMPANY:
            raise ValueError("--case is for --world company: leave it out, or the world")
        return self

    @property
    def orders_a_second(self) -> float:
        """The rate of online orders: `orders_rate`, or the world's."""
        return self.orders_rate or ORDERS_RATES[self.world]

    def history_start(self, now: datetime) -> datetime:
        """The first moment of footfall served: `history`, or midnight UTC thirteen months (`seeds`: 120 days) before `now`.

        A server asks once, when it starts. Values do not depend on it: a later start only leaves out the oldest hours.
        Raises ValueError when `history` is after `now`.
        """
        return self._start(now, THIRTEEN_MONTHS if self.world is World.COMPANY else SEEDS_HISTORY)

    def orders_start(self, now: datetime) -> datetime:
        """The same of orders (`seeds`: 14 days)."""
        return self._start(now, THIRTEEN_MONTHS if self.world is World.COMPANY else SEEDS_ORDERS_HISTORY)

    def _start(self, now: datetime, default: timedelta) -> datetime:
        first = self.history or (now - default).astimezone(UTC).date()
        start = datetime.combine(first, time(), tzinfo=UTC)
        if start > now:
            raise ValueError(f"--history: {first} is after the clock's {rfc_3339(now)}. Choose an earlier day.")
        return max(start, EPOCH)
