"""Figures from the snapshot: functions from Ibis table to Ibis table. Amounts are whole cents, periods are half open.

The modules are imported where they compute: a web process never needs the analytics engine and does not carry it in memory.
"""

NOT_COUNTED = ("CANCELLED", "RETURNED")
"""States of orders that count nowhere."""
