"""The import engine: from an uploaded table to rows of the domains, resumable and undoable. It knows no domain.

What can be imported is declared by the domains as `ImportTarget` and listed in config/wiring.py.
"""
