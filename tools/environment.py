"""Make .venv and install what the lock file says; called by make, needs nothing but Python itself.

    python3 tools/environment.py                .venv, with requirements.lock and the project
    .venv/bin/python tools/environment.py bench     then the extra "bench", under the same versions

It must run far enough on any old Python to say that it is too old, so: no syntax later than
Python 2.7, and nothing from outside the standard library.
"""

import os
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
WHOLE_LOCK = os.path.join(ROOT, "requirements-all.lock")
OLDEST, NEWEST = (3, 11), (3, 13)
UNREACHABLE = "The package index cannot be reached. Are you online? A proxy goes in HTTPS_PROXY."
OFFLINE = (
    "NewConnectionError",
    "ConnectTimeoutError",
    "Failed to establish a new connection",
    "Temporary failure in name resolution",
    "Name or service not known",
    "ReadTimeoutError",
    "ConnectionResetError",
    "ProxyError",
    "SSLError",
    "dns error",
    "error sending request",
)


class Trouble(Exception):
    """Something that the person at the keyboard can mend; the text says how."""


def say(words):
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


def version_of(python):
    """The (major, minor) of an interpreter, or None if it does not run."""
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    try:
        with open(os.devnull, "w") as null:
            text = subprocess.check_output([python, "-c", code], stderr=null).decode()
        return tuple(int(part) for part in text.strip().split("."))
    except (OSError, ValueError, subprocess.CalledProcessError):
        return None


def suitable_pythons():
    """Names of interpreters on the PATH that the book runs on."""
    minors = range(NEWEST[1], OLDEST[1] - 1, -1)
    return [name for name in ["python3.%d" % n for n in minors] if version_of(name)]


def refuse_wrong_python():
    if OLDEST <= sys.version_info[:2] <= NEWEST:
        return
    found = suitable_pythons()
    if found:
        remedy = "This machine has %s. Run: make book PYTHON=%s" % (" and ".join(found), found[0])
    else:
        remedy = "Install one of them, then run: make book PYTHON=python3.%d" % OLDEST[1]
    raise Trouble(
        "The book needs Python 3.%d to 3.%d; %s is Python %d.%d.%d.\n%s"
        % ((OLDEST[1], NEWEST[1], sys.executable) + tuple(sys.version_info[:3]) + (remedy,))
    )


def clear_half_made(venv):
    """Remove what an interrupted install or an older lock left: exact means from nothing."""
    if not os.path.isdir(venv):
        return
    if os.listdir(venv) and not os.path.isfile(os.path.join(venv, "pyvenv.cfg")):
        raise Trouble("%s is not a virtual environment. Move it away and run this again." % venv)
    say("%s is half made or out of date: making it again." % os.path.basename(venv))
    shutil.rmtree(venv)


def make_venv(venv):
    command = [sys.executable, "-m", "venv", venv]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    words = process.communicate()[0].decode("utf-8", "replace")
    if process.returncode == 0:
        return
    if "ensurepip" in words:
        raise Trouble(
            "This Python cannot make virtual environments: its part venv is a package of its own.\n"
            "On Debian and Ubuntu: apt install python%d.%d-venv, then run this again."
            % sys.version_info[:2]
        )
    raise Trouble("Making %s failed:\n%s\nMend this and run it again." % (venv, words.strip()))


def explain(words, log):
    """Why pip failed, in one or two sentences."""
    tail = "pip's own words are in %s. Run the same command again: it starts afresh." % log
    if any(sign in words for sign in OFFLINE):
        reason = UNREACHABLE
    elif "No space left" in words:
        reason = "The disk is full; the environment takes about 1 GB."
    elif "No matching distribution" in words or "Could not find a version" in words:
        missing = [line for line in words.splitlines() if "No matching distribution" in line]
        wanted = missing[-1].split(" for ")[-1].strip() if missing else "a package"
        reason = (
            "pip found no %s for this machine where it looked. Are you online, and does its"
            " configuration (PIP_NO_INDEX, PIP_INDEX_URL) name a complete index?" % wanted
        )
    else:
        errors = [line for line in words.splitlines() if line.startswith("ERROR")]
        reason = "pip could not install this. %s" % (errors[-1] if errors else "")
    return reason + "\n" + tail


