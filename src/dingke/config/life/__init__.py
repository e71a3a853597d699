"""The life of an installation: backup, restore, upgrade, and whether all is in order."""
