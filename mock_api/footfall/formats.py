"""Readings on the wire: JSON or an Arrow IPC stream."""

from typing import Any

import numpy as np
import orjson
import pyarrow as pa
from numpy.typing import NDArray

from mock_api.footfall.feed import Readings
from mock_api.times import EPOCH

ARROW = "application/vnd.apache.arrow.stream"
SCHEMA = pa.schema(
    [
        ("sensor_id", pa.string()),
        ("hour_start", pa.timestamp("us", tz="UTC")),
        ("visits", pa.int64()),
        ("status", pa.string()),
        ("updated_at", pa.timestamp("us", tz="UTC")),
    ]
)
_EPOCH = int(EPOCH.timestamp())


def prefers_arrow(accept: str | None) -> bool:
    """Whether an Accept header names Arrow, and JSON not before it."""
    weights: dict[str, float] = {}
    for entry in (accept or "").split(","):
        name, *parameters = (part.strip().lower() for part in entry.split(";"))
        quality = next((p.removeprefix("q=") for p in parameters if p.startswith("q=")), "1")
        try:
            weights[name] = float(quality)
        except ValueError:
            weights[name] = 0.0
    return weights.get(ARROW, 0.0) > 0 and weights.get(ARROW, 0.0) >= weights.get("application/json", 0.0)


def to_arrow(readings: Readings, sensor_ids: NDArray[np.object_]) -> bytes:
    """An Arrow IPC stream of one batch."""
    failed = readings.visits < 0
    columns: list[Any] = [
        pa.array(sensor_ids, pa.string()).take(pa.array(readings.sensor)),
        _timestamps(readings.start),
        pa.array(readings.visits.astype(np.int64), mask=failed),
        pa.array(["ok", "failed"]).take(pa.array(failed.astype(np.int8))),
        _timestamps(readings.updated_at),
    ]
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, SCHEMA) as writer:
        writer.write_batch(pa.record_batch(columns, schema=SCHEMA))
    return bytes(sink.getvalue().to_pybytes())


def to_json(readings: Readings, sensor_ids: NDArray[np.object_], next_cursor: str | None) -> bytes:
    """The contract's JSON object."""
    columns = zip(
        sensor_ids[readings.sensor].tolist(),
        _texts(readings.start),
        readings.visits.tolist(),
        _texts(readings.updated_at),
        strict=True,
    )
    data = [
        {
            "sensor_id": sensor_id,
            "hour_start": hour_start,
            "visits": None if visits < 0 else visits,
            "status": "failed" if visits < 0 else "ok",
            "updated_at": updated_at,
        }
        for sensor_id, hour_start, visits, updated_at in columns
    ]
    return orjson.dumps({"data": data, "next_cursor": next_cursor})


def _timestamps(seconds: NDArray[np.int64]) -> Any:
    return pa.array((seconds + _EPOCH) * 1_000_000).cast(pa.timestamp("us", tz="UTC"))


def _texts(seconds: NDArray[np.int64]) -> list[str]:
    """RFC 3339 times; each distinct one is written once."""
    distinct, inverse = np.unique(seconds, return_inverse=True)
    texts = np.datetime_as_string((distinct + _EPOCH).astype("datetime64[s]"), timezone="UTC").astype(object)
    return list(texts[inverse])
