"""Networks on disk: what is written comes back, what others wrote moves as it did, or is refused.

The Keras files are made here, in each of the layouts, and checked against the recurrence of a
simple recurrent layer on row vectors, which is what Keras computes.
"""

from __future__ import annotations

import json
import os
import pickle
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from helpers import RNN, ActivationRNN, simulate
from helpers.dynamics.activations import ACTIVATIONS, Activation
from helpers.networks.network import WEIGHTS, Network, load_network, save_network
from tests.helpers.theory import EPS, SIGMA, some

RNG = np.random.default_rng(41)
N, M, K = 5, 2, 3
KERNEL, RECURRENT = RNG.standard_normal((M, N)), 0.4 * RNG.standard_normal((N, N))
BIAS, DENSE = RNG.standard_normal(N), RNG.standard_normal((N, K))
DENSE_BIAS, X = np.array([0.1, 0.0, -2.0]), RNG.standard_normal((12, M))


def on_rows(sigma: str, bias: Any = BIAS) -> Any:
    """Return the states of a simple recurrent layer, as deep-learning libraries write it."""
    h, states = np.zeros(N), []
    for x in X:
        h = SIGMA[sigma](x @ KERNEL + h @ RECURRENT + bias)
        states.append(h)
    return np.array(states)


def rounding(states: Any) -> float:
    """Bound the difference that rounding makes between two ways to compute these states.

    A step sums N + M + 1 products, in two orders; later steps, of slope at most 1, multiply its
    error by at most the largest of the powers of |recurrent kernel|.
    """
    terms = np.abs(X) @ np.abs(KERNEL) + np.abs(BIAS)
    terms += np.max(np.abs(states)) * np.abs(RECURRENT).sum(axis=0)
    powers = [np.linalg.matrix_power(np.abs(RECURRENT), k) for k in range(len(X))]
    growth = len(X) * np.max(np.sum(powers, axis=1))
    return float(2 * (N + M + 3) * EPS * growth * np.max(terms))


def moves_like(network: Network, states: Any) -> None:
    found = simulate(network.map, np.zeros(network.w.shape[0]), X).h[1:]
    np.testing.assert_allclose(found, states, rtol=0, atol=rounding(states))


# --- the network ----------------------------------------------------------------------------------


@st.composite
def trained(draw: Any) -> Network:
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n, m, k = draw(st.integers(1, 5)), draw(st.integers(0, 3)), draw(st.integers(0, 3))
    shapes = {"w": (n, n), "omega": (n, m), "b": (n,), "readout": (k, n), "readout_bias": (k,)}
    kind = draw(st.sampled_from((np.float32, np.float64)))
    order = draw(st.sampled_from("CF"))
    parts: dict[str, Any] = {
        name: np.asarray(rng.standard_normal(shape).astype(kind), dtype=float, order=order)
        for name, shape in shapes.items()
    }
    parts["w"][0, 0] = draw(st.sampled_from((-0.0, 1.0, 1e-42, 2.0**-1074, 1e300)))
    parts["recipe"] = draw(st.sampled_from((None, {}, {"seed": 3, "µ": [0.1, None, {"a": True}]})))
    parts["curve"] = draw(st.sampled_from((None, [], [1.0, 0.1], [0.5, 0.25])))
    decays = np.where(np.arange(n) == 0, 1.0, rng.uniform(0.5, 2.0, n))
    parts["decay"] = draw(st.sampled_from((1.0, 0.1, decays)))
    parts["delta"] = draw(st.sampled_from((1.0, 0.1, 20.0)))
    parts["rate"] = draw(st.sampled_from((1.0, 0.05, 2.0 * decays)))
    parts["form"] = draw(st.sampled_from(("activity", "activation")))
    parts["start"] = draw(st.sampled_from((None, rng.standard_normal(n))))
    parts["noise"] = draw(st.sampled_from((None, 0.1, rng.random(n))))
    if parts["form"] == "activation":
        parts["inside"] = draw(st.sampled_from((None, rng.standard_normal(n))))
    parts["origin"] = draw(st.sampled_from((None, {"names": {"w": ["W.T"]}})))
    return Network(**parts, activation=draw(st.sampled_from(sorted(ACTIVATIONS))))


def same(one: Network, other: Network) -> None:
    for name in (*WEIGHTS, "curve", "decay", "delta", "rate", "start", "noise", "inside"):
        mine, its = getattr(one, name), getattr(other, name)
        assert (mine is None) == (its is None), name
        if mine is not None:
            assert np.shape(mine) == np.shape(its), name
            assert np.asarray(mine).tobytes() == np.asarray(its).tobytes(), name
    assert one.activation is other.activation and one.recipe == other.recipe
    assert one.form == other.form


