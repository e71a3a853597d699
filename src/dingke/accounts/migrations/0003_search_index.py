"""The full-text index over search terms: FTS5 kept by triggers on SQLite, a GIN index over the terms on PostgreSQL."""

from django.db import migrations

SQLITE = [
    """CREATE VIRTUAL TABLE accounts_search_fts USING fts5(
        terms, content='accounts_searchentry', content_rowid='id', tokenize="unicode61 remove_diacritics 0", prefix='1 2 3 4')""",
    """CREATE TRIGGER accounts_search_insert AFTER INSERT ON accounts_searchentry BEGIN
        INSERT INTO accounts_search_fts(rowid, terms) VALUES (new.id, new.terms); END""",
    """CREATE TRIGGER accounts_search_delete AFTER DELETE ON accounts_searchentry BEGIN
        INSERT INTO accounts_search_fts(accounts_search_fts, rowid, terms) VALUES ('delete', old.id, old.terms); END""",
    """CREATE TRIGGER accounts_search_update AFTER UPDATE OF terms ON accounts_searchentry BEGIN
        INSERT INTO accounts_search_fts(accounts_search_fts, rowid, terms) VALUES ('delete', old.id, old.terms);
        INSERT INTO accounts_search_fts(rowid, terms) VALUES (new.id, new.terms); END""",
]
SQLITE_BACK = [
    "DROP TRIGGER accounts_search_insert",
    "DROP TRIGGER accounts_search_delete",
    "DROP TRIGGER accounts_search_update",
    "DROP TABLE accounts_search_fts",
]
POSTGRES = ["CREATE INDEX accounts_search_terms ON accounts_searchentry USING gin (array_to_tsvector(string_to_array(terms, ' ')))"]
POSTGRES_BACK = ["DROP INDEX accounts_search_terms"]


def run(sqlite, postgres):
    def apply(apps, schema_editor):
        statements = sqlite if schema_editor.connection.vendor == "sqlite" else postgres
        with schema_editor.connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)

    return apply


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_initial")]
    operations = [migrations.RunPython(run(SQLITE, POSTGRES), run(SQLITE_BACK, POSTGRES_BACK))]
