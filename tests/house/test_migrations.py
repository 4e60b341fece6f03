"""What counts as a migration that the version before cannot live with."""

from importlib.util import module_from_spec, spec_from_file_location

import pytest

from .sources import ROOT

SPEC = spec_from_file_location("check_migrations", ROOT / "scripts" / "check_migrations.py")
check = module_from_spec(SPEC)
SPEC.loader.exec_module(check)

NEW = 'CREATE TABLE "leads_visit" ("id" bigint NOT NULL PRIMARY KEY);'
INDEX = 'CREATE INDEX {} "visit_time" ON "leads_visit" ("at");'
CHECK = 'ALTER TABLE "leads_visit" ADD CONSTRAINT "c" CHECK ("size" > 0){};'


@pytest.mark.parametrize(
    ("statements", "codes"),
    [
        ([NEW, INDEX.format("")], []),
        ([INDEX.format("")], ["CREATE_INDEX"]),
        ([INDEX.format("CONCURRENTLY")], []),
        (['DROP INDEX IF EXISTS "visit_time";'], ["DROP_INDEX"]),
        (['DROP INDEX CONCURRENTLY IF EXISTS "visit_time";'], []),
        ([CHECK.format("")], ["ADD_CONSTRAINT"]),
        ([CHECK.format(" NOT VALID")], []),
        ([NEW, CHECK.format("")], []),
        (['ALTER TABLE "leads_visit" VALIDATE CONSTRAINT "c";'], []),
        (['ALTER TABLE "leads_lead" ADD COLUMN "a" integer NULL;'], []),
        (['ALTER TABLE "leads_lead" ADD COLUMN "a" integer DEFAULT 0 NOT NULL;'], []),
        (['ALTER TABLE "leads_lead" ADD COLUMN "a" integer NOT NULL;'], ["NOT_NULL"]),
        (['ALTER TABLE "leads_lead" DROP COLUMN "a" CASCADE;'], ["DROP_COLUMN"]),
        (['ALTER TABLE "leads_lead" RENAME COLUMN "a" TO "b";'], ["RENAME_COLUMN"]),
        (['ALTER TABLE "leads_lead" ALTER COLUMN "a" TYPE bigint;'], ["ALTER_COLUMN"]),
    ],
)
def test_what_is_found(statements, codes):
    assert [code for code, _sentence in check.findings(statements)] == codes


def test_each_exception_has_a_reason_and_a_migration():
    for (app, name), reasons in check.ALLOWED.items():
        assert (ROOT / app / "migrations" / f"{name}.py").exists()
        assert all(len(reason) > 20 for reason in reasons.values())
    for app, name in check.OLDER.items():
        assert (ROOT / app / "migrations" / f"{name}.py").exists()
