"""Reading of users' tables (csv, text, xlsx, xls) into plain rows, and of plain cells into typed values.

Pure: no Django, no database, no clock. Refusals carry a stable code and parameters; `errors.MESSAGES` turns
them into sentences in both languages.
"""
