"""The audit: what it finds is what was planted, and the command writes a page or nothing."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from helpers import Map, audit
from helpers.__main__ import main
from helpers.networks.network import Network, save_network
from helpers.networks.report import Line, Report

ROOT = Path(__file__).parents[2]
ONE = ROOT / "book" / "data" / "xor-orthogonal-50-clipped-10.npz"


def small(**options: Any) -> Network:
    rng = np.random.default_rng(3)
    w = 0.9 * rng.standard_normal((8, 8)) / np.sqrt(8)
    return Network(w, rng.standard_normal((8, 2)), 0.3 * rng.standard_normal(8), **options)


@pytest.fixture(scope="module")
def report() -> Report:
    return audit(ONE)


def test_what_only_the_step_makes_is_counted(report: Report) -> None:
    # 12 of its modes are inside the line and outside the circle; counted from w here.
    mu = np.linalg.eigvals(np.load(ONE)["w"].astype(float)) - 1.0
    made = int(np.sum((mu.real < 0) & (np.abs(1 + mu) >= 1)))
    assert made == 12 == report["modes that only the step makes grow"].value
    stable = mu[mu.real < 0]
    bound = np.min(-2 * stable.real / np.abs(stable) ** 2)
    assert report["largest safe step"].value == pytest.approx(bound, rel=1e-6)
    assert report["share of it used"].value == pytest.approx(1 / bound, rel=1e-6)


def test_frequencies_are_told_and_heard(report: Report) -> None:
    assert report["frequency announced"].value == pytest.approx(0.3055, abs=1e-4)
    assert report["frequency measured"].value == pytest.approx(0.3067, abs=1e-3)


def test_what_commutes_has_no_gap(report: Report) -> None:
    for name in ("R and D", "D and L", "L and R"):
        value = report[name].value
        assert isinstance(value, float) and value < 1e-12
    halves = report["one step and two halves"].value
    assert isinstance(halves, float) and halves > 0.1


@pytest.mark.parametrize("form", ["activity", "activation"])
@pytest.mark.parametrize("activation", ["tanh", "relu", "softplus", "logistic"])
def test_every_form_and_activation_has_an_audit(form: str, activation: str) -> None:
    found = audit(small(form=form, activation=activation, delta=0.2))
    assert found["form"].value == form and found["activation"].value == activation
    assert found["leak of a step"].value == pytest.approx(0.2)
    assert len(found.sections) == 9 and all(section.lines for section in found.sections)


def test_a_planted_answer_is_found_in_each_section() -> None:
    chain = audit(Network([[0.0, 3.0], [0.0, 0.0]], [[1.0], [0.0]], activation="identity"))
    assert chain["Henrici's departure of w"].value == 1.0
    assert chain["numerical abscissa"].value == pytest.approx(1.5 - 1.0)
    assert chain["margin of Popov, Belevitch and Hautus"].value == pytest.approx(0.0, abs=1e-12)
    unit = audit(Network([[1.5]], [[1.0]], delta=0.5))
    assert (unit["fixed points, no input"].value, unit["of these stable"].value) == (3, 2)
    h = 0.8586  # h = tanh 1.5 h
    slowest = unit["slowest time constant"].value
    assert slowest == pytest.approx(-0.5 / np.log(0.5 + 0.75 * (1 - h**2)), rel=1e-3)
    flat = audit(Network(0.5 * np.eye(3), np.ones((3, 1))))
    assert flat["axes for 95 %"].value == 1
    assert flat["participation ratio"].value == pytest.approx(1.0, abs=1e-9)


def gated(n: int, m: int) -> Map:
    """Return a gated recurrent unit of random weights, as any map."""
    rng = np.random.default_rng(5)
    W, U = rng.standard_normal((3, n, n)) / np.sqrt(n), rng.standard_normal((3, n, m))

    def sigmoid(a: Any) -> Any:
        return 0.5 + 0.5 * np.tanh(0.5 * a)

    def step(h: Any, x: Any) -> Any:
        r, z = (sigmoid(h @ W[k].T + x @ U[k].T) for k in (0, 1))
        new = np.tanh(r * (h @ W[2].T) + x @ U[2].T)
        return z * h + (1.0 - z) * new

    return Map(step, 1.0, n, m)


def test_a_gated_unit_is_audited_as_a_map() -> None:
    found = audit(gated(12, 2), name="a GRU")
    assert found.title == "a GRU" and found["form"].value == "map"
    assert found["orders"].value is None
    rho = np.linalg.eigvals(gated(12, 2).jacobian(np.zeros(12)))
    grown = int(np.sum(np.abs(rho) >= 1))
    assert found["growing modes of the map"].value == grown
    assert isinstance(found["margin of Popov, Belevitch and Hautus"].value, float)


# --- how it is told


def test_every_line_has_a_sentence_and_a_page_that_exists(report: Report) -> None:
    for section in report.sections:
        for line in section.lines:
            assert re.search(r"[.!]$", line.meaning), line
            source = ROOT / "book" / line.page.removesuffix(".html")
            assert source.with_suffix(".ipynb").exists() or source.with_suffix(".md").exists()


def test_the_same_network_has_the_same_report() -> None:
    one, two = audit(small()), audit(small())
    assert str(one) == str(two) and one.page() == two.page() and one.as_dict() == two.as_dict()


def test_it_prints_and_shows_itself(report: Report) -> None:
    assert repr(report) == str(report) and str(report).startswith(f"Audit of {ONE.name}")
    shown = report._repr_html_()
    assert "data:image/png;base64," in shown and 'alt="Left, the eigenvalues' in shown
    page = report.page(base="https://example.org/")
    assert not re.search(r'(src|href)="(?!data:|https://example\.org/)', page)
    assert "<script" not in page and page.startswith("<!doctype html>")
    odd = Report("<b>", ())
    assert "<b>" not in odd.page() and "&lt;b&gt;" in odd.page()
    with pytest.raises(KeyError):
        report["what is not there"]


def test_a_report_styles_nothing_but_itself_and_has_no_link_that_leads_nowhere(
    report: Report,
) -> None:
    shown = report._repr_html_()
    style = re.sub(r"@media[^{]*", "", re.findall(r"<style>(.*?)</style>", shown, re.DOTALL)[0])
    selectors = [one for rule in re.findall(r"([^{}]+)\{", style) for one in rule.split(",")]
    assert all(one.strip().startswith(".audit") for one in selectors if one.strip())
    assert "href" not in shown and "[stability]" in shown and "<h1" not in shown
    page = report.page(base="https://example.org")  # with or without the last slash
    assert 'href="https://example.org/sequencing/stability.html"' in page
    assert "width=device-width" in page and "color-scheme:light dark" in page
    assert "href" not in report.page()


def test_what_is_rounding_is_not_printed_in_digits() -> None:
    lines = [Line("a", value, "It is.", "intro.html") for value in (3e-17, -3e-17, 0.0, 3e-5)]
    assert [line.shown for line in lines] == ["0 to rounding", "0 to rounding", "0", "3e-05"]


def test_a_bias_inside_sigma_is_a_bias() -> None:
    inside = audit(small(form="activation", inside=np.linspace(-0.7, 0.2, 8)))
    assert inside["largest bias"].value == 0.7
    without = Network(0.5 * np.eye(2), np.ones((2, 1)))
    assert "None" in audit(without)["largest bias"].meaning
    assert audit(without)["size"].value == "2 units, 1 input"


# --- the command


def test_the_command_writes_one_page_and_json(tmp_path: Path, capsys: Any) -> None:
    save_network(tmp_path / "net.npz", small())
    page = tmp_path / "report.html"
    assert main(["audit", str(tmp_path / "net.npz"), "--html", str(page), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["title"] == "net.npz" and len(told["sections"]) == 9
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["net.npz", "report.html"]


@pytest.mark.parametrize("what", ["missing", "asked for", "no folder", "a bad part"])
def test_on_an_error_nothing_is_written(what: str, tmp_path: Path, capsys: Any) -> None:
    file, page = tmp_path / "net.npz", tmp_path / "report.html"
    np.savez(file, W_rec=[[0.5]], W_in=[[1.0]])
    more = []
    if what == "missing":
        file = tmp_path / "other.npz"
    if what == "no folder":
        save_network(file, small())
        page = tmp_path / "none" / "report.html"
    if what == "a bad part":
        more = ["--part", "w"]
    assert main(["audit", str(file), "--html", str(page), *more]) == 2
    told = capsys.readouterr()
    assert told.err.strip() and told.out == "" and not page.exists()
    assert [path.name for path in tmp_path.iterdir()] == ["net.npz"]


def test_the_command_asks_in_its_own_options(tmp_path: Path, capsys: Any) -> None:
    file = tmp_path / "my net.npz"
    np.savez(file, m=np.ones((3, 1)), n=np.ones((3, 1)), w_in=np.ones((3, 1)))
    assert main(["audit", str(file)]) == 2
    told = capsys.readouterr().err
    assert "its form (activity:" in told and "load_network" not in told
    said = shlex.split(re.search(r"say it, for example: python -m helpers (.*)", told)[1])  # type: ignore[index]
    assert main(said) == 0
    assert capsys.readouterr().out.startswith("Audit of my net.npz")


def test_the_command_keeps_what_was_said(tmp_path: Path, capsys: Any) -> None:
    file = tmp_path / "net.npz"
    np.savez(file, w_rec=0.1 * np.eye(3), w_in=np.ones((3, 1)), odd=np.ones(3))
    assert main(["audit", str(file), "--ignore", "odd", "--delta", "0.5"]) == 2
    told = capsys.readouterr().err
    said = shlex.split(re.search(r"example: python -m helpers (.*)", told)[1])  # type: ignore[index]
    assert "--ignore odd --delta 0.5 --form" in told and main(said) == 0


def test_help_says_how_without_a_file() -> None:
    command = [sys.executable, "-m", "helpers", "audit", "--help"]
    told = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout
    for word in (
        "--form",
        "--alpha",
        "torch need",
        "activation  v <-",
        "--html",
        "--scale 1/N",
        "--ignore y",
    ):
        assert word in told


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: audit(small().flow), "discretise"),
        (lambda: audit(small(), form="activity"), "how to read a file"),
        (lambda: audit(3), "neither a Network nor a Map"),
    ],
)
def test_a_wrong_use_is_told(call: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        call()
