"""Small twins of public networks: the same names, shapes and conventions, and their own steps.

Each is a file, the call that loads it, and the step and read-out of the tool that wrote it, in
NumPy alone and as that tool's code has them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from tests.helpers.networks import files

N, M, K, R = 7, 2, 3, 2
ALPHA = 0.1


def relu(x: Any) -> Any:
    return np.maximum(x, 0.0)


def logistic(x: Any) -> Any:
    return 1.0 / (1.0 + np.exp(-x))


@dataclass(frozen=True)
class Twin:
    """A file of another tool, and what that tool computes with it."""

    write: Callable[[Path], Path]
    start: Any
    step: Callable[[Any, Any], Any]
    output: Callable[[Any], Any] | None = None
    call: dict[str, Any] = field(default_factory=dict)
    w: Any = None


def drawn(*shape: int, seed: int, size: float = 1.0) -> Any:
    return (size * np.random.default_rng([7, seed]).standard_normal(shape)).astype("<f4")


def leaky(v: Any, target: Any) -> Any:
    return (1.0 - ALPHA) * v + ALPHA * target


CURRENT = {"form": "activation", "alpha": ALPHA}


def psychrnn(*, dale: bool) -> Twin:
    mask = (np.arange(N * N).reshape(N, N) % 4 > 0).astype("<f4")
    signs = np.diag([1, 1, 1, 1, 1, -1, -1]).astype("<f4") if dale else np.eye(N, dtype="<f4")
    w, w_in, w_out = drawn(N, N, seed=1), drawn(N, M, seed=2), drawn(K, N, seed=3)
    b, b_out, start = drawn(N, seed=4), drawn(K, seed=5), drawn(1, N, seed=6)
    arrays = {
        "init_state": start, "W_in": w_in, "W_rec": w, "W_out": w_out, "b_rec": b, "b_out": b_out,
        "Dale_rec": signs, "Dale_out": np.maximum(signs, 0), "rec_connectivity": mask,
        "input_connectivity": np.ones((N, M), "<f4"), "output_connectivity": np.ones((K, N), "<f4"),
        "W_rec/Adam": 1e-4 * w, "W_rec/Adam_1": w**2,
        "dale_ratio": np.array(0.7 if dale else None),
    }  # fmt: skip
    if dale:
        real = np.abs(w * mask) @ signs
        heard, told = np.abs(w_in), np.abs(w_out) @ np.maximum(signs, 0)
    else:
        real, heard, told = w * mask, w_in, w_out
    return Twin(
        lambda path: files.npz(path, arrays),
        start[0],
        lambda v, x: leaky(v, real @ relu(v) + heard @ x + b),
        lambda v: told @ relu(v) + b_out,
        {"activation": "relu", **CURRENT},
        real,
    )


def full_rank() -> Twin:
    w, w_inp, w_out = drawn(N, N, seed=11), drawn(M, N, seed=12), drawn(N, K, seed=13)
    start, into, out = drawn(1, N, seed=14), np.array([0.5], "<f4"), np.full((1, K), 4.0, "<f4")
    arrays = {
        "x0": start, "rnn.w_inp": w_inp, "rnn.w_rec": w, "rnn.w_out": w_out,
        "rnn.w_inp_scale": into, "rnn.w_out_scale": out,
    }  # fmt: skip
    return Twin(
        lambda path: files.torch_zip(path, arrays),
        start[0],
        lambda v, x: leaky(v, np.tanh(v) @ w.T + into * (x @ w_inp)),
        lambda v: out[0] * (np.tanh(v) @ w_out),
        {"activation": "tanh", **CURRENT},
        w,
    )


def low_rank(*, inputs: int) -> Twin:
    m, n, b = drawn(N, R, seed=21), drawn(R, N, seed=22), drawn(N, seed=23)
    w_inp, w_out, start = drawn(inputs, N, seed=24), drawn(N, K, seed=25), drawn(1, N, seed=26)
    ones = {"rnn.w_inp_scale": np.ones(1, "<f4"), "rnn.w_out_scale": np.ones((1, K), "<f4")}
    arrays = {
        "x0": start, "rnn.w_inp": w_inp, "rnn.m": m, "rnn.n": n, "rnn.b_rec": b,
        "rnn.w_out": w_out, **ones,
    }  # fmt: skip
    return Twin(
        lambda path: files.torch_zip(path, arrays),
        start[0],
        lambda v, x: leaky(v, relu(v + b) @ n.T @ m.T / N + x @ w_inp),
        lambda v: relu(v) @ w_out / N,
        {"activation": "relu", "scale": "1/N", **CURRENT},
        m.astype(float) @ n / N,
    )


def simple_rnn(*, archive: bool) -> Twin:
    kernel, recurrent, bias = (
        drawn(M, N, seed=31),
        drawn(N, N, seed=32, size=0.4),
        drawn(N, seed=33),
    )
    dense, dense_bias = drawn(N, K, seed=34), drawn(K, seed=35)
    config = files.sequential(
        ("InputLayer", {"name": "input"}),
        ("SimpleRNN", {"name": "simple_rnn", "units": N, "activation": "tanh"}),
        ("Dense", {"name": "dense", "units": K, "activation": "linear"}),
    )

    def write(path: Path) -> Path:
        if archive:
            cell = {"simple_rnn/cell": [kernel, recurrent, bias], "dense": [dense, dense_bias]}
            return files.keras_3(path, config, cell)
        layers = {
            "simple_rnn": {"kernel": kernel, "recurrent_kernel": recurrent, "bias": bias},
            "dense": {"kernel": dense, "bias": dense_bias},
        }
        return files.keras_2(path, config, layers)

    return Twin(
        write,
        np.zeros(N),
        lambda h, x: np.tanh(x @ kernel + h @ recurrent + bias),
        lambda h: h @ dense + dense_bias,
        w=recurrent.T,
    )


def valente() -> Twin:
    wi, si, wrec = drawn(M, N, seed=41), drawn(M, seed=42), drawn(N, N, seed=43, size=0.5)
    wo, so, h0, b = (drawn(N, K, seed=44), drawn(K, seed=45), drawn(N, seed=46), drawn(N, seed=47))
    arrays = {"wi": wi, "si": si, "wrec": wrec, "b": b, "wo": wo, "so": so, "h0": h0}
    return Twin(
        lambda path: files.torch_legacy(path, arrays),
        h0,
        lambda v, x: leaky(v, np.tanh(v + b) @ wrec.T + (x * si) @ wi),
        lambda v: (np.tanh(v) @ wo) * so,
        {"activation": "tanh", **CURRENT},
        wrec,
    )


def beiran() -> Twin:
    wi, si, m, n = (
        drawn(M, N, seed=51),
        np.ones(M, "<f4"),
        drawn(N, R, seed=52),
        drawn(N, R, seed=53),
    )
    wo, so, h0 = drawn(N, K, seed=54), drawn(K, seed=55), drawn(N, seed=56)
    arrays = {"wi": wi, "si": si, "m": m, "n": n, "wo": wo, "so": so, "h0": h0}
    return Twin(
        lambda path: files.torch_zip(path, arrays),
        h0,
        lambda v, x: leaky(v, 0.05 * (np.tanh(v) @ n @ m.T) + x @ wi),
        lambda v: 0.05 * (np.tanh(v) @ wo) * so,
        {"activation": "tanh", "scale": 0.05, **CURRENT},
        0.05 * m.astype(float) @ n.T,
    )


def nn_rnn(write: Any, prefix: str) -> Twin:
    w, omega = drawn(N, N, seed=61, size=0.4), drawn(N, M, seed=62)
    one, two, fc, fc_b = (
        drawn(N, seed=63), drawn(N, seed=64), drawn(K, N, seed=65), drawn(K, seed=66)
    )  # fmt: skip
    arrays = {
        f"{prefix}rnn.weight_ih_l0": omega, f"{prefix}rnn.weight_hh_l0": w,
        f"{prefix}rnn.bias_ih_l0": one, f"{prefix}rnn.bias_hh_l0": two,
        f"{prefix}fc.weight": fc, f"{prefix}fc.bias": fc_b,
    }  # fmt: skip
    return Twin(
        lambda path: write(path, arrays),
        np.zeros(N),
        lambda h, x: relu(omega @ x + one + w @ h + two),
        lambda h: fc @ h + fc_b,
        {"activation": "relu"},
        w,
    )


def leaky_cell() -> Twin:
    w, omega = drawn(N, N, seed=71, size=0.4), drawn(N, M, seed=72)
    one, two, fc = drawn(N, seed=73), drawn(N, seed=74), drawn(K, N, seed=75)
    arrays = {
        "rnn.input2h.weight": omega, "rnn.input2h.bias": one, "rnn.h2h.weight": w,
        "rnn.h2h.bias": two, "fc.weight": fc, "fc.bias": np.zeros(K, "<f4"),
    }  # fmt: skip
    return Twin(
        lambda path: files.safetensors(path, arrays),
        np.zeros(N),
        lambda h, x: leaky(h, logistic(omega @ x + one + w @ h + two)),
        lambda h: fc @ h,
        {"activation": "logistic", "form": "activity", "alpha": ALPHA},
        w,
    )


def in_matlab() -> Twin:
    w, omega, b, x0 = (
        drawn(N, N, seed=81), drawn(N, M, seed=82), drawn(N, 1, seed=83), drawn(N, 1, seed=84)
    )  # fmt: skip
    arrays = {"W_rec": w, "W_in": omega, "b_rec": b, "x0": x0, "activation": "tanh"}
    return Twin(
        lambda path: files.matlab(path, arrays),
        x0[:, 0],
        lambda v, x: leaky(v, w @ np.tanh(v) + omega @ x + b[:, 0]),
        call=dict(CURRENT),
        w=w,
    )


TWINS = {
    "psychrnn": psychrnn(dale=False), "psychrnn under Dale's law": psychrnn(dale=True),
    "phase-limit-cycle": full_rank(), "smc, one input": low_rank(inputs=1),
    "smc, two inputs": low_rank(inputs=2), "keras in HDF5": simple_rnn(archive=False),
    "keras archive": simple_rnn(archive=True), "valente": valente(), "beiran": beiran(),
    "nn.RNN": nn_rnn(files.torch_zip, ""), "nn.RNN inside": nn_rnn(files.torch_legacy, "model."),
    "nn.RNN in safetensors": nn_rnn(files.safetensors, ""), "a leaky cell": leaky_cell(),
    "matlab": in_matlab(),
}  # fmt: skip
