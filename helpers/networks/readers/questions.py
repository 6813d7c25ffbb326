"""What a file does not say is asked for: form, leak, activation, scale; and no guess is made."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from shlex import join
from typing import Any

import numpy as np

from helpers.dynamics._checks import finite_array, positive, shown
from helpers.dynamics.activations import ACTIVATIONS, Activation, activation

SYNONYMS = {"linear": "identity", "sigmoid": "logistic"}
FORMS = ("activity", "activation")
# What is asked, what may be answered, and an example of an answer, the same for every file.
ASKED: dict[str, tuple[str, Any]] = {
    "form": (
        "form (activity: (1-a) h + a sigma(w h + b + omega x); activation: (1-a) v + a (w sigma(v) "
        "+ b + omega x))",
        "activation",
    ),
    "alpha": ("leak (a in (0, 1], the step over the time constant)", 0.2),
    "delta": ("time step, beside its decay", 0.1),
    "activation": (f"activation ({', '.join(sorted(ACTIVATIONS))})", "relu"),
    "scale": ("scale of m n' ('1/N' or a number)", "1/N"),
}


class Question(ValueError):
    """What a file does not say, with the choices, and the call that says it."""

    def __init__(self, missing: list[str]) -> None:
        self.missing = missing
        examples = ", ".join(_said(missing))
        names = [ASKED[name][0].partition(" (")[0] for name in missing]
        pronoun = "it" if len(missing) == 1 else "them"
        super().__init__(
            f"the file does not say its {' and '.join(names)}; name {pronoun}: {examples}"
        )

    def full(self, path: Any, said: Mapping[str, Any]) -> str:
        """Return the question with its choices and the whole call, with what was said in it."""
        kept = [f"{name}={_written(value)}" for name, value in said.items()]
        call = ", ".join([repr(str(path)), *kept, *_said(self.missing)])
        return f"{self._choices()}; say it, for example: load_network({call})"

    def command(self, path: Any, arguments: Sequence[str]) -> str:
        """Return the question with its choices and the command line that answers them."""
        asked = [word for name in self.missing for word in (f"--{name}", str(ASKED[name][1]))]
        call = f"python -m helpers {join([*arguments, *asked])}"
        return f"{path}: {self._choices()}; say it, for example: {call}"

    def _choices(self) -> str:
        return "the file does not say its " + " and its ".join(ASKED[n][0] for n in self.missing)


def _said(names: list[str]) -> list[str]:
    return [f"{name}={json.dumps(ASKED[name][1])}" for name in names]


def _written(value: Any) -> str:
    """Return a value as one would type it; an activation of one's own, by its name."""
    plain = isinstance(value, str | int | float | tuple | list | dict)
    return repr(value) if plain else getattr(value, "name", None) or shown(value)


def settled(said: Mapping[str, Any], given: Mapping[str, Any], own: bool) -> dict[str, Any]:
    """Return form, activation, delta, rate and decay from what the file and the caller say.

    Parameters
    ----------
    said : mapping
        form, activation, alpha, delta, rate, decay, as far as the file says them, and low_rank.
    given : mapping
        form, activation, alpha, delta, scale of the caller, None where there is none.
    own : bool
        Whether the names are this book's alone; then form and step have their defaults.
    """
    # One of ours that says its step and no form was written before there were two.
    plain = "activity" if own and "delta" in said else None
    form = _form(said.get("form", plain), given["form"], own)
    sigma = _sigma(given["activation"], said.get("activation"))
    times = _times(said, given, own)
    answers = {"form": form, "alpha": times, "activation": sigma}
    if said["low_rank"]:
        answers["scale"] = given["scale"]
    elif given["scale"] is not None:
        raise ValueError(f"scale = {shown(given['scale'])}; the file has no m and n to multiply")
    if missing := [name for name, answer in answers.items() if answer is None]:
        raise Question(missing)
    if said["low_rank"]:
        _require_scale(given["scale"])
    return {"form": form, "activation": sigma, **(times or {})}


def _form(said: Any, given: Any, own: bool) -> Any:
    for value in (said, given):
        if value not in (None, *FORMS):
            raise ValueError(f"form = {shown(value)}; it is one of {', '.join(FORMS)}")
    _require_same("form", said, given)
    return said or given or ("activity" if own else None)


def _require_same(name: str, said: Any, given: Any) -> None:
    if said is not None and given is not None and not np.array_equal(said, given):
        raise ValueError(
            f"its {name} is {shown(said)}, and the argument says {shown(given)}; leave it out"
        )


def _require_scale(scale: Any) -> None:
    if scale != "1/N" and (isinstance(scale, str) or not np.isfinite(scale) or scale == 0.0):
        raise ValueError(f'scale = {shown(scale)}; give "1/N" or a number that is not 0')


def _sigma(given: Any, stored: Any) -> Activation | None:
    if given is None and stored is None:
        return None
    known = ACTIVATIONS.get(SYNONYMS.get(stored, stored))
    if given is None and known is not None:
        return known
    if given is None:
        raise ValueError(
            f"its activation is {shown(stored)}, which this book does not know; pass the "
            "function, under its name: activation=Activation(name, value, slope)"
        )
    sigma = activation(SYNONYMS.get(given, given) if isinstance(given, str) else given)
    if stored is not None and (sigma != known if known else sigma.name != stored):
        raise ValueError(
            f"its activation is {shown(stored)}, and the argument says {sigma.name!r}; leave it out"
        )
    return sigma


def _times(said: Mapping[str, Any], given: Mapping[str, Any], own: bool) -> dict[str, Any] | None:
    """Return delta, rate and decay; None if the leak of a step is not known."""
    if "alpha" in said and "decay" in said:
        raise ValueError("['decay', 'alpha'] are two names for one thing; keep one of them")
    _require_same("delta", said.get("delta"), given["delta"])
    delta = said.get("delta", given["delta"])
    tells = {"decay", "rate"} | ({"delta"} if own else set())
    if not tells & said.keys() and not (own and given["alpha"] is None and "alpha" not in said):
        _require_same("alpha", said.get("alpha"), given["alpha"])
        alpha = said.get("alpha", given["alpha"])
        return None if alpha is None else _of_leak(alpha, delta)
    if "alpha" in said:
        return _of_leak(said["alpha"], delta)
    if delta is None and not own:
        raise Question(["delta"])
    times = {"delta": 1.0 if delta is None else delta}
    times |= {name: said.get(name, 1.0) for name in ("rate", "decay")}
    if given["alpha"] is not None:
        leak = np.asarray(times["delta"]) * times["rate"] * times["decay"]
        _require_same("leak", leak, given["alpha"])
    return times


def _of_leak(alpha: Any, delta: Any) -> dict[str, Any]:
    if np.ndim(alpha) == 0:
        alpha = positive(alpha, "alpha")
    elif delta is None:
        raise Question(["delta"])
    else:
        alpha = finite_array(alpha, "alpha", (None,))
    if np.any(np.asarray(alpha) > 1.0) or np.any(np.asarray(alpha) <= 0.0):
        raise ValueError(
            f"alpha = {shown(alpha)}; it lies in (0, 1]: above 1 the step is longer than the time "
            "constant and the leak 1 - alpha is negative. Take a smaller delta"
        )
    if delta is None:
        return {"delta": alpha, "rate": 1.0, "decay": 1.0}
    return {"delta": delta, "rate": alpha / positive(delta, "delta"), "decay": 1.0}
