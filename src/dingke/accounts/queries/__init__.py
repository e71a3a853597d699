"""Reads of the customer base, by screen. Import the module: `from dingke.accounts.queries import account`."""
