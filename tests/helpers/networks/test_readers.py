"""Files of other tools: each moves as the tool that wrote it does, or is asked about, or refused.

The environment variable RNN_FILES names a folder with public files and a reference.json, made from
them by NumPy alone; without it the twins of those files stand for them.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import io as scipy_io

from helpers import load_network, simulate
from helpers.networks.network import Network, save_network
from tests.helpers.networks import files
from tests.helpers.networks.twins import ALPHA, TWINS, K, M, N, R, Twin, drawn, leaky, relu

STEPS = 40
RNN_FILES = os.environ.get("RNN_FILES")
# One line of arguments at most: what the file does not say.
PUBLIC: dict[str, dict[str, Any]] = {
    "psychrnn-perceptual-discrimination.npz": {
        "activation": "relu", "form": "activation", "alpha": 0.1},
    "phase-limit-cycle-full-rank.pt": {
        "activation": "tanh", "form": "activation", "alpha": 0.1},
    "smc-random-dots-low-rank.pt": {
        "activation": "relu", "form": "activation", "alpha": 0.1, "scale": "1/N"},
    "smc-reach-low-rank.pt": {
        "activation": "relu", "form": "activation", "alpha": 0.1, "scale": "1/N"},
    "decision-delayed-response-orthogonal-bias.hdf5": {},
}  # fmt: skip


def driven(network: Network, steps: int = STEPS) -> Any:
    m = np.arange(network.omega.shape[1])
    x = np.array([np.sin(0.3 * k + m) / 2.0 for k in range(steps)])
    return simulate(network.map, network.start, x).h


@pytest.mark.skipif(RNN_FILES is None, reason="RNN_FILES names no folder of public networks")
@pytest.mark.parametrize("name", PUBLIC)
def test_a_public_file_moves_as_its_reference(name: str) -> None:
    folder = Path(str(RNN_FILES))
    known = json.loads((folder / "reference.json").read_text(encoding="utf-8"))[name]
    network = load_network(folder / name, **PUBLIC[name])
    last = driven(network)[-1]
    np.testing.assert_allclose(last[:4], known["state"], rtol=0, atol=1e-6)
    if "output" in known:
        np.testing.assert_allclose(network.output(last), known["output"], rtol=0, atol=1e-6)
    values = np.linalg.eigvals(network.w)
    if "radius" in known:
        assert abs(np.max(np.abs(values)) - known["radius"]) < 1e-6
    for real, imaginary in known.get("eigenvalues of w", ()):
        assert np.min(np.abs(values - (real + 1j * imaginary))) < 1e-6


@pytest.mark.parametrize("name", TWINS)
def test_a_twin_moves_as_the_tool_that_wrote_it(name: str, tmp_path: Path) -> None:
    twin = TWINS[name]
    network = load_network(twin.write(tmp_path / "file"), **twin.call)
    np.testing.assert_array_equal(network.start, twin.start)
    np.testing.assert_allclose(network.w, twin.w, rtol=1e-12, atol=1e-14)
    found, state = driven(network), np.asarray(twin.start, dtype=float)
    m = np.arange(network.omega.shape[1])
    for k in range(STEPS):
        state = twin.step(state, np.sin(0.3 * k + m) / 2.0)
        np.testing.assert_allclose(found[k + 1], state, rtol=1e-9, atol=1e-9)
    assert np.any(np.abs(found[-1] - twin.start) > 1e-3), "the twin stands still"
    if twin.output is None:
        assert network.readout.shape == (0, N)
    else:
        np.testing.assert_allclose(network.output(found[-1]), twin.output(state), atol=1e-9)
    leak = network.delta * network.rate * network.decay
    assert leak == pytest.approx(twin.call.get("alpha", 1.0), abs=1e-15)


@pytest.mark.parametrize("name", files.FLAT)
@pytest.mark.parametrize("kind", ["<f8", "<f4", "<f2"])
def test_every_format_holds_the_same_numbers(name: str, kind: str, tmp_path: Path) -> None:
    if (name, kind) == ("matlab", "<f2"):
        pytest.skip("MATLAB has no half precision")
    w, omega = drawn(N, N, seed=1).astype(kind), drawn(N, M, seed=2).astype(kind)
    arrays = {"W_rec": w, "W_in": np.asfortranarray(omega), "b_rec": drawn(N, seed=3).astype(kind)}
    path = files.FLAT[name](tmp_path / "file", arrays)
    network = load_network(path, "tanh", form="activity", alpha=0.2)
    np.testing.assert_array_equal(network.w, w)
    np.testing.assert_array_equal(network.omega, omega)
    np.testing.assert_array_equal(network.b, arrays["b_rec"])


def test_half_the_bits_of_single_precision(tmp_path: Path) -> None:
    w = drawn(N, N, seed=1)
    upper = (w.view("<u4") >> 16).astype("<u2")
    path = files.safetensors(tmp_path / "file", {"w_rec": upper.view("<f2")})
    path.write_bytes(path.read_bytes().replace(b'"F16"', b'"BF16"').replace(b'"}, "w', b'"},"w'))
    network = load_network(path, "tanh", form="activity", alpha=0.2)
    np.testing.assert_array_equal(network.w, (upper.astype("<u4") << 16).view("<f4"))
    np.testing.assert_allclose(network.w, w, rtol=2.0**-7)


# --- what a file does not say ---------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in TWINS if TWINS[name].call])
def test_what_a_file_does_not_say_is_asked_for_and_the_call_works(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    twin, asked = TWINS[name], []
    monkeypatch.chdir(tmp_path)
    path = twin.write(Path("file"))
    for left in twin.call:
        known = {word: value for word, value in twin.call.items() if word != left}
        with pytest.raises(ValueError, match="does not say its") as caught:
            load_network(path, **known)
        asked.append(str(caught.value))
        assert f"{left}=" in asked[-1] and "load_network('file', " in asked[-1]
    # All at once: the call that the message gives is one that answers everything.
    with pytest.raises(ValueError, match="does not say its") as caught:
        load_network(path)
    message = str(caught.value)
    assert all(f"{word}=" in message for word in twin.call) and len(message) < 600
    call = re.search(r"load_network\(.*\)", message)
    assert call is not None
    assert isinstance(eval(call[0], {"load_network": load_network}), Network)


def test_the_proposed_call_keeps_what_was_said(tmp_path: Path) -> None:
    arrays = {"w_rec": drawn(N, N, seed=1), "w_in": drawn(N, M, seed=2), "odd": drawn(N, seed=3)}
    path = files.npz(tmp_path / "file", arrays)
    said: dict[str, Any] = {"ignore": ("odd",), "delta": 0.5, "parts": {"w": "w_rec.T"}}
    with pytest.raises(ValueError, match="say it, for example: ") as caught:
        load_network(path, **said)
    call = re.search(r"load_network\(.*\)", str(caught.value))
    assert call is not None
    network = eval(call[0], {"load_network": load_network})
    assert network.delta == 0.5
    np.testing.assert_allclose(network.w, arrays["w_rec"].T)
    # Without what was said, the same call is refused.
    with pytest.raises(ValueError, match="odd"):
        eval(call[0].replace("ignore=('odd',), ", ""), {"load_network": load_network})


def test_the_choices_stand_in_the_question(tmp_path: Path) -> None:
    path = TWINS["smc, one input"].write(tmp_path / "file")
    with pytest.raises(ValueError) as caught:
        load_network(path)
    for choice in ("activity", "activation", "(0, 1]", "'1/N'", "relu", "tanh", "softplus"):
        assert choice in str(caught.value)
    # The wrong scale is no small matter, so it is never assumed.
    radius = {
        scale: np.max(np.abs(np.linalg.eigvals(network.w)))
        for scale in ("1/N", 1.0)
        for network in [load_network(path, "relu", form="activation", alpha=0.1, scale=scale)]
    }
    assert radius[1.0] == pytest.approx(N * radius["1/N"])


@given(
    alpha=st.one_of(
        st.floats(1e-3, 1.0), st.lists(st.floats(1e-3, 1.0), min_size=N, max_size=N).map(np.array)
    ),
    delta=st.one_of(st.none(), st.floats(1e-3, 1e3)),
    form=st.sampled_from(("activity", "activation")),
)
def test_alpha_and_delta_are_the_leak_and_the_time_of_a_step(
    tmp_path_factory: pytest.TempPathFactory, alpha: Any, delta: float | None, form: str
) -> None:
    w, omega, b = drawn(N, N, seed=1), drawn(N, M, seed=2), drawn(N, seed=3)
    path = files.npz(tmp_path_factory.mktemp("a") / "f", {"w_rec": w, "w_in": omega, "b": b})
    if np.ndim(alpha) and delta is None:
        with pytest.raises(ValueError, match=r"time step.*delta=0\.1"):
            load_network(path, "tanh", form=form, alpha=alpha)
        return
    network = load_network(path, "tanh", form=form, alpha=alpha, delta=delta)
    np.testing.assert_allclose(network.delta * network.rate * network.decay, alpha, rtol=1e-15)
    assert network.delta == (alpha if delta is None else delta) and network.decay == 1.0
    state, x = np.linspace(-1.0, 1.0, N), np.array([0.3, -0.2])
    if form == "activity":
        target = np.tanh(w @ state + omega @ x + b)
    else:
        target = w @ np.tanh(state) + omega @ x + b
    expected = (1.0 - alpha) * state + alpha * target
    np.testing.assert_allclose(network.map.step(state, x), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    "name, call, named, remedy",
    [
        ("keras in HDF5", {"alpha": 0.1}, "its alpha is 1.0", "leave it out"),
        ("keras in HDF5", {"form": "activation"}, "its form is 'activity'", "leave it out"),
        ("keras archive", {"activation": "relu"}, "its activation is 'tanh'", "leave it out"),
        ("nn.RNN", {"activation": "relu", "alpha": 0.5}, "its alpha is 1.0", "leave it out"),
        ("nn.RNN", {"activation": "relu", "scale": "1/N"}, "scale = '1/N'", "no m and n"),
        ("nn.RNN", {"activation": "relu", "layer": 1}, "layer = 1", "layer=0"),
        ("matlab", {"form": "current"}, "form = 'current'", "activity, activation"),
        ("psychrnn", {"activation": "relu", "form": "activation", "alpha": 2}, "2", "smaller"),
        ("psychrnn", {"activation": "relu", "form": "activation", "alpha": "x"}, "'x'", "number"),
        ("psychrnn", {"ignore": "dale_ratios"}, "'dale_ratios'", "'dale_ratio'"),
        ("psychrnn", {"parts": {"W": "W_rec"}}, "'W'", "readout"),
        ("psychrnn", {"parts": {"w": "W"}}, "'W'", "'W_rec'"),
        ("psychrnn", {"parts": ["w"]}, "['w']", "give a dict"),
        ("psychrnn", {"parts": {"w": 3}}, "w = 3", "give a name"),
        ("psychrnn", {"ignore": None}, "ignore = None", "give names"),
        ("psychrnn", {"layer": 0}, "layer = 0", "leave it out"),
        ("beiran", {**TWINS["beiran"].call, "scale": "N"}, "'N'", "1/N"),
        ("beiran", {**TWINS["beiran"].call, "scale": 0.0}, "0.0", "1/N"),
        ("valente", {**TWINS["valente"].call, "form": "activity"}, "inside", "as b"),
    ],
)
def test_what_contradicts_the_file_is_refused(
    name: str, call: dict[str, Any], named: str, remedy: str, tmp_path: Path
) -> None:
    path = TWINS[name].write(tmp_path / "file")
    with pytest.raises(ValueError) as caught:
        load_network(path, **call)
    assert named in str(caught.value) and remedy in str(caught.value), str(caught.value)


# --- silent errors of an earlier loader -----------------------------------------------------------


def test_names_like_ours_are_not_taken_for_a_step_of_one(tmp_path: Path) -> None:
    arrays = {
        "W_rec": [[0.5, 0.8], [0.9, 0.3]], "W_in": [[1.0], [0.0]], "b_rec": [0.0, 0.1],
        "Dale_rec": np.diag([1.0, -1.0]), "init_state": [[0.2, 0.1]],
    }  # fmt: skip
    path = files.npz(tmp_path / "file", arrays)
    with pytest.raises(ValueError, match="does not say its form"):
        load_network(path, "relu")
    network = load_network(path, "relu", form="activation", alpha=0.1)
    np.testing.assert_allclose(network.map.step(network.start, [0.0]), [0.182, 0.115], atol=1e-15)


DROPPED = (
    "b_in", "taus", "tau_rec", "leak", "gamma", "DT", "mask", "noise", "Dale_in", "connectivity",
)  # fmt: skip


@pytest.mark.parametrize("name", DROPPED)
def test_nothing_is_dropped_without_a_word(name: str, tmp_path: Path) -> None:
    arrays = {"W_rec": drawn(N, N, seed=1), "W_in": drawn(N, M, seed=2), name: drawn(N, seed=3)}
    path = files.npz(tmp_path / "file", arrays)
    call: dict[str, Any] = {"form": "activation", "alpha": 0.1}
    with pytest.raises(ValueError, match=rf"{name}.*ignore=\('{name}',\)"):
        load_network(path, "relu", **call)
    for ignore in (name, (name,), f"{name[:2]}*"):
        assert load_network(path, "relu", ignore=ignore, **call).w.shape == (N, N)


def test_one_layer_of_two_is_not_the_whole(tmp_path: Path) -> None:
    shapes = ((N, M), (N, N), (N, N), (N, N))
    drawings = [drawn(*shape, seed=seed).astype(float) for seed, shape in enumerate(shapes)]
    layers = [drawings[:2], drawings[2:]]
    arrays = {
        f"rnn.weight_{part}_l{k}": array
        for k, pair in enumerate(layers)
        for part, array in zip(("ih", "hh"), pair, strict=True)
    } | {"fc.weight": drawn(K, N, seed=5)}
    path = files.torch_zip(tmp_path / "file", arrays)
    with pytest.raises(ValueError, match=r"rnn\.weight_hh_l0.*layer=0 to 1"):
        load_network(path, "tanh")
    for layer in (0, "l0"):
        first = load_network(path, "tanh", layer=layer)
        np.testing.assert_array_equal(first.w, layers[0][1])
        assert first.readout.shape == (0, N)
    last = load_network(path, "tanh", layer=1)
    np.testing.assert_array_equal(last.omega, layers[1][0])
    np.testing.assert_array_equal(last.readout, arrays["fc.weight"])
    # One feeds the other: together they are the module.
    h, g = np.zeros(N), np.zeros(N)
    mine, yours = np.zeros(N), np.zeros(N)
    for k in range(5):
        x = np.array([np.sin(k), 0.5])
        h = np.tanh(layers[0][0] @ x + layers[0][1] @ h)
        g = np.tanh(layers[1][0] @ h + layers[1][1] @ g)
        mine = first.map.step(mine, x)
        yours = last.map.step(yours, mine)
    np.testing.assert_allclose(yours, g, atol=1e-12)


def test_row_vectors_are_turned_together(tmp_path: Path) -> None:
    w, omega, out = drawn(N, N, seed=1), drawn(M, N, seed=2), drawn(N, K, seed=3)
    arrays = {"w": w, "omega": omega, "readout": out, "activation": "tanh"}
    path = files.npz(tmp_path / "file", arrays)
    with pytest.raises(ValueError, match="act on row vectors") as caught:
        load_network(path)
    together, alone = re.findall(r"parts=(\{.*?\})", str(caught.value))
    rows = load_network(path, parts=eval(together))
    h, x = drawn(N, seed=4).astype(float), drawn(M, seed=5).astype(float)
    np.testing.assert_allclose(rows.map.step(h, x), np.tanh(h @ w + x @ omega), atol=1e-12)
    np.testing.assert_allclose(rows.output(h), h @ out, atol=1e-12)
    mixed = load_network(path, parts=eval(alone))
    np.testing.assert_allclose(mixed.map.step(h, x), np.tanh(w @ h + x @ omega), atol=1e-12)


@pytest.mark.parametrize("archive", [False, True])
def test_the_configuration_is_read(archive: bool, tmp_path: Path) -> None:
    cell = [drawn(M, N, seed=1), drawn(N, N, seed=2), drawn(N, seed=3)]
    dense = [drawn(N, K, seed=4), drawn(K, seed=5)]

    def write(simple: dict[str, Any], final: str = "linear", kind: str = "SimpleRNN") -> Path:
        config = files.sequential(
            (kind, {"name": "simple_rnn", "activation": "tanh", "units": N, **simple}),
            ("Dense", {"name": "dense", "activation": final}),
        )
        if archive:
            return files.keras_3(tmp_path / "f", config, {"simple_rnn/cell": cell, "dense": dense})
        names = ("kernel", "recurrent_kernel", "bias")
        parts = {"simple_rnn": dict(zip(names, cell, strict=True))}
        parts["dense"] = {"kernel": dense[0], "bias": dense[1]}
        return files.keras_2(tmp_path / "f", config, parts)

    assert load_network(write({})).w.shape == (N, N)
    with pytest.raises(ValueError, match=r"dense\.activation.*'sigmoid'.*\.output"):
        load_network(write({}, "sigmoid"))
    linear = load_network(tmp_path / "f", ignore="dense.activation")
    np.testing.assert_array_equal(linear.readout, dense[0].T)
    with pytest.raises(ValueError, match=r"simple_rnn\.go_backwards.*from the end"):
        load_network(write({"go_backwards": True}))
    with pytest.raises(ValueError, match=r"simple_rnn has 9 units, and its weights 7"):
        load_network(write({"units": 9}))
    for gated in ("GRU", "LSTM", "Bidirectional", "LeakyCell"):
        with pytest.raises(ValueError, match=gated):
            load_network(write({}, kind=gated))
    assert load_network(write({"activation": "softplus"})).activation.name == "softplus"


def test_a_leaky_cell_of_ones_own_is_told_by_parts(tmp_path: Path) -> None:
    kernel, recurrent, bias = drawn(M, N, seed=1), drawn(N, N, seed=2), drawn(N, seed=3)
    inside = {"class_name": "LeakyCell", "config": {"units": N}}
    config = files.sequential(("RNN", {"name": "rnn", "cell": inside}))
    path = files.keras_3(tmp_path / "file", config, {"rnn/cell": [kernel, recurrent, bias]})
    with pytest.raises(ValueError, match=r"LeakyCell.*parts="):
        load_network(path, "relu")
    at = "layers/rnn/cell/vars/"
    parts = {"w": f"{at}1.T", "omega": f"{at}0.T", "b": f"{at}2"}
    with pytest.raises(ValueError, match="does not say its form"):
        load_network(path, "relu", parts=parts)
    network = load_network(path, "relu", form="activity", alpha=ALPHA, parts=parts)
    h, x = drawn(N, seed=4).astype(float), drawn(M, seed=5).astype(float)
    expected = leaky(h, relu(x @ kernel + h @ recurrent + bias))
    np.testing.assert_allclose(network.map.step(h, x), expected, atol=1e-12)
    # Without a configuration the names alone would pass for those of a SimpleRNN.
    path = files.keras_2(
        tmp_path / "weights", None, {"mine": {"kernel": kernel, "recurrent_kernel": recurrent}}
    )
    with pytest.raises(ValueError, match="does not say its form"):
        load_network(path, "relu")


def test_a_leak_in_the_file_is_a_rate_and_the_weights_stay(tmp_path: Path) -> None:
    w, omega = drawn(N, N, seed=1), drawn(N, M, seed=2)
    arrays = {"w_rec": w, "w_in": omega, "alpha": 0.01, "delta": 0.2, "activation": "tanh"}
    network = load_network(files.npz(tmp_path / "f", arrays), form="activity")
    # A caller who measures time so that decay is 1 finds it so already.
    np.testing.assert_array_equal(network.w, w)
    assert (network.decay, network.delta) == (1.0, 0.2)
    assert network.delta * network.rate == pytest.approx(0.01, rel=1e-15)
    h = drawn(N, seed=3).astype(float)
    expected = 0.99 * h + 0.01 * np.tanh(w @ h)
    np.testing.assert_allclose(network.map.step(h), expected, atol=1e-12)


# --- what is refused by what it is ----------------------------------------------------------------


def gates(times: int, leaf: str = "weight_hh_l0") -> dict[str, Any]:
    ih = leaf.replace("hh", "ih")
    return {f"rnn.{ih}": drawn(times * N, M, seed=1), f"rnn.{leaf}": drawn(times * N, N, seed=2)}


def a_module() -> bytes:
    return b"\x80\x02c__main__\nNet\n)\x81}b."


def calling(what: str) -> bytes:
    module, name = what.rsplit(".", 1)
    return b"\x80\x02c" + f"{module}\n{name}\n".encode() + files.several(files.text("true")) + b"R."


W = {"w_rec": drawn(N, N, seed=1)}
REFUSED: dict[str, tuple[Any, str, str]] = {
    "a GRU": (lambda p: files.torch_zip(p, gates(3)), "a GRU", "Map(step, delta"),
    "an LSTM": (lambda p: files.safetensors(p, gates(4)), "an LSTM", "Map(step, delta"),
    "a GRU cell": (lambda p: files.torch_zip(p, gates(3, "weight_hh")), "a GRU", "Map(step"),
    "bidirectional": (
        lambda p: files.torch_zip(p, gates(1) | gates(1, "weight_hh_l0_reverse")),
        "bidirectional",
        "forwards",
    ),
    "a pickled module": (
        lambda p: files.torch_zip(p, {}, pickle=calling("__main__.Net")),
        "__main__.Net",
        "net.state_dict()",
    ),
    "a module in steps of another kind": (
        lambda p: files.torch_zip(p, {}, pickle=a_module()),
        "NEWOBJ",
        "net.state_dict()",
    ),
    "a module in an old file": (
        lambda p: files.torch_legacy(p, {}, pickle=calling("__main__.Net")),
        "__main__.Net",
        "net.state_dict()",
    ),
    "a command": (
        lambda p: files.torch_zip(p, {}, pickle=calling("os.system")),
        "os.system",
        "not run",
    ),
    "no state dict": (
        lambda p: files.torch_zip(p, {}, pickle=b"\x80\x02]."),
        "no state dict",
        "net.state_dict()",
    ),
    "TorchScript": (lambda p: with_member(files.torch_zip(p, W), "net/constants.pkl"), "program",
                    "state_dict"),
    "an unbuilt model": (
        lambda p: files.keras_2(p, files.sequential(("SimpleRNN", {"activation": "tanh"})), {}),
        "before it was built",
        "model(x)",
    ),
    "a Git LFS pointer": (
        lambda p: p.write_bytes(b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n"),
        "Git LFS",
        "git lfs pull",
    ),
    "JLD2": (
        lambda p: p.write_bytes(b"HDF5-based Julia Data Format, version 0.1.1".ljust(512, b"\0")),
        "JLD2",
        "NPZ.jl",
    ),
    "MATLAB 7.3": (lambda p: p.write_bytes(b"MATLAB 7.3 MAT-file, Platform"), "7.3", '"-v7"'),
    "two matrices": (
        lambda p: files.npz(p, W | {"wrec": drawn(N, N, seed=2)}), "'wrec'", "keep one"),
    "two modules": (
        lambda p: files.torch_zip(
            p, {f"{half}.weight_hh_l0": drawn(N, N, seed=1) for half in ("encoder", "decoder")}
        ),
        "encoder.weight_hh_l0",
        "layer=0 to 1",
    ),
    "two linear layers": (
        lambda p: files.torch_zip(
            p, gates(1) | {f"{out}.weight": drawn(K, N, seed=3) for out in ("fc", "out")}
        ),
        "['fc', 'out']",
        'parts={"readout": "fc.weight"}',
    ),
    "a layer before": (
        lambda p: files.torch_zip(p, gates(1) | {"embed.weight": drawn(M, K, seed=3)}),
        "'embed.weight': (2, 3)",
        "ignore=('embed.weight',)",
    ),
    "low rank without the other half": (
        lambda p: files.npz(p, {"m": drawn(N, R, seed=1), "W_in": drawn(N, M, seed=2)}),
        "no w among",
        "parts=",
    ),
    "a rank that is full": (
        lambda p: files.npz(p, {"m": drawn(N, N, seed=1), "n": drawn(N, N, seed=2)}),
        "m has shape (7, 7)",
        "store w itself",
    ),
    "signs that may do nothing": (
        lambda p: files.npz(p, {"W_rec": -np.eye(N), "Dale_rec": np.eye(N)}),
        "Dale_rec has no negative sign",
        'ignore=("Dale_*",)',
    ),
    "a struct": (lambda p: files.matlab(p, {"W_rec": {"a": 1.0}}), "a struct", "array of numbers"),
    "numbers that are complex": (
        lambda p: files.matlab(p, {"W_rec": 1j * np.eye(N)}), "W_rec is of kind", "real numbers"),
}  # fmt: skip


def with_member(path: Path, name: str) -> Path:
    import zipfile

    with zipfile.ZipFile(path, "a") as file:
        file.writestr(name, b"")
    return path


@pytest.mark.parametrize("which", REFUSED)
def test_a_file_is_refused_by_what_it_is_with_a_way_on(
    which: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, named, remedy = REFUSED[which]
    monkeypatch.chdir(tmp_path)
    write(Path("file"))
    before = Path("file").read_bytes()
    scale = "1/N" if "rank" in which else None
    with pytest.raises(ValueError) as caught:
        load_network("file", "tanh", form="activity", alpha=1.0, scale=scale)
    message = str(caught.value)
    assert message.startswith("file: ") and named in message and remedy in message, message
    assert len(message) < 400 and os.listdir() == ["file"] and Path("file").read_bytes() == before


def test_no_step_of_a_pickle_is_taken(tmp_path: Path) -> None:
    trace = tmp_path / "executed"
    for protocol in (files.torch_zip, files.torch_legacy):
        call = calling("os.mkdir").replace(files.text("true"), files.text(str(trace)))
        import pickle as trap

        trap.loads(call)  # the trap works
        trace.rmdir()
        with pytest.raises(ValueError, match=r"os\.mkdir"):
            load_network(protocol(tmp_path / "file", {}, pickle=call), "tanh")
        assert not trace.exists()


def test_what_a_trainer_keeps_is_left_alone(tmp_path: Path) -> None:
    twin = TWINS["nn.RNN"]
    inside = {"state_dict": files.state({"rnn.weight_hh_l0": drawn(N, N, seed=1)})[2:-1]}
    assert isinstance(twin, Twin)
    more = {
        "epoch": files.whole(3), "best": files.whole(1), "optimizer": b"}" + files.text("lr")
        + b"G?\xf0\0\0\0\0\0\0s",
    }  # fmt: skip
    pickle = files.state(inside | more, metadata=False)
    path = files.torch_zip(tmp_path / "f", {"w": drawn(N, N, seed=1)}, pickle=pickle)
    with pytest.raises(ValueError, match=r"'best'.*ignore=\('best',\)"):
        load_network(path, "tanh")
    network = load_network(path, "tanh", ignore="best")
    np.testing.assert_array_equal(network.w, drawn(N, N, seed=1))
    assert network.omega.shape == (N, 0)


@pytest.mark.parametrize("archive", [False, True])
def test_stacked_layers_of_keras_go_by_place_and_by_name(archive: bool, tmp_path: Path) -> None:
    low = [drawn(M, N, seed=1), drawn(N, N, seed=2, size=0.4), drawn(N, seed=3)]
    high = [drawn(N, N, seed=4), drawn(N, N, seed=5, size=0.4), drawn(N, seed=6)]
    dense = [drawn(N, K, seed=7), drawn(K, seed=8)]
    options = {"activation": "tanh", "units": N}
    config = files.sequential(
        ("SimpleRNN", {"name": "zero", **options}),
        ("SimpleRNN", {"name": "one", **options}),
        ("Dense", {"name": "out", "activation": "linear"}),
    )
    names = ("kernel", "recurrent_kernel", "bias")
    if archive:
        groups = {"simple_rnn/cell": low, "simple_rnn_1/cell": high, "dense": dense}
        path = files.keras_3(tmp_path / "file", config, groups)
    else:
        parts = {"zero": dict(zip(names, low, strict=True))}
        parts |= {"one": dict(zip(names, high, strict=True))}
        parts["out"] = {"kernel": dense[0], "bias": dense[1]}
        path = files.keras_2(tmp_path / "file", config, parts)
    with pytest.raises(ValueError, match=r"zero.*layer=0 to 1"):
        load_network(path)
    for layer, kernel, k in (
        (0, low[1], 0),
        ("zero", low[1], 0),
        (1, high[1], K),
        ("one", high[1], K),
    ):
        network = load_network(path, layer=layer)
        np.testing.assert_array_equal(network.w, kernel.T)
        assert network.readout.shape == (k, N)
    for wrong in (2, -1, True, "three", "o"):
        with pytest.raises(ValueError, match="its recurrent layers are"):
            load_network(path, layer=wrong)


def test_a_bidirectional_layer_of_keras_is_none(tmp_path: Path) -> None:
    cell = [drawn(M, N, seed=1), drawn(N, N, seed=2)]
    config = files.sequential(("Bidirectional", {"name": "b"}))
    groups = {f"bidirectional/{way}_layer/cell": cell for way in ("backward", "forward")}
    path = files.keras_3(tmp_path / "file", config, groups)
    with pytest.raises(ValueError, match=r"Bidirectional layer.*forwards"):
        load_network(path, "tanh")


def test_parts_name_masks_signs_scales_and_sums(tmp_path: Path) -> None:
    w, omega, mask = drawn(N, N, seed=1), drawn(N, M, seed=2), np.eye(N) < 0.5
    sign, scale = np.where(np.arange(N) < 5, 1.0, -1.0), drawn(M, seed=3)
    arrays = {
        "core/kernel": w, "core/input": omega, "core/mask": mask, "core/sign": sign,
        "core/gain": scale, "core/first": drawn(N, seed=4), "core/second": drawn(N, seed=5),
        "core/out": drawn(N, K, seed=6), "core/out_gain": drawn(K, seed=7),
    }  # fmt: skip
    names = {
        "w": "core/kernel", "omega": "core/input", "w_mask": "core/mask", "w_sign": "core/sign",
        "omega_scale": "core/gain", "b": ("core/first", "core/second"), "readout": "core/out.T",
        "readout_scale": "core/out_gain",
    }  # fmt: skip
    path = files.npz(tmp_path / "file", arrays)
    call: dict[str, Any] = {"activation": "tanh", "form": "activation", "alpha": 0.1}
    network = load_network(path, parts=names, **call)
    exact = {name: array.astype(float) for name, array in arrays.items()}
    np.testing.assert_array_equal(network.w, np.abs(exact["core/kernel"]) * sign * mask)
    np.testing.assert_array_equal(network.omega, exact["core/input"] * exact["core/gain"])
    np.testing.assert_array_equal(network.b, exact["core/first"] + exact["core/second"])
    expected = exact["core/out_gain"][:, None] * exact["core/out"].T
    np.testing.assert_array_equal(network.readout, expected)
    # A name that is left out is asked about, also where the caller has named the others.
    del names["w_mask"]
    with pytest.raises(ValueError, match="'core/mask'"):
        load_network(path, parts=names, **call)


def test_a_file_of_ours_says_its_form_and_its_step(tmp_path: Path) -> None:
    path = tmp_path / "ours.npz"
    save_network(path, Network(np.eye(N), np.ones((N, M)), decay=0.5, delta=0.2))
    for wrong in ({"form": "activation"}, {"alpha": 0.5}, {"delta": 1.0}):
        with pytest.raises(ValueError, match="leave it out"):
            load_network(path, **wrong)
    same = load_network(path, "tanh", form="activity", alpha=0.1, delta=0.2)
    assert (same.form, same.decay, same.delta, same.origin) == ("activity", 0.5, 0.2, None)
    # By hand, under our names: the activation is asked for, form and step have their defaults.
    files.npz(path, {"w": np.eye(N), "omega": np.ones((N, M))})
    with pytest.raises(ValueError, match="does not say its activation"):
        load_network(path)
    plain = load_network(path, "relu")
    assert (plain.form, plain.delta, plain.rate, plain.decay) == ("activity", 1.0, 1.0, 1.0)
    told = load_network(path, "relu", form="activation", alpha=0.25)
    assert (told.form, told.delta, told.rate, told.decay) == ("activation", 0.25, 1.0, 1.0)


@pytest.mark.parametrize("packed", [False, True])
def test_a_mat_file_holds_what_scipy_reads_in_it(packed: bool, tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    # MATLAB and scipy store whole numbers of any class in as few bytes as hold them.
    arrays = {
        "double": rng.standard_normal((N, N)), "single": drawn(N, N, seed=1),
        "whole": np.round(3.0 * rng.standard_normal((N, N))), "int8": np.eye(N, dtype="i1"),
        "uint64": np.arange(N * N, dtype="u8").reshape(N, N), "logical": np.eye(N) > 0.5,
        "one": np.array([[2.5]]), "longer_than_eight": rng.standard_normal((N, N)),
    }  # fmt: skip
    path = files.matlab(tmp_path / "file", arrays, packed=packed)
    known = scipy_io.loadmat(path, appendmat=False)
    for name in arrays:
        others = tuple(other for other in arrays if other != name)
        call: dict[str, Any] = {"activation": "tanh", "form": "activity", "alpha": 1.0}
        network = load_network(path, parts={"w": name}, ignore=others, **call)
        np.testing.assert_array_equal(network.w, known[name])


def test_only_what_a_trainer_keeps_goes_by_its_name(tmp_path: Path) -> None:
    kept = (
        "optimizer_state",
        "optim.lr",
        "rnn/W_rec/Adam_1",
        "beta1_power",
        "model.epoch",
        "losses",
    )
    for name in kept:
        arrays = {"W_rec": drawn(N, N, seed=1), name: drawn(N, seed=2)}
        load_network(files.npz(tmp_path / "f", arrays), "tanh", form="activity", alpha=1.0)
    for name in ("optimal.weight", "momentum_gain", "adaptation", "epoch.gain", "lossy"):
        arrays = {"W_rec": drawn(N, N, seed=1), name: drawn(N, seed=2)}
        with pytest.raises(ValueError, match=re.escape(name)):
            load_network(files.npz(tmp_path / "f", arrays), "tanh", form="activity", alpha=1.0)


def test_names_that_nobody_knows_are_listed_in_full(tmp_path: Path) -> None:
    names = [f"module.layers.{k}.a_long_name.weight" for k in range(30)]
    arrays = {name: drawn(N, N, seed=k) for k, name in enumerate(names)}
    call: dict[str, Any] = {"activation": "tanh", "form": "activity", "alpha": 0.1}
    with pytest.raises(ValueError, match=r"no w among .* and 6 more; say which") as caught:
        load_network(files.torch_zip(tmp_path / "f", arrays), **call)
    assert all(f"{name} ({N}, {N})" in str(caught.value) for name in sorted(names)[:24])
    with pytest.raises(ValueError, match=r"module\.layers\.\d+\.a_long_name"):
        load_network(tmp_path / "f", parts={"w": names[0]}, **call)
    network = load_network(tmp_path / "f", parts={"w": names[4]}, ignore="module.*", **call)
    np.testing.assert_array_equal(network.w, arrays[names[4]])
