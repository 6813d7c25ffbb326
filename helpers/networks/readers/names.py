"""What files call the parts of a network: families of names, and which way their matrices act.

A family is a way to write a recurrent cell that public code shares: its names, and which of its
matrices act on row vectors. No family says the form, the leak or the activation, unless its layer
does: those are asked for.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from helpers.dynamics._checks import shown
from helpers.networks.readers.contents import Found, Stored

# What parts= may name. A mask multiplies, a sign is Dale's, a scale multiplies inputs or outputs.
PARTS = (
    "w", "m", "n", "omega", "b", "inside", "readout", "readout_bias", "start", "w_mask",
    "omega_mask", "readout_mask", "w_sign", "readout_sign", "omega_scale", "readout_scale",
)  # fmt: skip
OWN = (
    "w", "omega", "b", "readout", "readout_bias", "start", "inside", "form", "activation", "delta",
    "rate", "decay", "alpha", "noise", "recipe", "curve", "origin",
)  # fmt: skip
HARMLESS = {
    "author", "comment", "comments", "curve", "date", "description", "epoch", "epochs",
    "global_step", "history", "license", "loss", "losses", "name", "num_batches_tracked", "recipe",
    "seed", "version",
}  # fmt: skip
TRAINER = re.compile(
    r"(adam|rmsprop|momentum|adagrad|beta[12]_power)(_\d+)?|(lr_)?scheduler\w*"
    r"|optim(izers?)?(_states?(_dict)?|_weights|_dict)?"
)
# Linear layers that are a read-out; any other is named by parts=.
LINEAR = (
    "decoder", "dense", "fc", "fc_out", "h2o", "head", "lin", "linear", "linear_out", "out",
    "output", "output_layer", "proj", "readout", "readout_layer",
)  # fmt: skip


@dataclass(frozen=True)
class Family:
    """The names of a kind of cell; the first that is there counts, "+" adds, ".T" acts on rows."""

    marks: tuple[str, ...]  # each of several, one of each
    parts: dict[str, str]
    scaled: bool = False


COMMON = {
    "w": "w W w_rec W_rec wrec Wrec w_hh W_hh J",
    "omega": "omega w_in W_in win Win w_inp W_inp w_input W_input w_ih W_ih",
    "b": "b b_rec bias bias_rec",
    "readout": "readout w_out W_out wout Wout",
    "readout_bias": "readout_bias b_out bias_out",
    "start": "start h0 x0 init_state initial_state y_init",
    "w_mask": "rec_connectivity",
    "omega_mask": "input_connectivity",
    "readout_mask": "output_connectivity",
    "w_sign": "Dale_rec",
    "readout_sign": "Dale_out",
    "dale": "dale_ratio",
    "form": "form",
    "activation": "activation",
    "delta": "delta",
    "decay": "decay",
    "alpha": "alpha",
}
ROWS = {
    "omega": "w_inp.T", "omega_scale": "w_inp_scale", "readout": "w_out.T",
    "readout_scale": "w_out_scale", "start": "x0 h0",
}  # fmt: skip
VALENTE = {
    "omega": "wi.T", "omega_scale": "si", "readout": "wo.T", "readout_scale": "so",
    "inside": "b", "start": "h0 x0",
}  # fmt: skip
LOW_RANK = {"m": "m", "n": "n"}
FAMILIES = (
    # Two biases, of the input and of the state.
    Family(("h2h.weight",), {"w": "h2h.weight", "omega": "input2h.weight i2h.weight",
                             "b": "input2h.bias+h2h.bias i2h.bias+h2h.bias h2h.bias"}),
    Family(("weight_hh",), {"w": "weight_hh", "omega": "weight_ih",
                            "b": "bias_ih+bias_hh bias_hh bias_ih"}),
    # mackelab, Valente, Beiran: W on columns, input and read-out on rows, sigma(x + b).
    Family(("w_inp", "w_inp_scale", "m", "n"), ROWS | LOW_RANK | {"inside": "b_rec"}, True),
    Family(("w_inp", "w_inp_scale", "w_rec"), ROWS | {"w": "w_rec"}),
    Family(("wi", "m", "n"), VALENTE | LOW_RANK, True),
    Family(("wi", "wrec"), VALENTE | {"w": "wrec"}),
    Family((COMMON["w"],), COMMON),
    Family(("m", "n"), {part: name for part, name in COMMON.items() if part != "w"} | LOW_RANK),
)  # fmt: skip
LISTED = 24  # names in a message
LAYER = {"w": "weight_hh", "omega": "weight_ih", "b": "bias_ih bias_hh"}
STACK = re.compile(r"(?:(.*)\.)?weight_hh_l(\d+)(_reverse)?")


def bare(name: str) -> str:
    """Return a name as families write it: dots, and no :0 behind it."""
    return name.replace("/", ".").removesuffix(":0")


def harmless(name: str) -> bool:
    """Say whether a name is of what a trainer keeps beside the weights."""
    pieces = bare(name).lower().split(".")
    return pieces[-1] in HARMLESS or any(TRAINER.fullmatch(piece) for piece in pieces)


def gate(name: str, shape: tuple[int, ...], rows: bool = False) -> None:
    """Raise ValueError if a recurrent matrix has several blocks, as gated layers have."""
    long, n = (shape[::-1] if rows else shape) if len(shape) == 2 else (1, 1)
    if long != n:
        kind = {3 * n: "a GRU", 4 * n: "an LSTM"}.get(long, "a gated layer")
        raise ValueError(
            f"{name} has shape {shape}, as {kind} has; its gates are not of the form of equation "
            "(2). Wrap its step and study that: Map(step, delta, n_units, n_inputs)"
        )


def find(arrays: Mapping[str, Stored], layer: Any, told: bool) -> Found:
    """Return which of the arrays of a file are which parts of a network.

    Where the caller has told which is the recurrent matrix, the rest is what has a usual name.
    """
    known = {bare(name): name for name in arrays if not harmless(name)}
    if {"w", "omega"} <= set(known.values()) <= set(OWN):
        return Found({name: (name,) for name in OWN if name in arrays}, own=True)
    if told:
        hits = {part: _hits(known, spelled) for part, spelled in COMMON.items()}
        return Found({part: _filed(known, h) for part, h in hits.items() if len(h) == 1})
    if stacks := [match for match in map(STACK.fullmatch, known) if match]:
        return _stacked(known, arrays, stacks, layer)
    if layer is not None:
        raise ValueError(f"layer = {layer!r}; the file has one layer, so leave it out")
    for family in FAMILIES:
        if all(_hits(known, mark) for mark in family.marks):
            return _of(family, known, arrays)
    raise ValueError(
        f"no w among {_listed(arrays)}; say which name is which part: "
        'parts={"w": "...", "omega": "...", "b": "..."}'
    )


def _listed(arrays: Mapping[str, Stored]) -> str:
    """Return names and shapes, in full, since parts= asks for them: there may be no other tool."""
    names = sorted(name for name in arrays if not harmless(name))
    told = ", ".join(f"{name} {arrays[name].shape}" for name in names[:LISTED])
    return told + (f" and {len(names) - LISTED} more" if len(names) > LISTED else "")


def _of(family: Family, known: dict[str, str], arrays: Mapping[str, Stored]) -> Found:
    first = "w" if "w" in family.parts else "m"
    home = _prefix(_chosen(known, family.parts[first], None)[0])
    chosen = {part: _chosen(known, spelled, home) for part, spelled in family.parts.items()}
    names = {part: _filed(known, hits) for part, hits in chosen.items() if hits}
    if "w" in names:
        gate(names["w"][0], arrays[names["w"][0]].shape)
    if "readout" not in names:
        names |= _linear(known)
    return Found(names, scaled=family.scaled)


def _hits(known: dict[str, str], spelled: str) -> list[str]:
    """Return the names that one of several spellings fits, with ".T" where the spelling has it."""
    return [
        name + one[len(one.removesuffix(".T")) :]
        for one in spelled.split()
        for name in known
        if f".{name}".endswith(f".{one.removesuffix('.T')}")
    ]


def _chosen(known: dict[str, str], spelled: str, home: str | None) -> list[str]:
    """Return the names of one part: one name, or all those of the first sum that is there."""
    for choice in spelled.split():
        sums = [_hits(known, one) for one in choice.split("+")]
        if "+" in choice and all(sums):
            return [near for hits in sums for near in _near(hits, home)]
    return _near(_hits(known, " ".join(c for c in spelled.split() if "+" not in c)), home)


def _near(hits: list[str], home: str | None) -> list[str]:
    """Return the one hit there is, or the one beside the recurrent matrix."""
    if len(hits) > 1:
        hits = [hit for hit in hits if _prefix(hit) == home] or hits
    if len(hits) > 1:
        raise ValueError(
            f"{hits} are two names for one thing; keep one of them, or say which: parts={{...}}"
        )
    return hits


def _prefix(name: str) -> str:
    return name.removesuffix(".T").rpartition(".")[0]


def _filed(known: dict[str, str], hits: list[str]) -> tuple[str, ...]:
    """Return names as they stand in the file, ".T" kept."""
    return tuple(
        known[hit] if hit in known else known[hit.removesuffix(".T")] + ".T" for hit in hits
    )


def _linear(known: dict[str, str]) -> dict[str, tuple[str, ...]]:
    """Return the read-out among the linear layers of a module, by the usual names for one."""
    layers = [name.removesuffix(".weight") for name in known if name.endswith(".weight")]
    outs = [name for name in layers if name.rpartition(".")[2] in LINEAR]
    if len(outs) > 1:
        raise ValueError(
            f"{shown(outs)} are {len(outs)} linear layers, and only one is read; say which: "
            f'parts={{"readout": "{known[outs[0] + ".weight"]}"}} and ignore= the others'
        )
    parts = {"readout": "weight", "readout_bias": "bias"}
    return {
        part: (known[f"{out}.{leaf}"],)
        for out in outs
        for part, leaf in parts.items()
        if f"{out}.{leaf}" in known
    }


def _stacked(
    known: dict[str, str], arrays: Mapping[str, Stored], stacks: list[re.Match[str]], layer: Any
) -> Found:
    """Return one layer of an nn.RNN, whose step is h+ = sigma(w h + b + omega x)."""
    if any(match[3] for match in stacks):
        raise ValueError(
            f"{known[stacks[0][0]]} has a partner that is called _reverse: it is bidirectional and "
            "reads its input from the end too, which no map of one step does; train it forwards"
        )
    for match in stacks:
        gate(known[match[0]], arrays[known[match[0]]].shape)
    places = [(match[1] or "", int(match[2])) for match in stacks]
    home, k = places[picked([_dotted(*place) for place in places], layer)]
    names = {
        part: tuple(known[n] for leaf in leaves.split() if (n := _dotted(home, k, leaf)) in known)
        for part, leaves in LAYER.items()
    }
    others = {known[n] for n in known if re.fullmatch(r"(.*\.)?(weight|bias)_[ih]h_l\d+", n)}
    linear = _linear(known)
    if (home, k) == max(places) and len({at for at, _ in places}) == 1:
        names |= linear
    dropped = others.union(*linear.values()) - {n for group in names.values() for n in group}
    said = {"form": "activity", "alpha": 1.0}
    return Found({part: n for part, n in names.items() if n}, said, dropped=frozenset(dropped))


def _dotted(home: str, k: int, leaf: str = "weight_hh") -> str:
    return f"{home}.{leaf}_l{k}" if home else f"{leaf}_l{k}"


def picked(choices: list[str], layer: Any) -> int:
    """Return which of several layers is meant, by its place or by its name."""
    if layer is None and len(choices) == 1:
        return 0
    if isinstance(layer, int) and not isinstance(layer, bool) and 0 <= layer < len(choices):
        return layer
    named = [i for i, name in enumerate(choices) if isinstance(layer, str) and layer in name]
    if len(named) == 1:
        return named[0]
    raise ValueError(
        f"layer = {layer!r}, and its recurrent layers are {shown(choices)}; each alone is a "
        f"network, so choose one: layer=0 to {len(choices) - 1}, or a part of its name"
    )
