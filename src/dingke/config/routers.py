"""The API under /api/v1, from the routers of the domains."""

from __future__ import annotations

import dingke
from dingke.accounts.api import router as accounts
from dingke.core.rest import make_api
from dingke.insights.api import account_router as account_insights
from dingke.insights.api import router as insights
from dingke.ledger.api import router as ledger
from dingke.notices.api import router as notices
from dingke.pipeline.api import router as opportunities

api = make_api(
    [
        ("/accounts", accounts),
        ("/ledger", ledger),
        ("/insights", insights),
        ("/accounts", account_insights),
        ("/notices", notices),
        ("/opportunities", opportunities),
    ],
    version=dingke.__version__,
)
