"""Random numbers by address: the same seed, stream and place give the same numbers in every process and in any order."""

from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray


def uniforms(seed: int, stream: str, place: int, size: int) -> NDArray[np.float64]:
    """`size` numbers strictly between 0 and 1, found at `place` (0 or later) of a named stream.

    Philox is counter-based (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011): the key is seed and
    stream, the counter's second word the place, so places never overlap. Raw bits are stable across numpy versions,
    which its distributions are not. Each number has 32 bits.
    """
    name = int.from_bytes(blake2b(stream.encode(), digest_size=8).digest(), "little")
    philox = np.random.Philox(
        key=np.array([seed, name], dtype=np.uint64),
        counter=np.array([0, place, 0, 0], dtype=np.uint64),
    )
    bits = philox.random_raw((size + 1) // 2).astype("<u8").view("<u4")[:size]
    numbers: NDArray[np.float64] = np.multiply(bits, 2.0**-32, dtype=np.float64)
    numbers += 2.0**-33  # the middle of each of the 2^32 intervals
    return numbers


def normals(uniform: NDArray[np.float64]) -> NDArray[np.float64]:
    """Standard normal numbers from as many uniform ones, an even number on the last axis: Box and Muller, 1958."""
    half = uniform.shape[-1] // 2
    radius = np.sqrt(-2.0 * np.log(uniform[..., :half]))
    angle = 2.0 * np.pi * uniform[..., half:]
    return np.concatenate([radius * np.cos(angle), radius * np.sin(angle)], axis=-1)
