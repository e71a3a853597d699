"""Figures from the snapshot: functions from Ibis table to Ibis table. Amounts are whole cents, periods are half open."""
