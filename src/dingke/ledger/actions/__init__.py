"""Verbs on money facts: one module per kind of record."""
