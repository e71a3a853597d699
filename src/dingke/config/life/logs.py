"""Log lines as JSON, each with the trace id that the answer carries in `X-Trace-Id` and an error page shows."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime

from dingke.core.errors import trace_id

# what every record has; the rest was given by `extra` and is written too
_ORDINARY = set(vars(logging.makeLogRecord({}))) | {"message", "asctime", "request", "taskName"}


class TraceFilter(logging.Filter):
    """Gives every record the trace id of the request or job at hand, so that the plain format can show it too."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.trace = trace_id.get() or "-"
        return True


class JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        facts: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, tz=UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "trace": getattr(record, "trace", "-"),
            "process": record.process,
        }
        facts.update({name: value for name, value in vars(record).items() if name not in _ORDINARY and name not in facts})
        if record.exc_info:
            facts["error"] = self.formatException(record.exc_info)
        return json.dumps(facts, ensure_ascii=False, default=str)
