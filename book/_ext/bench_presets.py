"""The networks that the bench knows by name: those of the chapters, from the same seeds.

`word` is what the page claims of the two routes; tests/site/test_bench.py measures it with helpers.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from helpers import RNN, ActivationRNN, fixed_point


@dataclass(frozen=True)
class Preset:
    """One state of the bench: a network, an input, two routes, and where the line is drawn."""

    name: str
    words: str
    network: Any
    first: str
    other: str
    word: str
    page: str = ""
    line: str = "start"
    method: str = "rk4"
    start: Any = None
    size: Any = None
    delta: float = 0.1
    tau: float = 1.5
    length: float = 20.0
    more: dict[str, Any] = field(default_factory=dict)

    def state(self) -> dict[str, Any]:
        """Everything as lists and numbers, as the page's address has it."""
        net = self.network
        n, m = net.n_units, net.n_inputs
        start = np.zeros(n) if self.start is None else np.asarray(self.start, dtype=float)
        size = np.zeros(m) if self.size is None else np.asarray(self.size, dtype=float)
        arrays = {
            "w": net.w,
            "omega": net.omega,
            "b": net.b,
            "decay": np.broadcast_to(net.decay, n),
            "rate": np.broadcast_to(net.rate, n),
            "start": start,
            "size": size,
            "pointh": start,
            "pointx": size,
        }
        return {
            "preset": self.name,
            "form": "activation" if isinstance(net, ActivationRNN) else "activity",
            "activation": net.activation.name,
            **{key: value.tolist() for key, value in arrays.items()},
            "kind": "constant",
            "from": 0.0,
            "to": 1.0,
            "frequency": 1.0,
            "rows": [size.tolist()],
            "every": 1.0,
            **{key: getattr(self, key) for key in ("first", "other", "line", "method")},
            **{key: float(getattr(self, key)) for key in ("delta", "tau", "length")},
            "aligned": True,
            **self.more,
        }


def _random(seed: int, n_inputs: int = 2, **rest: Any) -> RNN:
    return RNN.random(6, n_inputs, rng=np.random.default_rng(seed), **rest)


PAIR = RNN([[1.1, -1.4], [1.4, 0.6]], [[1.0], [0.0]], [0.2, -0.1])
SWING = RNN([[1.4, -1.4], [1.4, 0.9]], [[1.0], [0.0]], [0.2, -0.1])
SWITCH = RNN([[1.1, -1.4], [1.4, 3.2]], [[1.0], [0.0]], [0.2, -0.1])
UNIT = RNN([[1.5]], [[1.0]], [0.8])
SIX = _random(111)
FLAT = RNN(SIX.w, SIX.omega, activation="logistic")
PUSHED = [0.8, 0.0]
SIX_START, SIX_INPUT = np.linspace(-0.8, 0.9, 6), [0.4, -0.6]
LAMP = {"kind": "pulse", "from": 0.0, "to": 18.0}
FLASH = {"kind": "pulse", "from": 4.5, "to": 5.5}

PRESETS = (
    Preset(
        "pair",
        "the pair of the first chapter",
        PAIR,
        "RLD",
        "RDL",
        "order 1",
        "book/sequencing/discussion",
        start=PUSHED,
    ),
    Preset(
        "network",
        "Network: the pair under a lamp",
        PAIR,
        "",
        "L",
        "fails",
        "book/procedures/network",
        "sub",
        size=[0.5],
        length=36.0,
        more=LAMP,
    ),
    Preset(
        "rescaling",
        "Rescaling: the pair and a flash",
        PAIR,
        "RL",
        "LR",
        "exact",
        "book/procedures/rescaling",
        "rest",
        start=fixed_point(PAIR).h,
        size=[1.5],
        tau=2.0,
        more=FLASH,
    ),
    Preset(
        "discretisation",
        "Discretisation: the pair by Euler",
        PAIR,
        "RD",
        "DR",
        "exact",
        "book/procedures/discretisation",
        method="euler",
        start=PUSHED,
        length=60.0,
    ),
    Preset(
        "linearisation",
        "Linearisation: one unit and its line",
        UNIT,
        "",
        "L",
        "fails",
        "book/procedures/linearisation",
        "sub",
        length=5.0,
    ),
    Preset(
        "regulator",
        "Regulator: the switch, at rest",
        SWITCH,
        "LD",
        "DL",
        "exact",
        "book/procedures/regulator",
        "rest",
        start=[0.1, 0.5],
        length=12.0,
    ),
    Preset(
        "rescaling_discretisation",
        "Rescaling and discretisation: six units, six decays",
        _random(5, decay=np.linspace(0.7, 1.3, 6)),
        "RD",
        "DR",
        "exact",
        "book/sequencing/rescaling_discretisation",
        start=0.3 * np.ones(6),
        size=[1.0, 0.5],
        tau=2.0,
        more={"kind": "sine", "frequency": 1.3},
    ),
    Preset(
        "linearisation_discretisation",
        "Linearisation and discretisation: the pair, pushed",
        PAIR,
        "LD",
        "DL",
        "order 1",
        "book/sequencing/linearisation_discretisation",
        start=PUSHED,
        delta=0.2,
    ),
    Preset(
        "tangent_lift",
        "Tangent lift: six units by Euler",
        _random(61, decay=0.7),
        "LD",
        "DL",
        "exact",
        "book/sequencing/tangent_lift",
        method="euler",
        start=np.linspace(-0.7, 0.8, 6),
        size=[0.4, -0.6],
    ),
    Preset(
        "linearisation_rescaling",
        "Linearisation and rescaling: all three",
        PAIR,
        "RLD",
        "DLR",
        "exact",
        "book/sequencing/linearisation_rescaling",
        "sub",
        start=PUSHED,
        tau=2.0,
        length=4.0,
    ),
    Preset(
        "gallery",
        "Gallery: logistic units at their inflection",
        FLAT,
        "LD",
        "DL",
        "order 2",
        "book/sequencing/gallery",
    ),
    Preset(
        "stability",
        "Stability: the pair that swings",
        SWING,
        "LD",
        "DL",
        "exact",
        "book/sequencing/stability",
        "rest",
        start=PUSHED,
        length=60.0,
    ),
    Preset(
        "controllability",
        "Controllability: the pair's line, held",
        PAIR,
        "LRD",
        "LDR",
        "exact",
        "book/sequencing/controllability",
        "rest",
        "zoh",
        start=PUSHED,
    ),
    Preset(
        "table",
        "Table: six units at a state that moves",
        SIX,
        "LD",
        "DL",
        "order 1",
        "book/sequencing/table",
        start=SIX_START,
        size=SIX_INPUT,
    ),
    Preset(
        "form",
        "The activation form: six units",
        ActivationRNN.random(6, 2, rng=np.random.default_rng(112)),
        "LD",
        "DL",
        "order 1",
        method="gauss2",
        start=SIX_START,
        size=SIX_INPUT,
    ),
    Preset(
        "corner",
        "ReLU units on their corner",
        RNN(SIX.w, SIX.omega, activation="relu"),
        "LD",
        "DL",
        "refused",
        method="heun",
    ),
)
