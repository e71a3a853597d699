"""The full-text index over the terms of entries: FTS5 kept by triggers on SQLite, a GIN index over the terms on PostgreSQL."""

from django.db import migrations

SQLITE = [
    """CREATE VIRTUAL TABLE library_search_fts USING fts5(
        terms, content='library_entryterms', content_rowid='entry_id', tokenize="unicode61 remove_diacritics 0", prefix='1 2 3 4')""",
    """CREATE TRIGGER library_search_insert AFTER INSERT ON library_entryterms BEGIN
        INSERT INTO library_search_fts(rowid, terms) VALUES (new.entry_id, new.terms); END""",
    """CREATE TRIGGER library_search_delete AFTER DELETE ON library_entryterms BEGIN
        INSERT INTO library_search_fts(library_search_fts, rowid, terms) VALUES ('delete', old.entry_id, old.terms); END""",
    """CREATE TRIGGER library_search_update AFTER UPDATE OF terms ON library_entryterms BEGIN
        INSERT INTO library_search_fts(library_search_fts, rowid, terms) VALUES ('delete', old.entry_id, old.terms);
        INSERT INTO library_search_fts(rowid, terms) VALUES (new.entry_id, new.terms); END""",
]
SQLITE_BACK = [
    "DROP TRIGGER library_search_insert",
    "DROP TRIGGER library_search_delete",
    "DROP TRIGGER library_search_update",
    "DROP TABLE library_search_fts",
]
POSTGRES = ["CREATE INDEX library_search_terms ON library_entryterms USING gin (array_to_tsvector(string_to_array(terms, ' ')))"]
POSTGRES_BACK = ["DROP INDEX library_search_terms"]


def run(sqlite, postgres):
    def apply(apps, schema_editor):
        statements = sqlite if schema_editor.connection.vendor == "sqlite" else postgres
        with schema_editor.connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)

    return apply


class Migration(migrations.Migration):
    dependencies = [("library", "0001_initial")]
    operations = [migrations.RunPython(run(SQLITE, POSTGRES), run(SQLITE_BACK, POSTGRES_BACK))]