@pytest.mark.filterwarnings("error")
@given(network=trained())
def test_what_is_written_comes_back_bit_by_bit(network: Network) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "no-extension"
        save_network(path, network)
        assert [p.name for p in Path(folder).iterdir()] == ["no-extension"]
        same(load_network(path), network)
        weights = [getattr(network, name) for name in WEIGHTS]
        with np.errstate(over="ignore"):
            single = all(np.all(np.float32(array) == array) for array in weights)
        with np.load(path, allow_pickle=False) as held:
            kinds = {held[name].dtype.str for name in WEIGHTS}
            assert kinds == {"<f4" if single else "<f8"}
            assert set(WEIGHTS) | {"activation", "delta"} <= set(held.files)


@some
@given(network=trained(), seed=st.integers(0, 2**32 - 1))
def test_flow_map_and_output_are_the_form_its_euler_step_and_the_read_out(
    network: Network, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    n, m = network.omega.shape
    h, x = rng.standard_normal((4, n)), rng.standard_normal((4, m))
    assume(abs(network.w[0, 0]) <= 1)  # 1e300 is for the file, not for sums
    sigma, drive = SIGMA[network.activation.name], network.b + x @ network.omega.T
    if network.form == "activity":
        field = sigma(h @ network.w.T + drive) - network.decay * h
        heard = h
    else:
        field = sigma(h + network.inside) @ network.w.T + drive - network.decay * h
        heard = sigma(h)
    expected = network.rate * field
    assert isinstance(network.flow, {"activity": RNN, "activation": ActivationRNN}[network.form])
    np.testing.assert_allclose(network.flow.velocity(h, x), expected, rtol=1e-12, atol=1e-12)
    step = h + network.delta * expected
    np.testing.assert_allclose(network.map.step(h, x), step, rtol=1e-12, atol=1e-11)
    assert network.map.delta == network.delta
    by_hand = np.einsum("ij,...j->...i", network.readout, heard) + network.readout_bias
    assert network.output(h).shape == (4, len(network.readout))
    np.testing.assert_allclose(network.output(h), by_hand, rtol=1e-12, atol=1e-12)


def test_the_same_network_is_the_same_file(tmp_path: Path) -> None:
    w = RECURRENT.T
    one = Network(w, KERNEL.T, recipe={"a": 1, "b": 2})
    other = Network(np.asfortranarray(w), KERNEL.T.copy(), recipe={"b": 2, "a": 1})
    for name, network in (("one", one), ("other", other)):
        save_network(tmp_path / name, network)
    first = (tmp_path / "one").read_bytes()
    assert first == (tmp_path / "other").read_bytes()
    # Nothing of the clock is in it, and writing what was read changes nothing.
    with zipfile.ZipFile(tmp_path / "one") as archive:
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    save_network(tmp_path / "other", load_network(tmp_path / "one"))
    assert first == (tmp_path / "other").read_bytes()
    save_network(tmp_path / "other", Network(w, KERNEL.T, recipe={"a": 1, "b": 3}))
    assert first != (tmp_path / "other").read_bytes()


def test_a_network_cannot_be_changed_from_outside() -> None:
    w, recipe = RECURRENT.copy(), {"seeds": [1]}
    network = Network(w, KERNEL.T, recipe=recipe)
    w[0, 0], recipe["seeds"][0] = 7.0, 7
    assert network.w[0, 0] == RECURRENT[0, 0] and network.recipe == {"seeds": [1]}
    with pytest.raises(AttributeError):
        network.w = w  # type: ignore[misc]
    with pytest.raises(ValueError):
        network.w[0, 0] = 1.0


@pytest.mark.parametrize("broken", ["replace", "fsync"])
def test_a_write_that_is_stopped_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    path = tmp_path / "network.npz"
    save_network(path, Network([[0.5]], [[1.0]]))
    before = path.read_bytes()

    def stopped(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, broken, stopped)
    with pytest.raises(KeyboardInterrupt):
        save_network(path, Network([[0.25]], [[1.0]]))
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["network.npz"]
    monkeypatch.undo()
    save_network(path, Network([[0.25]], [[1.0]]))
    assert load_network(path).w == 0.25


# --- npz of others --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "names",
    [
        ("w", "omega", "b", "readout", "readout_bias"),
        ("w_rec", "w_in", "b_rec", "w_out", "b_out"),
        ("W_rec", "W_in", "bias", "W_out", "b_out"),
        ("W", "W_in", "b", "W_out", "readout_bias"),
    ],
)
def test_common_names_mean_the_same(tmp_path: Path, names: tuple[str, ...]) -> None:
    arrays = (RECURRENT.T, KERNEL.T, BIAS, DENSE.T, DENSE_BIAS)
    path = tmp_path / "network.npz"
    np.savez(path, **dict(zip(names, arrays, strict=True)), comment=np.array(["left", "alone"]))
    step: dict[str, Any] = {"form": "activity", "alpha": 1.0}
    network = load_network(path, "tanh", **({} if names[1] == "omega" else step))
    for name, array in zip(WEIGHTS, arrays, strict=True):
        np.testing.assert_array_equal(getattr(network, name), array)
    moves_like(network, on_rows("tanh"))
    assert network.recipe is None and network.curve is None


