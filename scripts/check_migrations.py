"""Check that no migration takes from the version before what it still works with.

    scripts/check_migrations.py, with DATABASE_URL on a PostgreSQL

While a new version comes into service, the one before goes on: on the tables of the new
one. So what is read or written may only be added, and no table may be locked for as long
as its rows are many. Looks at the SQL for PostgreSQL of each migration that is newer than
this rule; see CONTRIBUTING.md for what to do instead.
"""

import os
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "leadbook.settings")

# The last migrations that are older than the rule: an update across them stops the server.
OLDER = {"leads": "0002_provenance_and_erasure", "marketplaces": "0004_limits_of_retention"}
# (app, migration): {code of what is found: why it is safe}.
NEW_TABLE = "The index is one of a table that the same migration creates: nobody waits for it."
ALLOWED = {
    ("leads", "0008_saved_view"): {
        "CREATE_INDEX": NEW_TABLE,
        "CREATE_INDEX_EXCLUSIVE": NEW_TABLE,
    },
    ("leads", "0033_drop_search_text"): {
        "DROP_COLUMN": "No model has it since 0029, which is in the version before.",
    },
}

# What the linter does not know: existing rows are read while nobody may write.
VALIDATES = re.compile(
    r'ALTER TABLE (?P<table>"[^"]+") ADD CONSTRAINT (?!.*NOT VALID).*(CHECK|FOREIGN KEY)'
)
ADVICE = {
    "CREATE_INDEX": "use leadbook.safe_operations.AddIndex and atomic = False",
    "DROP_INDEX": "use leadbook.safe_operations.RemoveIndex and atomic = False",
    "NOT_NULL": "give it a db_default, or let it be null",
    "DROP_COLUMN": "drop it in the version after the one that stops using it",
    "DROP_TABLE": "drop it in the version after the one that stops using it",
    "RENAME_COLUMN": "add the new one, fill it, drop the old one in a later version",
    "RENAME_TABLE": "keep the old name by Meta.db_table",
    "ADD_CONSTRAINT": "use AddConstraintNotValid, and ValidateConstraint in a later migration",
}


def findings(statements):
    """Return (code, sentence) of what is unsafe in the SQL statements of one migration."""
    from django_migration_linter.sql_analyser import analyse_sql_statements
    from django_migration_linter.sql_analyser.postgresql import PostgresqlAnalyser

    errors, _ignored, warnings = analyse_sql_statements(PostgresqlAnalyser, statements, [])
    found = [(issue.code, issue.message) for issue in [*errors, *warnings]]
    for statement in statements:
        constraint = VALIDATES.search(statement)
        if constraint and not any(
            other.startswith(f"CREATE TABLE {constraint['table']}") for other in statements
        ):
            found.append(("ADD_CONSTRAINT", "ADDING a constraint reads and locks the table"))
    return found


def findings_of(linter, migration):
    """Return what is unsafe in a migration and not allowed."""
    statements = linter.get_sql(migration.app_label, migration.name)
    errors, _ignored, warnings = linter.analyse_data_migration(migration)
    found = findings(statements)
    found += [(issue.code, issue.message) for issue in [*errors, *warnings]]
    allowed = ALLOWED.get((migration.app_label, migration.name), {})
    return [(code, sentence) for code, sentence in found if code not in allowed]


def main():
    """Print what is unsafe and exit with 1, or exit with 0."""
    import django

    django.setup()
    from django_migration_linter import MigrationLinter

    linter = MigrationLinter(no_cache=True, no_output=True)
    known = sorted(linter.migration_loader.disk_migrations.items())
    newer = [found for (app, name), found in known if app in OLDER and name > OLDER[app]]
    number = 0
    for migration in newer:
        for code, sentence in findings_of(linter, migration):
            number += 1
            advice = ADVICE.get(code, "see CONTRIBUTING.md")
            print(f"{migration.app_label}.{migration.name}: {sentence} ({code}): {advice}.")
    if number:
        sys.exit("The version before could not go on working; see CONTRIBUTING.md.")
    print(f"{len(newer)} migrations let the version before go on working.")


if __name__ == "__main__":
    main()
