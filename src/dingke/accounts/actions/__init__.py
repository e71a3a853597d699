"""Verbs of the customer base, by topic. Import the module: `from dingke.accounts.actions import account`."""
