"""Uploads go to disk as they come, and no further than the limit."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import SkipFile, TemporaryFileUploadHandler


class LimitedUploadHandler(TemporaryFileUploadHandler):
    """Keeps a file on disk while it comes. One that grows over the limit is dropped at once and named in
    `request.too_large`, so that the page can say so.
    """

    received = 0

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.received = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self.received += len(raw_data)
        if self.received > settings.IMPORT_MAX_BYTES:
            assert self.request is not None
            self.request.too_large = self.file_name or ""  # type: ignore[attr-defined]
            self.file.close()
            raise SkipFile
        try:
            super().receive_data_chunk(raw_data, start)
        except OSError:  # the disk is full: what came so far goes
            self.file.close()
            raise
