"""Another scheme, activation or procedure is one new entry: registered here, used everywhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from helpers import (
    RNN,
    Discretise,
    Flow,
    Linearise,
    LinearSystem,
    Rescale,
    all_orders,
    fixed_point,
    gap,
    simulate,
    spectrum,
)
from helpers.dynamics.activations import ACTIVATIONS, Activation
from helpers.dynamics.procedures import Procedure
from helpers.dynamics.runge_kutta import RungeKutta
from helpers.dynamics.schemes import SCHEMES
from tests.helpers import test_activations, test_procedures, test_schemes
from tests.helpers.theory import EPS, at_equilibrium, points

NETWORK = RNN.random(3, 2, rng=np.random.default_rng(3))


# --- a scheme -------------------------------------------------------------------------------------


@pytest.fixture
def ralston(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    entry = RungeKutta("scheme of this test", [[0, 0], [2 / 3, 0]], [1 / 4, 3 / 4], order=2)
    monkeypatch.setitem(SCHEMES, entry.name, entry)
    yield entry.name
    monkeypatch.undo()
    with pytest.raises(ValueError, match="unknown method 'scheme of this test'"):
        Discretise(0.1, "scheme of this test")


def test_a_new_scheme_is_used_by_its_name(ralston: str) -> None:
    h, x = points(NETWORK, 1)
    found = Discretise(0.3, ralston)(NETWORK).step(h, lambda fraction: (1 + fraction) * x)
    k1 = 0.3 * NETWORK.velocity(h, x)
    k2 = 0.3 * NETWORK.velocity(h + 2 / 3 * k1, (1 + 2 / 3) * x)
    np.testing.assert_allclose(found, h + k1 / 4 + 3 * k2 / 4, rtol=0, atol=32 * EPS)
    flow = spectrum(LinearSystem([[-0.5]]))
    assert flow.to_map(ralston, delta=1.0).values[0] == pytest.approx(0.625)
    run = simulate(Discretise(0.1, ralston)(NETWORK), h, steps=5)
    assert np.all(np.isfinite(run.h))
    rest = 0.5 * np.tanh(h)
    still = at_equilibrium(NETWORK, rest, x)
    trio = (Rescale(4.0), Discretise(0.2, ralston), Linearise(about=(rest, x)))
    assert max(r.gap for r in all_orders(still, trio) if r.gap is not None) <= 1e-13
    with pytest.raises(ValueError, match=r"choose one of euler, .*scheme of this test"):
        Discretise(0.1, "ralsten")


def test_a_new_scheme_passes_the_theorems_without_an_edit_there(ralston: str) -> None:
    # The tests of test_schemes and test_procedures take their names from SCHEMES; these are some.
    test_schemes.test_the_tableau_satisfies_the_conditions_of_its_order_and_not_of_the_next(ralston)
    test_schemes.test_the_order_of_convergence_on_a_driven_nonlinear_network(ralston)
    test_schemes.test_the_stability_function_agrees_with_exp_to_the_order(ralston)
    test_schemes.test_the_maps_own_matrix_is_the_stability_function(ralston)
    test_procedures.test_rescaling_commutes_with_an_aligned_discretisation(ralston)
    test_procedures.test_every_method_commutes_with_taylor_at_an_equilibrium(ralston)
    test_procedures.test_off_equilibrium_all_but_euler_are_off_by_the_predicted_amount(ralston)


def test_a_scheme_that_lies_about_its_order_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    liar = RungeKutta("liar", [[0, 0], [2 / 3, 0]], [1 / 2, 1 / 2], order=2)
    monkeypatch.setitem(SCHEMES, "liar", liar)
    for theorem in (
        test_schemes.test_the_tableau_satisfies_the_conditions_of_its_order_and_not_of_the_next,
        test_schemes.test_the_order_of_convergence_on_a_driven_nonlinear_network,
        test_schemes.test_the_stability_function_agrees_with_exp_to_the_order,
    ):
        with pytest.raises(AssertionError):
            theorem("liar")


def test_a_scheme_of_ones_own_needs_no_name_in_the_list() -> None:
    three = RungeKutta("third", [[0, 0, 0], [1 / 3, 0, 0], [0, 2 / 3, 0]], [1 / 4, 0, 3 / 4], 3)
    assert "third" not in SCHEMES
    assert gap(Discretise(0.1, three)(NETWORK), Discretise(0.1, "rk4")(NETWORK)) < 1e-3


# --- an activation --------------------------------------------------------------------------------


@pytest.fixture
def bump(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    def value(phi: Any) -> Any:
        return phi * np.exp(-(phi**2))

    def slope(phi: Any) -> Any:
        return (1.0 - 2.0 * phi**2) * np.exp(-(phi**2))

    monkeypatch.setitem(ACTIVATIONS, "bump", Activation("bump", value, slope))
    yield "bump"
    monkeypatch.undo()
    with pytest.raises(ValueError, match="unknown activation 'bump'"):
        RNN([[1.0]], [[1.0]], activation="bump")


def test_a_new_activation_is_used_by_its_name(bump: str) -> None:
    network = RNN(NETWORK.w, NETWORK.omega, NETWORK.b, activation=bump)
    h, x = points(network, 1)
    phi = network.w @ h + network.omega @ x + network.b
    by_hand = phi * np.exp(-(phi**2)) - h
    np.testing.assert_allclose(network.velocity(h, x), by_hand, atol=16 * EPS)
    np.testing.assert_allclose(
        simulate(Discretise(0.1)(network), h, [x]).h[-1], h + 0.1 * by_hand, atol=16 * EPS
    )
    for name in ("midpoint", "trapezoid", "exponential_euler"):
        routes = all_orders(network, (Rescale(4.0), Discretise(0.1, name), Linearise()))
        assert max(r.gap for r in routes if r.gap is not None) <= 1e-13
    assert fixed_point(network, x).converged


def test_a_new_activation_passes_the_theorems_without_an_edit_there(bump: str) -> None:
    test_activations.test_slope_by_complex_step_and_by_central_difference(bump)
    test_activations.test_real_and_complex_arguments_agree(bump)
    test_activations.test_fixes_zero_and_unit_slope_say_what_holds_at_zero(bump)
    test_activations.test_smoothness_is_the_number_of_continuous_derivatives(bump)
    test_activations.test_kinks_are_where_the_two_slopes_differ(bump)


# --- a procedure ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Recoordinate(Procedure):
    """The affine change of coordinates g = P h, of a linear system or of any flow."""

    P: Any
    letter = "C"

    def __call__(self, system: Any) -> Any:
        P, back = np.asarray(self.P), np.linalg.inv(self.P)
        if isinstance(system, LinearSystem):
            return LinearSystem(P @ system.A @ back, P @ system.B, P @ system.c)
        if not isinstance(system, Flow):
            raise ValueError(f"{type(system).__name__} is a map; Recoordinate takes flows")
        return Flow(
            lambda g, x: system.velocity(g @ back.T, x) @ P.T, system.n_units, system.n_inputs
        )


def test_a_new_procedure_composes_and_is_put_in_every_order() -> None:
    P = np.array([[1.0, 0.5, 0.0], [0.0, 2.0, 0.0], [0.3, 0.0, 1.0]])
    change = Recoordinate(P)
    h, x = points(NETWORK, 1)
    composed = (Discretise(0.1) @ change @ Rescale(2.0))(NETWORK)
    assert (Discretise(0.1) @ change @ Rescale(2.0)).letter == "D C R"
    # MATH theorem 5: every Runge-Kutta method is carried along by an affine map.
    plain = Discretise(0.1)(Rescale(2.0)(NETWORK))
    np.testing.assert_allclose(composed.step(P @ h, x), P @ plain.step(h, x), atol=32 * EPS)
    routes = {r.name: r for r in all_orders(NETWORK, (change, Rescale(2.0), Discretise(0.1)))}
    assert set(routes) == {"C R D", "C D R", "R C D", "R D C", "D C R", "D R C"}
    for name, route in routes.items():
        if name.index("C") < name.index("D"):  # C after D: it does not take maps
            assert route.reason == "DiscretisedMap is a map; Recoordinate takes flows"
        else:
            assert route.gap is not None and route.gap <= 1e-13
            assert route.system.delta == 0.05
    # It commutes with L about the same point in its own coordinates only.
    about = Linearise(about=(h, x))
    here, there = change(about(NETWORK)), Linearise(about=(P @ h, x))(change(NETWORK))
    assert gap(here, there) <= 1e-13 < gap(here, about(change(NETWORK)))
