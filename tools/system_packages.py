"""Makes sure that what the tests need from the system is there: Chromium, a PostgreSQL server, CJK fonts, Java, xmlsec1.

Installs them with apt when they are missing and this user may; otherwise names them and stops with exit code 1.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path


def chromium() -> str | None:
    named = os.environ.get("DINGKE_CHROMIUM")
    mac = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
    found = [
        named,
        *(shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome")),
        mac if Path(mac).exists() else None,
    ]
    return next((path for path in found if path), None)


def postgres_folder() -> Path | None:
    """The folder with initdb and postgres, on the path or where Debian keeps them."""
    if (initdb := shutil.which("initdb")) and (Path(initdb).resolve().parent / "postgres").exists():
        return Path(initdb).resolve().parent
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3].split(".")[0]), reverse=True)
    return versions[0].parent if versions else None


def directory_server() -> bool:
    """slapd and ldapmodify: the tests start a directory of their own with them."""
    return bool(shutil.which("slapd", path="/usr/sbin:/usr/lib/openldap:/usr/local/sbin:/usr/bin") and shutil.which("ldapmodify"))


def cjk_fonts() -> bool:
    if sys.platform == "darwin":
        return True
    listing = shutil.which("fc-list")
    if not listing:
        return any(Path("/usr/share/fonts").rglob("*CJK*"))
    return bool(subprocess.run([listing, ":lang=zh"], capture_output=True, text=True, check=False).stdout.strip())


def missing() -> list[tuple[str, list[str]]]:
    wanted: list[tuple[str, list[str]]] = []
    if chromium() is None:
        wanted.append(("Chromium", ["chromium"]))
    if postgres_folder() is None:
        wanted.append(("a PostgreSQL server", ["postgresql"]))
    if not directory_server():
        wanted.append(("a directory server", ["slapd", "ldap-utils"]))
    if not cjk_fonts():
        wanted.append(("CJK fonts", ["fonts-noto-cjk", "fontconfig"]))
    if shutil.which("java") is None and not os.environ.get("JAVA_HOME"):  # the test of Spark starts a cluster
        wanted.append(("Java 17", ["openjdk-17-jre-headless"]))
    if shutil.which("xmlsec1") is None:  # the SAML server of the tests signs with it; the product has its own
        wanted.append(("xmlsec1", ["xmlsec1"]))
    return wanted


def main() -> int:
    lacking = missing()
    if not lacking:
        return 0
    names, packages = ", ".join(name for name, _ in lacking), [package for _, group in lacking for package in group]
    print(f"The tests need {names}.")
    apt = shutil.which("apt-get")
    prefix = [] if os.geteuid() == 0 else ["sudo", "-n"]
    may = apt is not None and (
        os.geteuid() == 0 or subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode == 0
        if shutil.which("sudo") or os.geteuid() == 0
        else False
    )
    if not may:
        print(f"Please install: {' '.join(packages)}" + (" (sudo apt-get install " + " ".join(packages) + ")" if apt else ""))
        return 1
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    assert apt is not None
    for command in ([apt, "update", "-qq"], [apt, "install", "-y", "-qq", "--no-install-recommends", *packages]):
        done = subprocess.run([*prefix, *command], env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            print(done.stdout[-1500:] + done.stderr[-1500:])
            print(f"apt could not install them. Please install: {' '.join(packages)}")
            return 1
    if "slapd" in packages:  # the tests start a directory of their own; the one of the system need not run
        for command in (["systemctl", "disable", "--now", "slapd"], ["service", "slapd", "stop"]):
            if shutil.which(command[0]):
                subprocess.run([*prefix, *command], env=environment, capture_output=True, check=False)
    still = missing()
    if still:
        print(f"Still missing after the installation: {', '.join(name for name, _ in still)}")
    return 1 if still else 0


if __name__ == "__main__":
    raise SystemExit(main())
