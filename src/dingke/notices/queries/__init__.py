"""Reads of notices: the inbox, kinds, preferences, deliveries."""
