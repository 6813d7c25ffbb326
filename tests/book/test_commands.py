"""The commands do what they say, and what they say when they cannot helps."""

from __future__ import annotations

import ast
import base64
import io
import json
import os
import re
import shutil
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.book import samples
from tools import build, command, contents, environment, failures, notebooks

ROOT = contents.ROOT
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
NOWHERE = "http://127.0.0.1:9/simple"  # the port of the discard service: nobody answers
OFFLINE = {
    "PIP_CONFIG_FILE": os.devnull,
    "PIP_INDEX_URL": NOWHERE,
    "PIP_EXTRA_INDEX_URL": "",
    "PIP_FIND_LINKS": "",
    "PIP_RETRIES": "1",
}


def make(*words: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    environ = {k: v for k, v in os.environ.items() if not k.startswith("MAKE")}
    return subprocess.run(
        ["make", *words], cwd=folder, env=environ, capture_output=True, text=True, check=False
    )


# --- make


def test_help_says_what_each_command_does() -> None:
    phony = re.findall(r"^\.PHONY: (.+)$", MAKEFILE, flags=re.M)[0].split()
    said = make("help").stdout
    for name in phony:
        assert re.search(rf"^  make {name}  +\S", said, flags=re.M), f"{name} has no ## line"
    assert make().stdout == said


def test_every_command_that_the_readme_names_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", MAKEFILE, flags=re.M))
    for name in ("README.md", "CONTRIBUTING.md"):
        named = re.findall(r"`make ([a-z-]+)", (ROOT / name).read_text(encoding="utf-8"))
        assert set(named) <= targets, name


def copy_of_the_commands(folder: Path) -> Path:
    for name in ("Makefile", "pyproject.toml", "requirements.lock"):
        shutil.copy(ROOT / name, folder)
    shutil.copytree(ROOT / "tools", folder / "tools", ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def test_without_python_make_says_what_to_install(tmp_path: Path) -> None:
    run = make("book", "PYTHON=no-such-python", folder=copy_of_the_commands(tmp_path))
    assert run.returncode != 0
    assert "There is no no-such-python here. Install Python 3.11" in run.stderr
    assert "PYTHON=python3" in run.stderr


def test_nothing_runs_when_nothing_changed(tmp_path: Path) -> None:
    """With both stamps newer than what they stand for, only the last line is left."""
    folder = copy_of_the_commands(tmp_path)
    (folder / ".venv" / "bin").mkdir(parents=True)
    (folder / ".venv" / "bin" / "python").touch()
    (folder / ".venv" / ".ready").write_text(f"{folder}\n")
    (folder / "_build").mkdir()
    (folder / "_build" / ".built").touch()
    assert make("-n", "book", folder=folder).stdout.count("\n") == 1
    (folder / "book").mkdir()
    later = (folder / "_build" / ".built").stat().st_mtime + 10
    (folder / "book" / "intro.md").touch()
    os.utime(folder / "book" / "intro.md", (later, later))
    assert "tools.build" in make("-n", "book", folder=folder).stdout


def test_a_folder_that_was_moved_gets_a_new_environment(tmp_path: Path) -> None:
    folder = copy_of_the_commands(tmp_path)
    (folder / ".venv" / "bin").mkdir(parents=True)
    (folder / ".venv" / "bin" / "python").touch()
    (folder / ".venv" / ".ready").write_text("/where/it/was\n")
    assert "tools/environment.py" in make("-n", "types", folder=folder).stdout


def test_control_c_is_answered_by_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted() -> int:
        raise KeyboardInterrupt

    for main, code in ((interrupted, 130), (lambda: 3, 3), (lambda: None, None)):
        with pytest.raises(SystemExit) as end:
            command.run(main)
        assert end.value.code == code
    assert capsys.readouterr().out.count("run the same command again") == 1


# --- the environment


def test_any_old_python_can_read_the_installer() -> None:
    source = Path(environment.__file__).read_text(encoding="utf-8")
    ast.parse(source, feature_version=(3, 4))
    assert not re.search(r"\bf\"|->|: str|:=|nonlocal", source)


@pytest.mark.parametrize("version", [(2, 7, 18), (3, 10, 13), (3, 14, 0)])
def test_a_wrong_python_is_told_so(
    version: tuple[int, int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environment.sys, "version_info", version)
    monkeypatch.setattr(environment, "suitable_pythons", lambda: ["python3.12", "python3.11"])
    with pytest.raises(environment.Trouble) as told:
        environment.refuse_wrong_python()
    assert "needs Python 3.11 to 3.13" in str(told.value)
    assert ".".join(map(str, version)) in str(told.value)
    assert "make book PYTHON=python3.12" in str(told.value)
    monkeypatch.setattr(environment, "suitable_pythons", lambda: [])
    with pytest.raises(environment.Trouble, match="Install one of them"):
        environment.refuse_wrong_python()


def test_an_old_python_for_real() -> None:
    names = ["python2.7", "python3.8", "python3.9", "python3.10"]
    old = next((name for name in names if environment.version_of(name)), None)
    if old is None:
        pytest.skip("this machine has no Python that is too old")
    script = str(ROOT / "tools" / "environment.py")
    run = subprocess.run([old, script], capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert "needs Python 3.11 to 3.13" in run.stderr
    assert "Traceback" not in run.stderr


def test_no_network_is_told_and_the_next_run_repairs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in OFFLINE.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("PIP_NO_INDEX", raising=False)
    venv, lock = tmp_path / ".venv", tmp_path / "small.lock"
    lock.write_text("six==1.17.0\n")
    with pytest.raises(environment.Trouble) as told:
        environment.install_book(str(venv), str(lock), project=False)
    assert "Are you online?" in str(told.value)
    assert "Run the same command again" in str(told.value)
    log = tmp_path / ".venv-pip.log"
    assert str(log) in str(told.value)
    assert "127.0.0.1" in log.read_text()
    assert not (venv / ".ready").exists()

    asked = installers(monkeypatch)
    environment.install_book(str(venv), str(lock), project=True)
    assert "half made" in capsys.readouterr().out
    assert asked == ["uv with pip", "lock with uv", "project with uv"]
    assert (venv / ".ready").read_text() == f"{ROOT}\n"


def installers(monkeypatch: pytest.MonkeyPatch, *fails: str) -> list[str]:
    """What is installed with what, in order; some of it fails."""
    asked: list[str] = []

    def note(arguments: list[str], tool: str) -> bool:
        what = {"uv": "uv", str(ROOT): "project"}.get(arguments[-1], "lock")
        asked.append(f"{what} with {tool}")
        return asked[-1] not in fails

    def pip(venv: str, arguments: list[str]) -> None:
        if not note(arguments, "pip"):
            raise environment.Trouble("pip found no uv for this machine")

    monkeypatch.setattr(environment, "make_venv", os.mkdir)  # which fails where a folder is left
    monkeypatch.setattr(environment, "uv_install", lambda venv, words: note(words, "uv"))
    monkeypatch.setattr(environment, "pip_install", pip)
    return asked


@pytest.mark.parametrize("fails", ["uv with pip", "lock with uv", "project with uv"])
def test_where_uv_fails_pip_begins_afresh(
    fails: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    asked = installers(monkeypatch, fails)
    venv = str(tmp_path / ".venv")
    environment.install_book(venv, str(ROOT / "requirements.lock"), project=True)
    assert asked[-3:] == [fails, "lock with pip", "project with pip"]
    assert "pip does it" in capsys.readouterr().out


UV = """#!/bin/sh
echo "$UV_DEFAULT_INDEX $*" >> "$(dirname "$0")/asked"
case "$*" in *--offline*) exit {code};; esac
echo "error: Request failed after 3 retries: error sending request: dns error"
exit 2
"""


@pytest.mark.parametrize("code", [0, 1])
def test_uv_without_a_network_uses_what_it_has_kept(
    code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "uv").write_text(UV.format(code=code))
    (tmp_path / "bin" / "uv").chmod(0o755)
    monkeypatch.setenv("PIP_INDEX_URL", NOWHERE)
    monkeypatch.delenv("UV_DEFAULT_INDEX", raising=False)
    assert environment.uv_install(str(tmp_path), ["-r", "some.lock"]) is (code == 0)
    first, second = (tmp_path / "bin" / "asked").read_text().splitlines()
    assert "--offline" not in first and "--offline" in second
    assert all(said.startswith(f"{NOWHERE} pip install") for said in (first, second))
    assert first.endswith("-r some.lock") and second.endswith("-r some.lock")


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        ("WARNING: Failed to establish a new connection: refused", "Are you online?"),
        ("error sending request for url: dns error", "Are you online?"),
        ("ERROR: No matching distribution found for numpy==2.4.6", "no numpy==2.4.6"),
        ("OSError: [Errno 28] No space left on device", "disk is full"),
        ("ERROR: something new", "something new"),
    ],
)
def test_pip_failures_are_explained(words: str, hint: str) -> None:
    told = environment.explain(words, "pip.log")
    assert hint in told
    assert "pip.log" in told
    assert "again" in told


def test_a_folder_that_is_no_environment_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "thesis.txt").write_text("mine")
    with pytest.raises(environment.Trouble, match="Move it away"):
        environment.clear_half_made(str(tmp_path / ".venv"))
    assert (tmp_path / ".venv" / "thesis.txt").read_text() == "mine"


# --- the site


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A book of three files that was built, with Sphinx's place taken by the test."""
    for name, place in {"ROOT": tmp_path, "BUILD": tmp_path / "_build"}.items():
        monkeypatch.setattr(build, name, place)
    monkeypatch.setattr(build, "MADE_OF", tmp_path / "_build" / ".made-of.json")
    monkeypatch.setattr(build, "STAMP", tmp_path / "_build" / ".built")
    for name in ("book/one.ipynb", "book/_static/book.css", "book/back/ledger.md", "_config.yml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("first")
    for name in ("html/index.html", "html/_static/book.css", ".doctrees/book/back/ledger.doctree"):
        (tmp_path / "_build" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "_build" / name).write_text("first")
    (tmp_path / "_build" / "html" / ".buildinfo").write_text(
        "# version 1\nconfig: abc\ntags: def\n"
    )
    (tmp_path / "_build" / ".made-of.json").write_text(json.dumps(build.inputs()))
    return tmp_path


def rebuild(monkeypatch: pytest.MonkeyPatch, result: int = 0) -> list[bool]:
    ran: list[bool] = []

    def sphinx() -> int:
        ran.append((build.BUILD / "html" / "index.html").is_file())
        (build.BUILD / "html").mkdir(parents=True, exist_ok=True)
        (build.BUILD / "html" / "index.html").touch()
        return result

    monkeypatch.setattr(build, "build", sphinx)
    assert build.main() == result
    return ran


def test_an_unchanged_book_is_not_built(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (site / "book" / "one.ipynb").touch()
    assert rebuild(monkeypatch) == []


def test_a_build_from_nothing_keeps_the_checkpoints_of_a_training(
    site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoint = site / "_build" / "training" / "and-orthogonal-0.npz"
    checkpoint.parent.mkdir()
    checkpoint.write_text("hours of work")
    (site / "_config.yml").write_text("second")
    assert rebuild(monkeypatch) == [False]
    assert checkpoint.read_text() == "hours of work"


def test_a_changed_style_reaches_the_site(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (site / "book" / "_static" / "book.css").write_text("second")
    assert rebuild(monkeypatch) == [True]
    assert (site / "_build" / "html" / "_static" / "book.css").read_text() == "second"
    assert "abc" not in (site / "_build" / "html" / ".buildinfo").read_text()
    assert rebuild(monkeypatch) == []


def test_a_changed_chapter_leaves_the_other_pages(
    site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The ledger finds out by itself whether a claim has changed: tests/site/test_build.py."""
    (site / "book" / "one.ipynb").write_text("second")
    assert rebuild(monkeypatch) == [True]
    assert (site / "_build" / ".doctrees" / "book" / "back" / "ledger.doctree").exists()


@pytest.mark.parametrize("name", ["_config.yml", "book/_ext/new.py"])
def test_a_changed_machinery_builds_from_nothing(
    name: str, site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (site / name).parent.mkdir(exist_ok=True)
    (site / name).write_text("second")
    assert rebuild(monkeypatch) == [False]


def test_a_page_that_is_gone_leaves_nothing(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (site / "book" / "one.ipynb").unlink()
    assert rebuild(monkeypatch) == [False]


def test_warnings_are_not_forgotten(
    site: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A build that warned is done again from nothing, else its warnings would not be repeated."""
    (site / "book" / "one.ipynb").write_text("second")
    assert rebuild(monkeypatch, result=1) == [True]
    assert "Mend what is named above" in capsys.readouterr().out
    assert rebuild(monkeypatch) == [False]


def test_the_site_is_served_on_a_free_port(tmp_path: Path) -> None:
    """Asked as a reader would: the address it prints answers."""
    (tmp_path / "_build" / "html").mkdir(parents=True)
    (tmp_path / "_build" / "html" / "index.html").write_text("the book")
    (tmp_path / "tools").mkdir()
    shutil.copy(ROOT / "tools" / "serve.py", tmp_path / "tools")
    with subprocess.Popen(
        [sys.executable, "-m", "tools.serve"], cwd=tmp_path, stdout=subprocess.PIPE, text=True
    ) as server:
        try:
            assert server.stdout is not None
            address = re.search(r"http://127\.0\.0\.1:\d+/", server.stdout.readline())
            assert address is not None
            with urllib.request.urlopen(address[0], timeout=10) as page:
                assert page.read() == b"the book"
        finally:
            server.terminate()


# --- the notebooks

DRAW = "from IPython.display import Image\nImage({!r})"
WHO = f"import os, sys\nprint(sys.executable == {sys.executable!r}, os.environ['BOOK_STATIC'])"


def png(picture: Image.Image) -> bytes:
    data = io.BytesIO()
    picture.save(data, "PNG")
    return data.getvalue()


@pytest.fixture
def foreign_kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another Python stands in the machine's list of kernels under the name python3."""
    folder = tmp_path / "jupyter" / "kernels" / "python3"
    folder.mkdir(parents=True)
    spec = {"argv": ["no-such-python"], "display_name": "Python 3", "language": "python"}
    (folder / "kernel.json").write_text(json.dumps(spec))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))


@pytest.mark.usefixtures("foreign_kernel")
def test_running_twice_changes_nothing_the_second_time(tmp_path: Path) -> None:
    graded = samples.stub("double")
    draw = DRAW.format(png(Image.linear_gradient("L")))
    cells = [
        samples.text("# Sample", "top"),
        samples.code(WHO, name="who", count=None, collapsed=True, **graded),
        samples.code(draw, name="line", count=7, **samples.figure()),
    ]
    path = samples.page(tmp_path, *cells).path
    assert notebooks.regenerate(path, write=True).verdict == "changed"
    first = path.read_bytes()
    assert notebooks.regenerate(path, write=True).verdict == "same"
    assert path.read_bytes() == first
    who, line = samples.read_page(path).code
    assert who.stdout() == "True 1\n"
    assert who.metadata == graded
    assert (who.execution_count, line.execution_count) == (1, 2)
    assert line.mime("image/png")


def test_a_notebook_that_fails_says_where_and_is_left_alone(tmp_path: Path) -> None:
    cells = [
        samples.text("# Sample\n\n## The step that is too long", "top"),
        samples.code("1", name="fine"),
        samples.code('value = 1 / 0\ncheck("eq-x", "x", value)', name="breaks"),
        samples.code("2", name="after"),
    ]
    path = samples.page(tmp_path, *cells).path
    before = path.read_bytes()
    outcome = notebooks.regenerate(path, write=True)
    assert outcome.verdict == "failed"
    for word in ("sample.ipynb", "[2]", "breaks", "too long", "claim eq-x", "ZeroDivisionError"):
        assert word in outcome.story
    assert path.read_bytes() == before


def test_an_error_that_is_the_lesson_is_no_failure(tmp_path: Path) -> None:
    lesson = samples.code("1 / 0", name="lesson", tags=["raises-exception"])
    path = samples.page(tmp_path, lesson, samples.code("2", name="after")).path
    before = path.read_bytes()
    assert notebooks.regenerate(path, write=False).verdict == "changed"
    assert path.read_bytes() == before
    assert notebooks.regenerate(path, write=True).verdict == "changed"


def test_pictures_have_256_colours() -> None:
    snow = Image.merge("RGB", [Image.effect_noise((256, 256), 60) for _ in range(3)])
    small = base64.b64decode(notebooks.small_png(base64.b64encode(png(snow)).decode()))
    again = Image.open(io.BytesIO(small))
    assert (again.size, again.mode) == ((256, 256), "P")
    assert len(small) < len(png(snow))


def test_a_failed_test_of_a_chapter_is_placed(tmp_path: Path) -> None:
    claim = samples.code('check("thm-a.b", 1)', name="claim")
    path = samples.page(tmp_path, samples.code("1"), samples.text("## Why"), claim).path
    assert "code cell [2]" in failures.place(path, 1)
    assert "under 'Why'; claim thm-a.b" in failures.place(path, 1)
    assert "no claim" in failures.place(path, 0)
    assert "no longer has" in failures.place(path, 9)


def test_contents_refuse_a_page_that_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "_toc.yml").write_text("root: book/intro\nchapters:\n- file: book/gone\n")
    (tmp_path / "book").mkdir()
    (tmp_path / "book" / "intro.md").touch()
    with pytest.raises(ValueError, match="book/gone"):
        contents.pages(tmp_path)


def test_contents_read_every_kind_of_entry(tmp_path: Path) -> None:
    toc: Any = {
        "root": "a",
        "parts": [{"chapters": [{"file": "b", "sections": [{"file": "c"}]}, {"url": "x"}]}],
    }
    (tmp_path / "_toc.yml").write_text(json.dumps(toc))
    for name in ("a.md", "b.ipynb", "c.ipynb"):
        (tmp_path / name).touch()
    assert [path.name for path in contents.pages(tmp_path)] == ["a.md", "b.ipynb", "c.ipynb"]
    assert [path.name for path in contents.notebooks(tmp_path)] == ["b.ipynb", "c.ipynb"]
