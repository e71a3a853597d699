"""The state of the tables: which migrations they have seen, and whether somebody's work is in them."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.utils.translation import gettext as _

from dingke.config.life.refusals import DamagedBackup

Node = tuple[str, str]


def applied(loader: MigrationLoader) -> set[Node]:
    """The migrations that the tables have seen, as far as this version knows them."""
    return {node for node in loader.applied_migrations if node in loader.graph.nodes}


def unknown(database: BaseDatabaseWrapper) -> list[Node]:
    """Migrations of our own apps in the database that this version does not know: a newer version was here."""
    loader = MigrationLoader(database)
    known = set(loader.disk_migrations)  # with those that a squashed one replaces
    for migration in loader.disk_migrations.values():
        known |= set(migration.replaces)
    return sorted(
        node for node in MigrationRecorder(database).applied_migrations() if node[0] in loader.migrated_apps and node not in known
    )


def targets(loader: MigrationLoader, migrations: list[list[str]]) -> list[Node]:
    """The state that a backup names, in terms of this version. Raises `DamagedBackup` when a newer version made it."""
    wanted = {(app, name) for app, name in migrations}
    for node, migration in loader.disk_migrations.items():
        if migration.replaces and set(map(tuple, migration.replaces)) <= wanted and node in loader.graph.nodes:
            wanted = (wanted - set(map(tuple, migration.replaces))) | {node}
    missing = sorted(f"{app}.{name}" for app, name in wanted if (app, name) not in loader.graph.nodes)
    if missing:
        raise DamagedBackup(
            _("The backup was made by a newer version: this one does not know %(names)s. Install that version and restore again.")
            % {"names": ", ".join(missing[:5])}
        )
    return sorted(
        node
        for node in wanted
        if not any(child.key in wanted and child.key[0] == node[0] for child in loader.graph.node_map[node].children)
    )


def pending(database: BaseDatabaseWrapper | None = None) -> list[Node]:
    """What is to be migrated, in order."""
    executor = MigrationExecutor(database or connection)
    return [(migration.app_label, migration.name) for migration, _back in executor.migration_plan(executor.loader.graph.leaf_nodes())]


def has_content() -> bool:
    """Whether people or accounts are in the tables; the shipped lists alone are nobody's work."""
    known = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        for model in ("people.User", "accounts.Account"):
            table = apps.get_model(model)._meta.db_table
            if table in known:
                cursor.execute(f"SELECT 1 FROM {connection.ops.quote_name(table)} LIMIT 1")
                if cursor.fetchone():
                    return True
    return False


def release(models: list[Any], *, using: str) -> str:
    """The version that last brought these tables up to date; empty when they are older than that record."""
    for model in models:
        if model._meta.label_lower == "config.release":
            newest = model._base_manager.using(using).order_by("-id").first()
            return str(newest.version) if newest else ""
    return ""
