"""Doors of the ledger: one module per screen."""
