"""What leaves the house as a file, each time noted in the audit trail."""

from dingke.insights.exports.backtest import export_backtest
from dingke.insights.exports.portfolio import export_list
from dingke.insights.exports.stages import Sheet, export_stages

__all__ = ["Sheet", "export_backtest", "export_list", "export_stages"]