def test_what_is_missing_is_zero_and_one(tmp_path: Path) -> None:
    path = tmp_path / "network.npz"
    np.savez_compressed(path, w=RECURRENT.T.astype(np.float16), omega=np.zeros((N, 0), dtype=int))
    network = load_network(path, "relu")
    np.testing.assert_array_equal(network.w, RECURRENT.T.astype(np.float16))
    np.testing.assert_array_equal(network.b, np.zeros(N))
    assert network.readout.shape == (0, N) and network.readout_bias.shape == (0,)
    assert network.delta == 1.0 and network.decay == 1.0
    assert network.output(np.zeros((7, N))).shape == (7, 0)


@pytest.mark.parametrize("alpha, delta", [(0.2, None), (0.2, 0.1), (1.0, 0.5), (0.05, 20.0)])
def test_a_leaky_network_gives_the_same_output_step_by_step(
    tmp_path: Path, alpha: float, delta: float | None
) -> None:
    path = tmp_path / "network.npz"
    parts = {} if delta is None else {"delta": delta}
    weights = {"w": RECURRENT.T, "w_in": KERNEL.T, "b": BIAS, "w_out": DENSE.T, "b_out": DENSE_BIAS}
    np.savez(path, **weights, alpha=alpha, activation="tanh", **parts)
    network = load_network(path, form="activity")
    g, states = np.zeros(N), []
    for x in X:
        g = (1 - alpha) * g + alpha * np.tanh(RECURRENT.T @ g + KERNEL.T @ x + BIAS)
        states.append(g)
    trajectory = simulate(network.map, np.zeros(N), X)
    answers = states @ DENSE + DENSE_BIAS
    bound = rounding(states) * (1 + np.abs(DENSE).sum())
    # In the file's own state, and at its own step.
    np.testing.assert_allclose(trajectory.h[1:], states, rtol=0, atol=rounding(states))
    np.testing.assert_allclose(network.output(trajectory.h[1:]), answers, rtol=0, atol=bound)
    assert trajectory.t[1] == (alpha if delta is None else delta)
    assert network.decay == 1.0 and network.rate == (1.0 if delta is None else alpha / delta)


def test_an_activation_is_named_once(tmp_path: Path) -> None:
    path = tmp_path / "network.npz"
    np.savez(path, w=RECURRENT, omega=KERNEL.T)
    assert load_network(path, "relu").activation is ACTIVATIONS["relu"]
    assert load_network(path, "sigmoid").activation is ACTIVATIONS["logistic"]
    np.savez(path, w=RECURRENT, omega=KERNEL.T, activation=np.array([b"linear"]))
    assert load_network(path).activation is ACTIVATIONS["identity"]
    assert load_network(path, "identity").activation is ACTIVATIONS["identity"]
    with pytest.raises(ValueError, match="'linear', and the argument says 'tanh'"):
        load_network(path, "tanh")
    # The name alone is not enough, where the name is known.
    with pytest.raises(ValueError, match="the argument says 'identity'"):
        load_network(path, Activation("identity", np.sin, np.cos))


def test_an_activation_of_ones_own_is_stored_by_name(tmp_path: Path) -> None:
    path = tmp_path / "network.npz"
    sine = Activation("a test's sine", np.sin, np.cos)
    save_network(path, Network(RECURRENT, KERNEL.T, activation=sine))
    assert load_network(path, sine).activation is sine
    with pytest.raises(ValueError, match=r"a test's sine.*pass the function"):
        load_network(path)
    with pytest.raises(ValueError, match="the argument says 'tanh'"):
        load_network(path, "tanh")


# --- Keras ----------------------------------------------------------------------------------------

Layout = Callable[[Any, dict[str, Any], dict[str, Any]], None]
CELL = {"kernel": KERNEL, "recurrent_kernel": RECURRENT, "bias": BIAS}
OUT = {"kernel": DENSE, "bias": DENSE_BIAS}


def put(root: Any, group: str, arrays: dict[str, Any], ending: str = ":0") -> None:
    for name, array in arrays.items():
        root[f"{group}/{name}{ending}"] = array


def keras_2(root: Any, cell: dict[str, Any], dense: dict[str, Any]) -> None:
    put(root, "model_weights/simple_rnn_5/simple_rnn_5", cell)
    put(root, "model_weights/dense_5/dense_5", dense)


def keras_2_weights(root: Any, cell: dict[str, Any], dense: dict[str, Any]) -> None:
    put(root, "first/first", cell)
    put(root, "another/another", dense)


def tensorflow_2(root: Any, cell: dict[str, Any], dense: dict[str, Any]) -> None:
    put(root, "model_weights/simple_rnn/simple_rnn/simple_rnn_cell", cell)
    put(root, "model_weights/dense/dense", dense)
    root.create_group("model_weights/top_level_model_weights")