def program(venv, name):
    return os.path.join(venv, "bin", name)


def uv_install(venv, arguments):
    """Install with uv, in a sixth of pip's time; say whether that went well."""
    command = [program(venv, "uv"), "pip", "install", "--python", program(venv, "python")]
    environ = dict(os.environ)
    if "PIP_INDEX_URL" in environ:  # uv calls it otherwise
        environ.setdefault("UV_DEFAULT_INDEX", environ["PIP_INDEX_URL"])
    # Where uv finds no network, what it has kept from another time may be all that is wanted.
    for more in ([], ["--offline"]):
        process = subprocess.Popen(
            command + more + arguments,
            cwd=ROOT,
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        words = process.communicate()[0].decode("utf-8", "replace")
        if process.returncode == 0 or not any(sign in words for sign in OFFLINE):
            break
    return process.returncode == 0


def pip_install(venv, arguments):
    """Run pip in the environment, its words in a log beside it; a failure is told in ours."""
    log = os.path.join(os.path.dirname(venv), os.path.basename(venv) + "-pip.log")
    command = [program(venv, "python"), "-m", "pip", "install", "--no-compile"]
    command += ["--disable-pip-version-check"]
    process = subprocess.Popen(
        command + arguments, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    words = []
    count = 0
    for raw in process.stdout:
        line = raw.decode("utf-8", "replace")
        words.append(line)
        if line.startswith("Collecting") and sys.stdout.isatty():
            count += 1
            sys.stdout.write("\r  %d packages fetched " % count)
            sys.stdout.flush()
    if count:
        sys.stdout.write("\n")
    if process.wait():
        with open(log, "w") as out:
            out.write("".join(words))
        raise Trouble(explain("".join(words), log))
    if os.path.exists(log):
        os.remove(log)


def fetch_uv(venv):
    """Whether uv could be had from where pip gets its packages; no index at all is told."""
    try:
        pip_install(venv, ["--no-deps", "-c", WHOLE_LOCK, "uv"])
    except Trouble as trouble:
        if UNREACHABLE in str(trouble):
            raise
        return False
    return True


def mark(venv, name):
    """Say to make that this much is done; the place is written down, for the day it is moved."""
    with open(os.path.join(venv, name), "w") as out:
        out.write(ROOT + "\n")


def install_book(venv, lock, project):
    refuse_wrong_python()
    clear_half_made(venv)
    with open(lock) as lines:
        count = sum("==" in line for line in lines)
    say("Making %s: %d packages, once, half a minute or less." % (os.path.basename(venv), count))
    steps = [["--no-deps", "-r", lock]]
    if project:
        steps.append(["--no-deps", "--no-build-isolation", "-e", ROOT])
    make_venv(venv)
    if not (fetch_uv(venv) and all(uv_install(venv, step) for step in steps)):
        say("uv cannot install this here. pip does it, which takes a minute more.")
        shutil.rmtree(venv)  # what uv left may have holes that pip does not see
        make_venv(venv)
        for step in steps:
            pip_install(venv, step)
    mark(venv, ".ready")


def install_extra(venv, extra):
    import tomllib

    with open(os.path.join(ROOT, "pyproject.toml"), "rb") as source:
        wanted = tomllib.load(source)["project"]["optional-dependencies"][extra]
    say("Adding to %s: %s" % (os.path.basename(venv), ", ".join(wanted)))
    arguments = ["-c", WHOLE_LOCK] + wanted
    has_uv = os.path.exists(program(venv, "uv"))
    if not (has_uv and uv_install(venv, arguments)):
        pip_install(venv, arguments)
    mark(venv, ".ready-" + extra)


def main(arguments):
    venv = os.path.join(ROOT, ".venv")
    try:
        if arguments:
            install_extra(venv, arguments[0])
        else:
            install_book(venv, os.path.join(ROOT, "requirements.lock"), project=True)
    except Trouble as trouble:
        sys.stderr.write("\n%s\n" % trouble)
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("\nInterrupted. Run the same command again: it starts afresh.\n")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
