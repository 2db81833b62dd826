"""Whether a release can go out: what would be uploaded, built from a clean clone and tried as users get it.

    python scripts/release_check.py               all of it; the files are left in dist/
    python scripts/release_check.py --tag v0.1.0  fails if that is not the version, or not in the changelog

Builds both distributions from a clone of HEAD, has twine look at them, installs the wheel into a fresh
environment for each Python from 3.11 that is found and each extra that is small, runs
scripts/smoke_test.py in each, and writes a bill of materials of the core installation. Fails where the
wheel or that installation is larger than it has to be.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from time import monotonic

ROOT = Path(__file__).resolve().parent.parent
DIST = ROOT / "dist"
PYTHONS = ("3.11", "3.12", "3.13")
EXTRAS = ("local", "fast", "socks", "importers", "redis", "cli", "otel", "watch")
"""The small ones; frameworks have `make test-integrations`."""
LARGEST_WHEEL = 1_000_000
LARGEST_CORE = 8_000_000
"""Bytes: the wheel, and all that `pip install sekha-memory` puts into site-packages."""
NOT_OURS = ("pip", "setuptools", "wheel")


def run(command: Sequence[str | Path], **options: object) -> str:
    """What a program prints; ends this one, and shows all that it said, if it fails."""
    done = subprocess.run(
        [str(each) for each in command], capture_output=True, text=True, **options
    )  # type: ignore[call-overload]
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    said: str = done.stdout
    return said


def build(clone: Path) -> tuple[Path, Path]:
    """The source distribution and the wheel, which is built from it."""
    if run(["git", "status", "--porcelain", "--untracked-files=no"], cwd=ROOT):
        print("note: what is not committed is left out", file=sys.stderr)
    run(["git", "clone", "--quiet", "--no-local", ROOT, clone])
    DIST.mkdir(exist_ok=True)
    for old in DIST.iterdir():
        old.unlink()
    run([sys.executable, "-m", "build", "--outdir", DIST, clone])
    (source,), (wheel,) = DIST.glob("*.tar.gz"), DIST.glob("*.whl")
    run([sys.executable, "-m", "twine", "check", "--strict", source, wheel])
    return source, wheel


def version_of(wheel: Path) -> str:
    return wheel.name.split("-")[1]


def check_tag(tag: str, version: str) -> None:
    """End with an error if a tag is not the version's, or the changelog has no section for it."""
    if tag.removeprefix("v") != version:
        sys.exit(f"the tag {tag} is not the version {version} of sekha/__init__.py")
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    if not re.search(
        rf"^## \[{re.escape(version)}\] - \d{{4}}-\d\d-\d\d$", changelog, re.MULTILINE
    ):
        sys.exit(f"CHANGELOG.md has no section [{version}] with a date")


def python_of(version: str) -> Path | None:
    """An interpreter of this version; None if there is none."""
    if version == f"{sys.version_info.major}.{sys.version_info.minor}":
        return Path(sys.executable)
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    named = shutil.which(f"python{version}")
    found = [*sorted(pyenv.glob(f"{version}.*/bin/python")), *([Path(named)] if named else [])]
    for each in found:
        says = subprocess.run([str(each), "-V"], capture_output=True, text=True)
        if says.returncode == 0 and says.stdout.startswith(f"Python {version}."):
            return each
    return None


def environment(folder: Path, python: Path, what: str) -> Path:
    """The interpreter of a fresh environment in which something is installed."""
    bin_ = folder / ("Scripts" if os.name == "nt" else "bin")
    # What a shell has activated must not get in.
    clean = {k: v for k, v in os.environ.items() if k not in ("VIRTUAL_ENV", "PYTHONPATH")}
    if uv := shutil.which("uv"):
        run([uv, "venv", "--quiet", "--python", python, folder])
        run([uv, "pip", "install", "--quiet", "--python", bin_ / "python", what], env=clean)
    else:
        run([python, "-m", "venv", folder])
        run([bin_ / "python", "-m", "pip", "install", "--quiet", what], env=clean)
    return bin_ / "python"


def installed_size(python: Path) -> int:
    """The bytes of all packages of an environment, without what an environment begins with and
    without compiled bytecode."""
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    site = Path(run([python, "-c", code]).strip())
    return sum(
        path.stat().st_size
        for path in site.rglob("*")
        if path.is_file()
        and "__pycache__" not in path.parts
        and not path.relative_to(site).parts[0].startswith((*NOT_OURS, "_virtualenv", "distutils"))
    )


def try_all(wheel: Path, scratch: Path) -> Path:
    """Install the wheel everywhere and try it; the interpreter of a core installation comes back."""
    core = None
    for version in PYTHONS:
        python = python_of(version)
        if python is None:
            print(f"Python {version}: not found")
            continue
        for extra in ("", *EXTRAS):
            began = monotonic()
            folder = scratch / f"{version}-{extra or 'core'}"
            here = environment(folder, python, f"{wheel}[{extra}]" if extra else str(wheel))
            program = str(ROOT / "scripts" / "smoke_test.py")
            smoke: list[str | Path] = [here, "-I", "-W", "error", program, extra, version_of(wheel)]
            said = run(smoke, cwd=scratch)
            size = installed_size(here)
            name = f"Python {version}, {extra or 'core'}"
            print(f"{name:24} {size / 1e6:6.1f} MB  {monotonic() - began:5.1f} s  {said.strip()}")
            if extra:
                shutil.rmtree(folder)
                continue
            if size > LARGEST_CORE:
                sys.exit(f"the core installation is larger than {LARGEST_CORE / 1e6:g} MB")
            core = here
    if core is None:
        sys.exit("no Python was found to install the wheel into")
    return core


def main() -> None:
    parser = argparse.ArgumentParser(description="Whether a release can go out.")
    parser.add_argument("--tag", help="the tag that is to be released")
    tag = parser.parse_args().tag
    with tempfile.TemporaryDirectory(prefix="sekha-release-") as folder:
        scratch = Path(folder)
        source, wheel = build(scratch / "clone")
        if tag:
            check_tag(tag, version_of(wheel))
        for each in (source, wheel):
            print(f"{each.name}: {each.stat().st_size / 1000:.0f} kB")
        if wheel.stat().st_size > LARGEST_WHEEL:
            sys.exit(f"the wheel is larger than {LARGEST_WHEEL / 1000:g} kB")
        core = try_all(wheel, scratch)
        bill = DIST / f"sekha_memory-{version_of(wheel)}.cdx.json"
        run([sys.executable, "-m", "cyclonedx_py", "environment", "--output-reproducible",
             "--output-file", bill, core])  # fmt: skip
        print(f"{bill.name}: {bill.stat().st_size / 1000:.0f} kB")
    print("ready to be released")


if __name__ == "__main__":
    main()