def tensorflow_2_weights(root: Any, cell: dict[str, Any], dense: dict[str, Any]) -> None:
    put(root, "simple_rnn/simple_rnn/simple_rnn_cell", cell)
    put(root, "time_distributed/time_distributed", dense)


def keras_3_h5(root: Any, cell: dict[str, Any], dense: dict[str, Any]) -> None:
    put(root, "model_weights/simple_rnn/sequential/simple_rnn/simple_rnn_cell", cell, "")
    put(root, "model_weights/dense/sequential/dense", dense, "")
    root.create_group("model_weights/dropout")


def keras_3_weights(root: Any, cell: dict[str, Any], dense: dict[str, Any]) -> None:
    for group, arrays in (("simple_rnn/cell", cell), ("dense", dense)):
        put(root, f"layers/{group}/vars", dict(zip("012", arrays.values(), strict=False)), "")
    root["layers/dropout/seed_generator/vars/0"] = np.array([0, 4], dtype=np.uint32)
    root["layers/simple_rnn/cell/seed_generator/vars/0"] = np.array([0, 3], dtype=np.uint32)
    root.create_group("layers/simple_rnn/vars").attrs["name"] = "simple_rnn"


def keras_3_wrapped(root: Any, cell: dict[str, Any], dense: dict[str, Any]) -> None:
    for group, arrays in (("rnn/cell", cell), ("time_distributed/layer", dense)):
        numbered = dict(zip("012", arrays.values(), strict=False))
        # A file may keep the order in which things were put in; it means nothing.
        root.create_group(f"layers/{group}/vars", track_order=True)
        put(root, f"layers/{group}/vars", dict(reversed(numbered.items())), "")


LAYOUTS: tuple[Layout, ...] = (
    keras_2, keras_2_weights, tensorflow_2, tensorflow_2_weights, keras_3_h5, keras_3_weights,
    keras_3_wrapped,
)  # fmt: skip


def layer(kind: str, **config: Any) -> dict[str, Any]:
    return {"class_name": kind, "config": config}


def simple(activation: Any = "tanh", **config: Any) -> dict[str, Any]:
    return layer("SimpleRNN", activation=activation, go_backwards=False, **config)


LINEAR = layer("Dense", activation="linear")


def model(*layers: dict[str, Any]) -> str:
    return json.dumps({"class_name": "Sequential", "config": {"name": "s", "layers": layers}})


def keras(path: Path, layout: Layout, config: Any, cell: Any = CELL, dense: Any = OUT) -> Path:
    with h5py.File(path, "w") as root:
        layout(root, cell, dense)
        # An optimiser keeps arrays of the same shapes, under names that are no layers.
        put(root, "optimizer_weights/Adam/simple_rnn/simple_rnn_cell", CELL)
        put(root, "optimizer/vars", {"0": KERNEL, "1": RECURRENT}, "")
        if config is not None:
            root.attrs["model_config"] = config
    return path


def told_of(layout: Layout) -> dict[str, Any]:
    """Return what weights alone do not say where their layer has another name than SimpleRNN's."""
    if layout in (keras_2_weights, keras_3_wrapped):
        return {"form": "activity", "alpha": 1.0}
    return {}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", ["tanh", "sigmoid", "linear", "relu", "softsign"])
def test_a_keras_network_moves_as_in_keras(tmp_path: Path, layout: Layout, name: str) -> None:
    sigma = {"sigmoid": "logistic", "linear": "identity"}.get(name, name)
    silent = layer("Dropout", rate=0.1)
    config = model(layer("InputLayer"), simple(name, dropout=0.2), silent, LINEAR)
    read = load_network(keras(tmp_path / "a.hdf5", layout, config))
    told = load_network(keras(tmp_path / "b.h5", layout, None), sigma, **told_of(layout))
    same(read, told)
    states = on_rows(sigma)
    moves_like(read, states)
    assert read.activation is ACTIVATIONS[sigma] and (read.delta, read.decay) == (1.0, 1.0)
    answers, bound = states @ DENSE + DENSE_BIAS, rounding(states) * (1 + np.abs(DENSE).sum())
    np.testing.assert_allclose(read.output(states), answers, rtol=0, atol=bound)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_keras_layer_without_bias_or_read_out(tmp_path: Path, layout: Layout) -> None:
    cell = {name: CELL[name] for name in ("kernel", "recurrent_kernel")}
    told = told_of(layout)
    network = load_network(keras(tmp_path / "a.h5", layout, None, cell, {}), "tanh", **told)
    moves_like(network, on_rows("tanh", 0.0))
    assert network.readout.shape == (0, N) and network.readout_bias.shape == (0,)
    path = keras(tmp_path / "a.h5", layout, None, cell, {"kernel": DENSE})
    network = load_network(path, "tanh", **told)
    np.testing.assert_array_equal(network.readout, DENSE.T)
    np.testing.assert_array_equal(network.readout_bias, np.zeros(K))


