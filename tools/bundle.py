"""Makes an offline bundle for an intranet: every wheel for this platform, the product with its front-end files, an installer, check sums.

    python tools/bundle.py [--requirements FILE] [--folder dist]

The bundle needs nothing but the same kind of machine and Python; `--check` installs it into a new environment without a network.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
INSTALL = """#!/bin/sh
# Installs Dingke {version} from this folder; reaches no network. Usage: ./install.sh [FOLDER]   (default /opt/dingke)
set -eu
here=$(cd "$(dirname "$0")" && pwd)
target=${{1:-/opt/dingke}}
python=${{PYTHON:-python3}}
"$python" -c 'import sys; sys.exit(sys.version_info[:2] != {python})' || {{
  echo "This bundle is for Python {python_name}; set PYTHON=python{python_name}." >&2; exit 1; }}
(cd "$here" && sha256sum --quiet -c SHA256SUMS) || {{ echo "The bundle is damaged; copy it again." >&2; exit 1; }}
"$python" -m venv "$target"
pip="$target/bin/python -m pip --disable-pip-version-check install --quiet --no-index"
$pip --find-links "$here/wheels" --require-hashes -r "$here/run.txt"
$pip --no-deps "$here/dingke-{version}-py3-none-any.whl"
echo "Installed in $target. Next:"
echo "  $target/bin/dingke upgrade      # makes the tables, or brings your data to this version after a backup"
echo "  $target/bin/dingke admin NAME   # the first administrator"
echo "  $target/bin/dingke up           # runs it; deploy/ holds systemd units and a proxy"
"""


def run(*command: str, **more: object) -> None:
    subprocess.run(command, check=True, **more)  # type: ignore[call-overload]


def make(requirements: Path, folder: Path) -> Path:
    sys.path.insert(0, str(ROOT / "src"))
    import dingke

    version = dingke.__version__
    platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
    name = f"dingke-{version}-py{sys.version_info.major}{sys.version_info.minor}-{platform}"
    bundle = folder / name
    shutil.rmtree(bundle, ignore_errors=True)
    (bundle / "wheels").mkdir(parents=True)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    run(*pip, "download", "--quiet", "--only-binary", ":all:", "--require-hashes", "-r", str(requirements), "-d", str(bundle / "wheels"))
    run(*pip, "wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", str(bundle), str(ROOT))
    shutil.copy(requirements, bundle / "run.txt")
    shutil.copytree(ROOT / "deploy", bundle / "deploy")
    shutil.copy(ROOT / "LICENSE", bundle / "LICENSE")
    text = INSTALL.format(
        version=version, python=tuple(sys.version_info[:2]), python_name=f"{sys.version_info.major}.{sys.version_info.minor}"
    )
    (bundle / "install.sh").write_text(text)
    (bundle / "install.sh").chmod(0o755)
    for file in (bundle / "install.sh", bundle / "run.txt"):
        if "://" in file.read_text():
            raise SystemExit(f"{file.name} holds an address: a bundle names no index")
    sums = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(bundle).as_posix()}"
        for path in sorted(bundle.rglob("*"))
        if path.is_file()
    ]
    (bundle / "SHA256SUMS").write_text("\n".join(sums) + "\n")
    archive = folder / f"{name}.tar.gz"
    with tarfile.open(archive, "w:gz", compresslevel=3) as out:
        out.add(bundle, arcname=name)
    print(f"{archive}: {archive.stat().st_size // 1_000_000} MB, {len(sums)} files")
    return archive


def check(archive: Path) -> None:
    """Installs the bundle into a new environment that knows no index and reaches no network, and asks the doctor there."""
    with tempfile.TemporaryDirectory(prefix="dingke-bundle-") as name:
        place = Path(name)
        with tarfile.open(archive) as packed:
            packed.extractall(place, filter="data")
        bundle = next(place.glob("dingke-*"))
        nowhere = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:9")
        clean = {key: value for key, value in os.environ.items() if not key.startswith(("PIP_", "PYTHON", "DINGKE_", "UV_", "VIRTUAL_ENV"))}
        environment = {**clean, **nowhere, "PIP_CONFIG_FILE": os.devnull, "PYTHON": sys.executable, "DINGKE_HOME": str(place / "home")}
        run(str(bundle / "install.sh"), str(place / "installed"), env=environment, cwd=place)
        dingke = str(place / "installed" / "bin" / "dingke")
        run(dingke, "upgrade", env=environment, cwd=place)
        run(dingke, "doctor", env=environment, cwd=place)
    print("installs and is in order without a network")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--requirements", type=Path, default=ROOT / "requirements" / "run.txt")
    parser.add_argument("--folder", type=Path, default=ROOT / "dist")
    parser.add_argument("--check", action="store_true", help="install it into a new environment without a network")
    wanted = parser.parse_args()
    archive = make(wanted.requirements.resolve(), wanted.folder.resolve())
    if wanted.check:
        check(archive)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
