"""Secrets come from the environment or from a file that it names, and are in nothing that the product shows or writes."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[4]
SETTINGS = SOURCE / "dingke" / "config" / "settings.py"
SECRET = re.compile(r"\"(DINGKE_\w*(?:SECRET|PASSWORD|PASSPHRASE|TOKEN|SECRET_KEY|DATABASE_URL)\w*)\"")
SECRETS = sorted(set(SECRET.findall(SETTINGS.read_text())) - {"DINGKE_API_PER_TOKEN", "DINGKE_PASSWORD_LENGTH"})
SHOW = """
import json
from dingke.config import settings
print(json.dumps({"key": settings.SECRET_KEY, "smtp": settings.EMAIL_HOST_PASSWORD, "passphrase": settings.BACKUP_PASSPHRASE,
                  "token": settings.METRICS_TOKEN, "database": settings.DATABASES["default"].get("PASSWORD")}))
"""


def loaded(home: Path, **values: str) -> dict[str, str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DINGKE_")}
    done = subprocess.run(
        [sys.executable, "-c", SHOW],
        env={**environment, "PYTHONPATH": str(SOURCE), "DINGKE_HOME": str(home), **values},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return dict(json.loads(done.stdout))


def test_every_secret_may_stand_in_a_file(tmp_path):
    values = {
        "DINGKE_SECRET_KEY": "k" * 50,
        "DINGKE_SMTP_PASSWORD": "from-a-file",
        "DINGKE_BACKUP_PASSPHRASE": "long enough to be one",
        "DINGKE_METRICS_TOKEN": "of the monitoring",
        "DINGKE_DATABASE_URL": "postgresql://dingke:p%40ss@db/dingke",
    }
    named = {}
    for name, value in values.items():
        file = tmp_path / name
        file.write_text(value + "\n")
        named[f"{name}_FILE"] = str(file)
    assert loaded(tmp_path / "home", **named) == {
        "key": "k" * 50, "smtp": "from-a-file", "passphrase": "long enough to be one", "token": "of the monitoring", "database": "p@ss",
    }  # fmt: skip


def test_without_one_a_key_is_made_once_for_the_owner_of_the_home_alone(tmp_path):
    first, second = loaded(tmp_path), loaded(tmp_path)
    assert first["key"] == second["key"]
    assert len(first["key"]) >= 50
    assert (tmp_path / "secret_key").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("name", SECRETS)
def test_every_secret_is_read_by_the_one_way_that_knows_files(name):
    reads = [line for line in SETTINGS.read_text().splitlines() if f'"{name}"' in line]
    assert reads
    assert all(f'env_text("{name}"' in line for line in reads), reads


def test_no_secret_stands_in_the_source():
    kept = re.compile(r"(?:password|secret|token|passphrase|api_key)\w*\s*=\s*[\"'][^\"'{}<> ]{12,}[\"']", re.IGNORECASE)
    demo = {"dingke-demo-2026"}  # said on the sign-in page of the demonstration
    found = [
        f"{file.relative_to(SOURCE)}: {match.group()}"
        for file in (SOURCE / "dingke").rglob("*.py")
        if "tests" not in file.parts and file.name not in {"settings_test.py", "conftest.py"}
        for match in kept.finditer(file.read_text())
        if not any(word in match.group() for word in demo)
    ]
    assert found == []
