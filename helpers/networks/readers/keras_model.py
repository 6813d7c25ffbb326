"""The configuration of a Keras model: its layers, and what they do that no map here can."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from helpers.dynamics._checks import shown

# Layers that do nothing once the model is trained.
SILENT = ("InputLayer", "Dropout", "SpatialDropout1D", "GaussianDropout", "GaussianNoise")


@dataclass(frozen=True)
class Layer:
    """One layer of a model: its class, its name, its options."""

    kind: str
    name: str
    options: dict[str, Any]


def layers(config: Any) -> tuple[Layer, ...]:
    """Return the layers that a configuration lists and that do something."""
    model = config["config"]
    listed = model if isinstance(model, list) else model["layers"]
    return tuple(layer for layer in map(_layer, listed) if layer.kind not in SILENT)


def _layer(entry: dict[str, Any]) -> Layer:
    kind, options = entry["class_name"], entry["config"]
    name = str(options.get("name", kind.lower()))
    if kind == "TimeDistributed" and options["layer"]["class_name"] == "Dense":
        return Layer("Dense", name, options["layer"]["config"])
    if kind == "RNN":
        cell = options["cell"]
        inside = "SimpleRNN" if cell["class_name"] == "SimpleRNNCell" else cell["class_name"]
        return Layer(inside, name, options | cell["config"])
    return Layer(kind, name, options)


def barred(model: tuple[Layer, ...]) -> dict[str, str]:
    """Return what the layers do that no map here can, by the names that ignore= takes."""
    found = {}
    for layer in model:
        if layer.options.get("go_backwards"):
            found[f"{layer.name}.go_backwards"] = (
                "it reads its input from the end, which no map of one step does; train it forwards"
            )
        final = layer.options.get("activation")
        if layer.kind == "Dense" and final not in (None, "linear"):
            found[f"{layer.name}.activation"] = (
                f"its read-out goes through {shown(final)}, and only a linear one is read; apply "
                "that to what .output gives"
            )
    return found


def recurrent(
    model: tuple[Layer, ...] | None, place: int, count: int, n_units: int
) -> dict[str, Any]:
    """Return what the configuration says of one of the recurrent layers: form, leak, activation."""
    if model is None:
        return {}
    kinds = [layer.kind for layer in model]
    if kinds not in (["SimpleRNN"] * count, ["SimpleRNN"] * count + ["Dense"]):
        raise ValueError(
            f"its layers are {shown(kinds)}; only SimpleRNN, and one Dense after it, are known, "
            "since any other layer changes the map. Of a cell of your own say the parts and the "
            'step: parts={"w": "<its recurrent_kernel>.T", ...}, form=, alpha='
        )
    options = model[place].options
    if options.get("units", n_units) != n_units:
        raise ValueError(
            f"{model[place].name} has {options['units']} units, and its weights {n_units}; save "
            "the model again"
        )
    return {"form": "activity", "alpha": 1.0, "activation": _named(options["activation"])}


def _named(sigma: Any) -> str:
    if isinstance(sigma, dict):
        # A function of one's own goes by the name it was registered under.
        inside = sigma.get("config")
        sigma = inside if isinstance(inside, str) else sigma.get("class_name")
    if sigma is not None and not isinstance(sigma, str):
        raise ValueError(f"its activation is {shown(sigma)}; save the model again")
    return sigma or "linear"
