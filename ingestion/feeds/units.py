"""Units of pollutants: what is measured in another is converted to ours."""

from __future__ import annotations

from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

from ingestion.feeds.config import MOLAR_MASSES
from ingestion.feeds.tables import NUMBER, written

_LITRES_A_MOLE = Decimal("24.0553")
"""Of an ideal gas at 20 °C and 101.325 kPa, at which the European Union's limits are stated."""
_PARTS = {"ppm": Decimal(1000), "ppb": Decimal(1)}
_MASSES = {"ug/m3": Decimal(1), "mg/m3": Decimal(1000), "g/m3": Decimal(1_000_000)}


def converted(column: pa.ChunkedArray, units: pa.ChunkedArray, name: str) -> pa.ChunkedArray:
    """Measurements in our unit of a pollutant: CO in mg/m³, all others in µg/m³. A cell whose unit cannot be converted gets it appended, and is
    rejected for it."""
    joined = pc.binary_join_element_wise(column, units, "\n").combine_chunks().dictionary_encode()
    pairs = [each.rpartition("\n") for each in joined.dictionary.to_pylist()]
    found = [_in_our_unit(cell, unit, name) for cell, _, unit in pairs]
    return pa.chunked_array([pa.array(found, pa.string()).take(joined.indices)])


def _in_our_unit(cell: str, unit: str, name: str) -> str:
    try:
        value = Decimal(cell[2:] if cell.startswith(NUMBER) else cell)
    except ArithmeticError:
        return cell
    plain = unit.strip().lower().replace("µ", "u").replace("μ", "u").replace("³", "3").replace(" ", "")
    micrograms = _MASSES.get(plain)
    if micrograms is None and plain in _PARTS and name in MOLAR_MASSES:
        micrograms = _PARTS[plain] * Decimal(MOLAR_MASSES[name]) / _LITRES_A_MOLE
    if micrograms is None:
        return f"{written(cell)} {unit.strip() or '(no unit)'}"
    ours = _MASSES["mg/m3" if name == "co" else "ug/m3"]
    return NUMBER + (f"{value:f}" if micrograms == ours else f"{value * micrograms / ours:.12g}")
