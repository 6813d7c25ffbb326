"""What every constructor asks of its arguments, in words that name the value and the remedy."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def shown(value: Any) -> str:
    """Return how a message quotes a value: in one line, and cut where it would hide the remedy."""
    text = " ".join(repr(value).split())
    return text if len(text) <= 100 else f"{text[:97]}..."


def finite_array(value: Any, name: str, shape: tuple[int | None, ...]) -> Array:
    """Return value as a read-only float array of the given shape (None: any length)."""
    try:
        if np.iscomplexobj(value):
            raise TypeError("a cast would drop the imaginary part")
        array = np.array(value, dtype=float)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} must be an array of real numbers, got {shown(value)}") from error
    fits = array.ndim == len(shape) and all(
        want is None or want == have for want, have in zip(shape, array.shape, strict=True)
    )
    if not fits:
        wanted = ", ".join("any" if n is None else str(n) for n in shape)
        raise ValueError(f"{name} has shape {array.shape}; it needs shape ({wanted})")
    if not np.all(np.isfinite(array)):
        where = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
        raise ValueError(
            f"{name}{list(where)} is {array[where]}; every entry of {name} must be a finite number"
        )
    array.setflags(write=False)
    return array


def positive(value: Any, name: str) -> float:
    """Return value as a float; anything that is not a finite number above zero is an error."""
    try:
        if np.iscomplexobj(value):
            raise TypeError("a cast would drop the imaginary part")
        number = float(value)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} must be a positive number, got {shown(value)}") from error
    if not (np.isfinite(number) and number > 0.0):
        raise ValueError(f"{name} = {shown(value)}; {name} must be finite and greater than 0")
    return number


def positive_per_unit(value: Any, name: str, n_units: int) -> float | Array:
    """Return a positive scalar, or a positive array with one entry a unit."""
    if np.ndim(value) == 0:
        return positive(value, name)
    array = finite_array(value, name, (n_units,))
    if np.any(array <= 0.0):
        unit = int(np.argmax(array <= 0.0))
        raise ValueError(f"{name}[{unit}] = {array[unit]}; every entry of {name} must exceed 0")
    return array


def amplitude(value: Any, n_units: int) -> Array | None:
    """Return the amplitude of the noise, one entry a unit, or None where there is no noise."""
    if value is None:
        return None
    spread = np.full(n_units, value) if np.ndim(value) == 0 else value
    array = finite_array(spread, "noise", (n_units,))
    if np.any(array < 0.0):
        unit = int(np.argmax(array < 0.0))
        raise ValueError(
            f"noise[{unit}] = {array[unit]}; an amplitude is 0 or more, and its sign would change "
            "nothing. Give its absolute value"
        )
    return array if np.any(array) else None


def square(value: Any, name: str) -> Array:
    """Return value as a read-only square matrix with at least one row."""
    array = finite_array(value, name, (None, None))
    if array.shape[0] != array.shape[1] or array.shape[0] == 0:
        raise ValueError(f"{name} has shape {array.shape}; it must be square, one row a unit")
    return array


def count(value: Any, name: str, *, least: int = 0) -> int:
    """Return value as an int that is at least `least`."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
        raise ValueError(f"{name} = {value!r}; it must be a whole number, at least {least}")
    return int(value)


def last_axis(value: Any, name: str, length: int, unit: str) -> Array:
    """Return value as an array whose last axis has the given length; complex is accepted."""
    array = np.asarray(value)
    if array.dtype.kind not in "fciub":
        raise ValueError(f"{name} must hold numbers, got {shown(value)}")
    if array.ndim == 0 or array.shape[-1] != length:
        raise ValueError(
            f"{name} has shape {array.shape}; its last axis must have length {length}, one a {unit}"
        )
    return array


def generator(value: Any) -> np.random.Generator:
    """Return value if it is a random generator; a seed is not one."""
    if not isinstance(value, np.random.Generator):
        raise ValueError(f"rng = {value!r}; pass a generator, like np.random.default_rng(0)")
    return value


def _all_finite(array: Array) -> bool:
    # By extremes, since the mask of np.isfinite would be as long as the input of a simulation.
    parts = (array.real, array.imag) if np.iscomplexobj(array) else (array,)
    return all(p.size == 0 or bool(np.isfinite(p.min()) and np.isfinite(p.max())) for p in parts)


def no_nan(array: Array, name: str) -> Array:
    """Return array unless an entry is NaN or infinite."""
    if not _all_finite(array):
        where = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
        raise ValueError(f"{name}{list(where)} is {array[where]}; replace it by a finite number")
    return array
