"""What helpers say of a state of the bench: the truth that test_bench.py holds the page to."""

from __future__ import annotations

from typing import Any

import numpy as np

from helpers import RNN, ActivationRNN, Discretise, Linearise, Rescale, gap, simulate
from helpers.analysis.equivalence import verdict
from helpers.dynamics.schemes import SCHEMES

FORMS = {"activity": RNN, "activation": ActivationRNN}
State = dict[str, Any]

# In the browser: the numbers of many states at once. Every quantity is a value or a refusal.
ASK = """(states) => {
  const B = benchNumbers(JSON.parse(document.getElementById("bench-told").textContent));
  const held = (make) => {
    try { return { value: make() }; } catch (error) {
      if (error instanceof B.Refusal) return { refused: error.message };
      throw error;
    }
  };
  return states.map((s) => {
    const flow = B.network(s);
    const about = s.line === "sub" ? null : { h: s.pointh, x: s.pointx };
    const how = { ...s, about };
    const x = s.pointx;
    const ends = [s.first, s.other].map((letters) => held(() => {
      const end = B.route(flow, letters, how);
      const moved = end.kind === "flow" ? end.velocity(s.start, x) : end.stepAll([s.start], [x])[0];
      return {
        name: end.name, moved, jacobian: end.jacobian(s.pointh, x),
        input: end.inputJacobian(s.pointh, x), delta: end.delta ?? null,
        film: end.kind === "map" ? B.film(end, s.start, B.range(50).map(() => x), end.delta) : null,
        values: B.eigenvalues(end.jacobian(s.pointh, x)),
      };
    }));
    const apart = held(() => {
      const [one, other] = [s.first, s.other].map((letters) => B.route(flow, letters, how));
      return B.gap(one, other);
    });
    const said = held(() => {
      const found = B.gaps(flow, s.first, s.other, how);
      return { ...found, ...B.verdict(found.steps, found.gaps) };
    });
    return { ends, apart, said };
  });
}"""


def network(state: State) -> Any:
    arrays = (state["w"], state["omega"], state["b"], np.array(state["decay"]))
    return FORMS[state["form"]](*arrays, state["activation"], np.array(state["rate"]))


def route(state: State, letters: str, delta: float) -> Any:
    """The procedures one by one, as somebody would type them."""
    about = None if state["line"] == "sub" else (state["pointh"], state["pointx"])
    system, cut = network(state), delta
    for letter in letters:
        if letter == "R":
            system = Rescale(state["tau"])(system)
            cut = cut / state["tau"] if state["aligned"] else cut
        elif letter == "D":
            system = Discretise(cut, state["method"])(system)
        else:
            system = Linearise(about)(system)
    return system


def held(make: Any) -> dict[str, Any]:
    try:
        return {"value": make()}
    except (ValueError, RuntimeError) as error:
        return {"refused": str(error)}


def truth(state: State, steps: list[float]) -> dict[str, Any]:
    """What ASK gives, by helpers, at the steps that the page took for its slope."""

    def end(letters: str) -> dict[str, Any]:
        made, x = route(state, letters, state["delta"]), state["pointx"]
        is_map = hasattr(made, "step")
        jacobian = made.jacobian(state["pointh"], x)
        # The whole step at once, without the tolerance on slopes: a batch of one.
        moved = made.step(state["start"], x) if is_map else made.velocity(state["start"], x)
        rows = np.tile(x, (50, 1))
        return {
            "name": type(made).__name__,
            "moved": moved,
            "jacobian": jacobian,
            "input": made.input_jacobian(state["pointh"], x),
            "delta": made.delta if is_map else None,
            "film": simulate(made, state["start"], rows).h if is_map else None,
            "values": np.linalg.eigvals(jacobian),
        }

    def apart(delta: float) -> float:
        return gap(*(route(state, letters, delta) for letters in routes))

    routes = (state["first"], state["other"])
    return {
        "ends": [held(lambda letters=letters: end(letters)) for letters in routes],
        "apart": held(lambda: apart(state["delta"])),
        "gaps": held(lambda: [apart(step) for step in steps]),
    }


def word(steps: list[float], gaps: list[float]) -> str:
    try:
        return verdict(steps, gaps)
    except ValueError:
        return "too near rounding"


def drawn(rng: np.random.Generator, activations: list[str]) -> State:
    """A state of the bench that nobody chose."""
    n, m = int(rng.integers(1, 7)), int(rng.integers(0, 3))
    letters = list(str(rng.choice(["LD", "RLD", "RD", "RL"], p=[0.4, 0.3, 0.2, 0.1])))
    w = rng.standard_normal((n, n)) * rng.choice([0.4, 0.9, 1.6]) / np.sqrt(n)
    kind = rng.integers(8)
    if kind == 0:
        w = np.triu(w, 1)  # nilpotent
    if kind == 1:
        w = np.round(w * 2)
    state = {
        "form": str(rng.choice(["activity", "activation"], p=[0.7, 0.3])),
        "activation": str(rng.choice(activations)),
        "w": w,
        "omega": rng.standard_normal((n, m)),
        "b": 0.3 * rng.standard_normal(n),
        "decay": rng.uniform(0.5, 2.0, n),
        "rate": rng.uniform(0.5, 2.0, n),
        "start": rng.standard_normal(n),
        "pointh": rng.standard_normal(n),
        "pointx": rng.standard_normal(m),
        "first": "".join(rng.permutation(letters)),
        "other": "".join(rng.permutation(letters)),
        "line": str(rng.choice(["sub", "point"], p=[0.3, 0.7])),
        "method": str(rng.choice(list(SCHEMES))),
        "delta": float(10 ** rng.uniform(-2.5, 0.0)),
        "tau": float(10 ** rng.uniform(-0.7, 0.7)),
        "aligned": bool(rng.random() < 0.85),
    }
    if kind == 2:  # a unit on a corner, where there is one: refused, or not looked at
        state["b"], state["pointh"], state["pointx"] = 0 * state["b"], np.zeros(n), np.zeros(m)
    return {k: v.tolist() if isinstance(v, np.ndarray) else v for k, v in state.items()}