def test_configurations_that_say_the_same(tmp_path: Path) -> None:
    wrapped = layer("TimeDistributed", layer=layer("Dense", activation=None))
    inside = layer("RNN", go_backwards=False, cell=layer("SimpleRNNCell", activation="relu"))
    for config in (
        model(simple("relu"), wrapped),
        model(inside, LINEAR),
        model(simple("relu"), LINEAR).encode(),
        json.dumps({"class_name": "Sequential", "config": [simple("relu"), LINEAR]}),
    ):
        assert load_network(keras(tmp_path / "a.h5", keras_2, config)).activation.name == "relu"
    config = model(simple(None), LINEAR)
    assert load_network(keras(tmp_path / "a.h5", keras_2, config)).activation.name == "identity"
    with pytest.raises(ValueError, match=r"'linear'.*'tanh'"):
        load_network(tmp_path / "a.h5", "tanh")


def test_without_h5py_the_message_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = keras(tmp_path / "a.h5", keras_2, None)
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(ImportError, match="pip install h5py"):
        load_network(path, "tanh")
    np.savez(tmp_path / "a.npz", w=RECURRENT, omega=KERNEL.T)
    assert load_network(tmp_path / "a.npz", "tanh").w.shape == (N, N)


# --- what is refused ------------------------------------------------------------------------------


def npz(**arrays: Any) -> Callable[[Path], None]:
    parts = {"w": RECURRENT, "omega": KERNEL.T, "activation": "tanh"} | arrays
    return lambda path: np.savez(path, **{k: v for k, v in parts.items() if v is not None})


def h5(
    layout: Layout = keras_2, config: Any = None, cell: Any = CELL, dense: Any = OUT
) -> Callable[[Path], None]:
    return lambda path: keras(path, layout, config, cell, dense) and None


def h5_with(change: Callable[[Any], None]) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        keras(path, keras_2_weights, None)
        with h5py.File(path, "a") as root:
            change(root)

    return write


def archive(**members: bytes) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        with zipfile.ZipFile(path, "w") as file:
            for name, content in members.items():
                file.writestr(name, content)

    return write


def raw(content: bytes) -> Callable[[Path], None]:
    return lambda path: path.write_bytes(content) and None


def twice(path: Path) -> None:
    npz()(path)
    with zipfile.ZipFile(path, "a") as file, pytest.warns(UserWarning, match="Duplicate"):
        file.writestr("w.npy", file.read("w.npy"))


def nan_at(array: Any, *where: int) -> Any:
    array = np.array(array)
    array[where] = np.nan
    return array


def gated(times: int) -> dict[str, Any]:
    return {
        "kernel": np.zeros((M, times * N)),
        "recurrent_kernel": np.zeros((N, times * N)),
        "bias": np.zeros(times * N),
    }


def second_layer(root: Any) -> None:
    put(root, "second/second", CELL | {"kernel": RECURRENT})


def second_read_out(root: Any) -> None:
    put(root, "second/second", OUT)


def leak_elsewhere(root: Any) -> None:
    root["rnn/alpha:0"] = np.array([0.1])


def named_twice(root: Any) -> None:
    root["first/first/kernel"] = 2 * KERNEL


def in_a_ring(root: Any) -> None:
    root["first/first/again"] = root["first"]


def of_objects(root: Any) -> None:
    root.create_dataset("words", data=["one", "two"], dtype=h5py.string_dtype())


