"""Reads of money facts: one module per screen, single records in `records`."""
