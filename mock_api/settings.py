"""The settings of the mock providers."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from mock_api.times import END, EPOCH, rfc_3339

DEFAULT_HISTORY = timedelta(days=120)
# An order every ten seconds: 120 days of them are a million, and a first run is to be quick.
DEFAULT_ORDERS_HISTORY = timedelta(days=14)


def _simulated(moment: datetime) -> datetime:
    if not EPOCH <= moment < END:
        raise ValueError(f"simulated time runs from {rfc_3339(EPOCH)} to {rfc_3339(END)}")
    return moment


class Settings(BaseModel):
    """One mock server's settings; the command line's options have the same names."""

    model_config = ConfigDict(frozen=True)

    seed: int = Field(default=42, ge=0, lt=2**63)
    now: Annotated[AwareDatetime, AfterValidator(_simulated)] | None = None
    history: date | None = None
    chaos: float = Field(default=0.0, ge=0.0, le=1.0)
    api_key: str | None = Field(default=None, min_length=1)
    orders_rate: float = Field(default=0.1, ge=0.001, le=1000.0)

    def history_start(self, now: datetime, default: timedelta = DEFAULT_HISTORY) -> datetime:
        """The first moment served: `history`, or midnight UTC `default` before `now`.

        A server asks once, when it starts. Values do not depend on it: a later start only leaves out the oldest hours.
        Raises ValueError when `history` is after `now`.
        """
        first = self.history or (now - default).astimezone(UTC).date()
        start = datetime.combine(first, time(), tzinfo=UTC)
        if start > now:
            raise ValueError(f"--history: {first} is after the clock's {rfc_3339(now)}. Choose an earlier day.")
        return max(start, EPOCH)