# What is written, what the message must name, what it must say to do.
BAD: dict[str, tuple[Callable[[Path], Any], str, str]] = {
    # not such a file
    "a folder": (lambda path: path.mkdir(), "not a file", "give the path"),
    "an empty file": (raw(b""), "it is empty", "np.savez"),
    "text": (raw(b"0.5 0.25\n"), "b'0.5 0.25'", "np.savez"),
    "a single array": (raw(b"\x93NUMPY\x01\x00v\x00"), "NUMPY", "np.savez"),
    "an empty archive": (archive(), "not npz, HDF5", "np.savez"),
    "a pickle": (raw(pickle.dumps({"w": [[1.0]]})), "a pickle", "np.savez"),
    "a torch file cut short": (
        archive(**{"net/data.pkl": b"\x80\x02", "net/data/0": b""}),
        "pickle",
        "copy",
    ),
    "a keras archive without a model": (
        archive(**{"model.weights.h5": b""}),
        "config.json",
        "save the model again",
    ),
    "an archive of text": (archive(**{"readme.txt": b"hello"}), "'readme.txt'", "np.savez"),
    "text called w": (archive(**{"w": b"hello", "omega.npy": b"hello"}), "'w'", "np.savez"),
    "text in an array's place": (archive(**{"omega.npy": b"hello"}), "no .npy", "np.savez"),
    "no matrix": (npz(w=None), "no w among activation (), omega (5, 2)", "parts="),
    # names
    "two names for w": (npz(W=RECURRENT), "['w', 'W']", "keep one"),
    "the same name twice": (twice, "two members 'w.npy'", "keep one"),
    "two names for the read-out": (npz(w_out=DENSE.T, W_out=DENSE.T), "W_out", "keep one"),
    "two leaks": (npz(alpha=0.5, decay=1.0), "['decay', 'alpha']", "keep one"),
    "a time step of unknown meaning": (npz(dt=0.1), "dt", "alpha"),
    "a time constant of unknown meaning": (npz(tau=10.0), "tau", "ignore=('tau',)"),
    "another one": (npz(tau_m=10.0), "tau_m", "alpha="),
    "an unknown name": (npz(gate=BIAS), "'gate': (5,)", "ignore=('gate',)"),
    "no activation": (npz(activation=None), "does not say its activation", 'activation="relu"'),
    "an unknown activation": (npz(activation="swish" * 100), "'swishswish", "Activation(name"),
    # shapes and numbers
    "input weights on their side": (npz(omega=KERNEL), "omega has shape (2, 5)", "'w': 'w.T'"),
    "a read-out on its side": (npz(readout=DENSE), "readout has shape (5, 3)", "'w': 'w.T'"),
    "input weights of another network": (npz(omega=np.zeros((4, 3))), "(4, 3)", "the 5 units"),
    "a read-out in one row": (npz(readout=DENSE[:, 0]), "readout has shape (5,)", "needs shape"),
    "a bias for each output": (npz(b=DENSE_BIAS), "b has shape (3,)", "needs shape (5)"),
    "a read-out bias alone": (npz(readout_bias=DENSE_BIAS), "readout_bias has shape (3,)", "(0)"),
    "a matrix that is not square": (npz(w=DENSE), "w has shape (5, 3)", "square"),
    "NaN weights": (npz(w=nan_at(RECURRENT, 1, 2)), "w[1, 2] is nan", "finite"),
    "an infinite bias": (npz(b=np.full(N, np.inf)), "b[0] is inf", "finite"),
    "complex weights": (npz(w=1j * RECURRENT), "kind 'c'", "real numbers"),
    "weights in words": (npz(w=RECURRENT.astype(str)), "w is of kind 'U'", "real numbers"),
    "times as weights": (npz(b=np.zeros(N, "m8[s]")), "b is of kind 'm'", "real numbers"),
    "an activation in numbers": (npz(activation=1.0), "activation is of kind 'f'", "one string"),
    "two activations": (npz(activation=["tanh", "relu"]), "shape (2,)", "one string"),
    "a recipe that is no JSON": (npz(recipe="{'seed': 3}"), "JSON", "copy it again"),
    "a recipe that is a list": (npz(recipe="[3]"), "recipe = [3]", "give a dict"),
    "a table of losses": (npz(curve=np.zeros((2, 2))), "curve has shape (2, 2)", "needs shape"),
    "a negative step": (npz(delta=-1.0), "delta = -1.0", "greater than 0"),
    "a negative leak": (npz(decay=-1.0), "decay = ", "greater than 0"),
    "a leak above one": (npz(alpha=1.5), "alpha = 1.5", "smaller delta"),
    "objects": (npz(w=np.array([[None]])), "w is a pickled object", "array of numbers"),
    # Keras
    "a GRU": (
        h5(cell=gated(3), config=model(layer("GRU"), LINEAR)),
        "(5, 15), as a GRU",
        "Map(step",
    ),
    "an LSTM": (h5(keras_3_weights, cell=gated(4)), "(5, 20), as an LSTM", "Map(step"),
    "no recurrent layer": (h5(cell={}), "0 recurrent layers", "with one"),
    "two recurrent layers": (h5_with(second_layer), "layer = None", "layer=0 to 1"),
    "two read-outs": (h5_with(second_read_out), "second/second", "at most one Dense"),
    "a layer before": (
        h5(dense={"kernel": DENSE.T}),
        "'model_weights/dense_5/dense_5': (3, 5)",
        "after",
    ),
    "normalisation": (
        h5(dense={"gamma": BIAS, "beta": BIAS}),
        "'gamma': (5,)",
        "changes the map",
    ),
    "numbered normalisation": (
        h5(keras_3_weights, dense={"gamma": BIAS, "beta": BIAS}),
        "'0': (5,)",
        "changes the map",
    ),
    "a cell with peepholes": (
        h5(cell=CELL | {"peephole": RECURRENT}),
        "'peephole'",
        "changes the map",
    ),
    "a convolution": (
        h5(dense={"kernel": np.zeros((3, 3, N, K))}),
        "(3, 3, 5, 3)",
        "changes the map",
    ),
    "a bias alone": (h5(dense={"bias": BIAS}), "{'bias': (5,)}", "changes the map"),
    "a leak of its own": (h5_with(leak_elsewhere), "'alpha': (1,)", "changes the map"),
    "a kernel under two names": (h5_with(named_twice), "'kernel', 'kernel'", "keep one"),
    "a mask": (
        h5(config=model(layer("Masking"), simple(), LINEAR)),
        "'Masking'",
        "changes the map",
    ),
    "something else at each step": (
        h5(config=model(simple(), layer("TimeDistributed", layer=layer("Softmax"))), dense={}),
        "'TimeDistributed'",
        "changes the map",
    ),
    "read-out first": (h5(config=model(LINEAR, simple())), "['Dense', 'SimpleRNN']", "after it"),
    "backwards": (
        h5(config=model(layer("SimpleRNN", activation="tanh", go_backwards=True), LINEAR)),
        "go_backwards",
        "forwards",
    ),
    "a cell that runs backwards": (
        h5(
            config=model(
                layer("RNN", go_backwards=True, cell=layer("SimpleRNNCell", activation="tanh"))
            )
        ),
        "go_backwards",
        "forwards",
    ),
    "a sigmoid read-out": (
        h5(config=model(simple(), layer("Dense", activation="sigmoid"))),
        "'sigmoid'",
        "linear",
    ),
    "a cell of one's own": (
        h5(config=model(layer("RNN", cell=layer("MyCell")), LINEAR)),
        "['MyCell', 'Dense']",
        "parts=",
    ),
    "an activation of Keras alone": (
        h5(config=model(simple("elu"), LINEAR)),
        "'elu'",
        "pass the function",
    ),
    "an activation that is an object": (
        h5(config=model(simple({"class_name": "f"}), LINEAR)),
        "'f'",
        "pass the function",
    ),
    "a broken configuration": (h5(config='{"config": '), "JSON", "copy it again"),
    "a configuration of no model": (
        h5(config='{"class_name": "Sequential", "config": {"layers": [3]}}'),
        "damaged",
        "copy it",
    ),
    "no activation in Keras": (h5(), "does not say its activation", 'activation="relu"'),
    "NaN in Keras": (
        h5(keras_3_h5, model(simple(), LINEAR), CELL | {"kernel": nan_at(KERNEL, 0, 3)}),
        "omega[3, 0] is nan",
        "finite",
    ),
    "a group in a ring": (h5_with(in_a_ring), "group /first/first/again", "save the model again"),
    "words in HDF5": (h5_with(of_objects), "'words'", "changes the map"),
}


