"""Fetch again what the site and its tests carry from other projects, and write the checksums.

`python -m tools.vendor_site` needs npm and the packages fonttools and brotli. The versions stand
below; `tests/site/test_upstream.py` compares each file with its checksum.
"""

import hashlib
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont
from fontTools.varLib import instancer

ROOT = Path(__file__).resolve().parent.parent
STATIC = ROOT / "book/_static/vendor"
BUILD = ROOT / "book/_ext/vendor"
AXE = ROOT / "tests/site/vendor"
CHECKSUMS = ROOT / "tools/vendored.sha256"

KATEX = "katex@0.19.1"
SERIF = "@fontsource-variable/source-serif-4@5.3.1"
AXE_CORE = "axe-core@4.14.1"

# What prose needs: Latin, the usual punctuation, and signs that figures and tables use.
PROSE = "U+20-7E,U+A0-FF,U+2010-2015,U+2018-201E,U+2022,U+2026,U+2032,U+2033,U+2190-2193,U+2212"
# The letters of the names in the bibliography that plain Latin lacks.
NAMES = ",U+104-107,U+10C-10F,U+118-11B,U+141-144,U+147-148,U+150-153,U+158-15B,U+160-161,U+17D-17E"


def main() -> None:
    if not shutil.which("npm"):
        sys.exit("npm is not installed: install Node.js, then run this again.")
    for folder in (STATIC, BUILD, AXE):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as scratch:
        katex(unpack(KATEX, Path(scratch)))
        serif(unpack(SERIF, Path(scratch)))
        axe(unpack(AXE_CORE, Path(scratch)))
    CHECKSUMS.write_text("".join(f"{digest(path)}  {relative(path)}\n" for path in vendored()))
    print(f"{len(vendored())} files, checksums in {relative(CHECKSUMS)}")


def unpack(package: str, scratch: Path) -> Path:
    """The folder of an npm package; npm itself checks the archive against the registry's hash."""
    name = subprocess.run(
        ["npm", "pack", package, "--silent"],
        cwd=scratch,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    folder = scratch / name.removesuffix(".tgz")
    with tarfile.open(scratch / name) as archive:
        archive.extractall(folder, filter="data")
    return folder / "package"


def katex(package: Path) -> None:
    """The typesetter stays with the build; the site gets its style sheet and WOFF2 fonts."""
    folder = STATIC / "katex"
    (folder / "fonts").mkdir(parents=True)
    for font in sorted((package / "dist/fonts").glob("*.woff2")):
        shutil.copy(font, folder / "fonts")
    style = (package / "dist/katex.min.css").read_text()
    other_formats = r',url\([^)]*\) format\("(?:woff|truetype)"\)'
    (folder / "katex.css").write_text(re.sub(other_formats, "", style) + "\n")
    shutil.copy(package / "dist/katex.min.js", BUILD)
    for place in (folder, BUILD):
        shutil.copy(package / "LICENSE", place / "LICENSE-katex")


def serif(package: Path) -> None:
    """Source Serif 4, cut down to the letters that prose needs: upright 400 to 700, italic 400."""
    folder = STATIC / "serif"
    folder.mkdir()
    cuts = {
        "normal": ("source-serif.woff2", (400, 700)),
        "italic": ("source-serif-italic.woff2", 400),
    }
    for style, (name, weight) in cuts.items():
        source = package / f"files/source-serif-4-latin-wght-{style}.woff2"
        font = TTFont(source, recalcTimestamp=False)
        font = instancer.instantiateVariableFont(font, {"wght": weight})
        options = subset.Options(
            flavor="woff2", layout_features=["kern", "liga", "onum", "lnum", "tnum"]
        )
        cutter = subset.Subsetter(options)
        cutter.populate(unicodes=subset.parse_unicodes(PROSE + NAMES))
        cutter.subset(font)
        subset.save_font(font, folder / name, options)
    shutil.copy(package / "LICENSE", folder / "LICENSE-source-serif")


def axe(package: Path) -> None:
    shutil.copy(package / "axe.min.js", AXE)
    shutil.copy(package / "LICENSE", AXE / "LICENSE-axe-core")


def vendored() -> list[Path]:
    return [p for folder in (STATIC, BUILD, AXE) for p in sorted(folder.rglob("*")) if p.is_file()]


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


if __name__ == "__main__":
    main()
