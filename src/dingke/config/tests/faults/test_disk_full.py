"""A disk that is full in the middle of a file: a clear sentence, nothing half kept, and work as before when there is room again."""

from __future__ import annotations

import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from dingke.accounts.tests.factories import make_account
from dingke.core.errors import is_disk_full
from dingke.core.models import ImportRun, Job
from dingke.core.tables_out import FileKind, OutColumn, write_table

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_only]


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """No file of this process grows beyond the size: the system refuses as it does when the disk is full."""
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, before)


def left(folder: Any) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("kind", list(FileKind))
def test_a_table_appears_whole_or_not_at_all(kind, tmp_path):
    rows = [[f"江州重工{number}" * 20] for number in range(3000)]
    with room_for(4096), pytest.raises(Exception) as caught:
        write_table(tmp_path / f"a.{kind.value}", columns=[OutColumn("客户")], rows=rows, kind=kind)
    assert is_disk_full(caught.value)
    assert left(tmp_path) == []
    assert write_table(tmp_path / f"a.{kind.value}", columns=[OutColumn("客户")], rows=rows, kind=kind) == 3000


def test_an_export_says_so_and_works_again(cast, settings, tmp_path, django_capture_on_commit_callbacks):
    settings.UPLOADS = tmp_path
    for number in range(60):
        make_account(f"江州重工第{number}分厂" * 6, owner=cast.owner.user)

    def export() -> Job:
        with django_capture_on_commit_callbacks(execute=True):
            cast.director.client.post(reverse("accounts:export"), {"all": "1", "format": "csv"}, headers={"HX-Request": "true"})
        return Job.objects.latest("pk")

    with room_for(1024):
        job = export()
    assert job.state == "FAILED"
    assert "No space" in job.message
    assert left(tmp_path) == []
    assert cast.director.client.get(reverse("accounts:export_file", args=[job.pk])).status_code == 404
    assert export().state == "DONE"


def test_an_upload_says_so_and_keeps_nothing(cast, settings, tmp_path):
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path)
    settings.STORAGES = {**settings.STORAGES, "default": {**settings.STORAGES["default"], "OPTIONS": {"location": tmp_path}}}
    table = "客户,城市\n" + "江州重工,厦门\n" * 20_000

    def upload() -> Any:
        cast.director.client.raise_request_exception = False
        return cast.director.client.post(
            reverse("imports:new"), {"files": SimpleUploadedFile("a.csv", table.encode())}, headers={"Accept-Language": "en"}
        )

    with room_for(4096):
        answer = upload()
    assert answer.status_code == 507
    assert "No space" in answer.content.decode()
    assert not ImportRun.objects.exists()
    assert left(tmp_path) == []
    assert upload().status_code == 303


def test_a_backup_says_so_and_leaves_the_last_one(settings, tmp_path, now, db):
    from dingke.config.life import backup
    from dingke.config.life.refusals import UnableToBackUp

    target = tmp_path / "daily-20260930.dingke"
    target.write_bytes(b"the last one")
    with room_for(512), pytest.raises(UnableToBackUp) as caught:
        backup.back_up(output=target, now=now, replace=True)
    assert "could not be written" in caught.value.message
    assert left(tmp_path) == [target.name]
    assert target.read_bytes() == b"the last one"