@pytest.mark.parametrize("which", BAD)
def test_what_is_not_a_network_is_refused_by_path_reason_and_remedy(
    which: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, named, remedy = BAD[which]
    monkeypatch.chdir(tmp_path)  # so that the length of the path is no part of the message
    path = Path("some-network.npz")
    write(path)
    before = sorted(os.listdir())
    with pytest.raises(ValueError) as caught:
        load_network(path)
    message = str(caught.value)
    assert type(caught.value) is ValueError
    assert message.startswith("some-network.npz: ") and named in message, message
    assert remedy in message, message
    assert len(message) < 400, "the remedy is lost behind a wall of numbers"
    assert sorted(os.listdir()) == before


def test_the_good_neighbours_of_the_bad_files_are_read(tmp_path: Path) -> None:
    # The control: the tests above would also pass if everything were refused.
    path = tmp_path / "network"
    more: tuple[dict[str, Any], ...] = (
        {},
        {"delta": 2, "decay": np.ones(N)},
        {"recipe": "{}", "curve": [1, 0]},
        {"alpha": 1},
    )
    for write in (npz(**parts) for parts in more):
        Path(f"{path}.npz").unlink(missing_ok=True)
        write(Path(f"{path}.npz"))
        assert load_network(f"{path}.npz").w.shape == (N, N)
    h5(config=model(simple(), LINEAR))(path)
    assert load_network(path).w.shape == (N, N)


@pytest.mark.parametrize("layout", [None, keras_2])
def test_a_file_that_was_cut_off_is_refused(tmp_path: Path, layout: Any) -> None:
    path = tmp_path / "network"
    if layout is None:
        save_network(path, Network(RECURRENT, KERNEL.T, recipe={"seed": 1}, curve=[1.0, 0.5]))
    else:
        keras(path, layout, model(simple(), LINEAR))
    whole = path.read_bytes()
    load_network(path)
    for length in range(0, len(whole), 1 + len(whole) // 200):
        path.write_bytes(whole[:length])
        with pytest.raises(ValueError, match="network: "):
            load_network(path)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path: Path = tmp_path_factory.mktemp("networks") / "whole"
    save_network(path, Network(RECURRENT, KERNEL.T, recipe={"seed": 1}))
    return path


@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), min_size=1, max_size=4))
def test_a_file_with_bytes_changed_is_refused_or_is_a_network(whole: Path, changes: Any) -> None:
    content = bytearray(whole.read_bytes())
    for where, value in changes:
        content[where % len(content)] = value
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "network"
        path.write_bytes(content)
        try:
            network = load_network(path)
        except ValueError as error:
            assert str(error).startswith(str(path)) and len(str(error)) < 400 + len(str(path))
        else:
            # The checksums of a zip cover the arrays, not the names of those that may be missing.
            np.testing.assert_array_equal(network.w, RECURRENT)


@pytest.mark.parametrize("name", ["w", "curve", "recipe", "comment"])
def test_no_pickle_is_ever_opened(tmp_path: Path, name: str) -> None:
    trace = tmp_path / "executed"

    class Trap:
        def __reduce__(self) -> Any:
            return (Path.touch, (trace,))

    trap = np.empty(1, dtype=object)
    trap[0] = Trap()
    path = tmp_path / "trap.npz"
    npz(**{name: trap})(path)
    # The trap works: this is what the loader must not do.
    with np.load(path, allow_pickle=True) as held:
        _ = held[name]
    assert trace.exists()
    trace.unlink()
    if name == "comment":
        load_network(path)  # a name that means nothing is left unread
    else:
        with pytest.raises(ValueError, match=f"{name} is a pickled object"):
            load_network(path)
    for content in (pickle.dumps(Trap()), pickle.dumps(Trap(), protocol=0)):
        path.write_bytes(content)
        with pytest.raises(ValueError, match=r"a pickle, which could|not npz, HDF5"):
            load_network(path)
    assert not trace.exists()


def elsewhere(root: Any, other: Path, how: str) -> None:
    """Put what stands in another file in the place of the recurrent kernel."""
    place = "first/first/recurrent_kernel:0"
    del root[place]
    if how == "external link":
        root[place] = h5py.ExternalLink(other, "/array")
    elif how == "soft link":
        root["kept/bias:0"] = BIAS
        root[place] = h5py.SoftLink("/kept/bias:0")
    elif how == "raw file":
        root.create_dataset(place, (N, N), float, external=[(f"{other}.raw", 0, 8 * N * N)])
    elif how == "virtual":
        made = h5py.VirtualLayout((N, N), float)
        made[:] = h5py.VirtualSource(other, "array", (N, N))
        root.create_virtual_dataset(place, made)
    elif how == "linked group":
        del root["first"]
        root["first"] = h5py.ExternalLink(other, "/")


@pytest.mark.parametrize(
    "how", ["external link", "soft link", "raw file", "virtual", "linked group"]
)
def test_no_link_out_of_a_file_is_followed(tmp_path: Path, how: str) -> None:
    other, path = tmp_path / "other.h5", tmp_path / "network.h5"
    with h5py.File(other, "w") as root:
        root["array"] = RECURRENT
        put(root, "first", CELL)
    Path(f"{other}.raw").write_bytes(RECURRENT.tobytes())
    h5_with(lambda root: elsewhere(root, other, how))(path)
    # There is something to find, for a reader that follows.
    with h5py.File(path) as root:
        assert len(root["first" if how == "linked group" else "first/first/recurrent_kernel:0"]) > 0
    with pytest.raises(ValueError, match=r"is a link, which is not followed|kept elsewhere"):
        load_network(path, "tanh")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"nowhere\.npz: there is no such file"):
        load_network(tmp_path / "nowhere.npz")
    with pytest.raises(ValueError, match="path = None; give the path"):
        load_network(None)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "call, named, remedy",
    [
        (lambda path: save_network(path, RNN([[1.0]], [[1.0]])), "RNN", "Network(w, omega"),
        (
            lambda path: save_network(
                path, Network([[1.0]], [[1.0]], activation=Activation("tanh", np.sin, np.cos))
            ),
            "'tanh'",
            "a name of its own",
        ),
        (lambda path: Network([[1.0]], [[1.0]], recipe={"a": {1, 2}}), "{1, 2}", "plain numbers"),
        (lambda path: Network([[1.0]], [[1.0]], recipe={"a": np.nan}), "nan", "plain numbers"),
        (lambda path: Network([[1.0]], [[1.0]], recipe=[1]), "recipe = [1]", "give a dict"),
        (lambda path: Network([[1.0]], [[1.0]], delta=0.0), "delta = 0.0", "greater than 0"),
        (lambda path: Network([[1.0]], [[1.0]], curve=[np.inf]), "curve[0] is inf", "finite"),
        (lambda path: Network([[1.0]], [[1.0]], activation="none"), "'none'", "choose one of"),
        (lambda path: Network([[1.0]], [[1.0]]).output([1.0, 2.0]), "(2,)", "length 1"),
    ],
)
def test_wrong_uses(call: Callable[[Path], Any], named: str, remedy: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError) as caught:
        call(tmp_path / "network.npz")
    assert named in str(caught.value) and remedy in str(caught.value), str(caught.value)
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_missing_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nowhere"):
        save_network(tmp_path / "nowhere" / "network.npz", Network([[1.0]], [[1.0]]))
    assert not list(tmp_path.iterdir())
