"""Many leads at once, and how the database goes about a page of them."""

import json

from django.db import connection

# Numbers that spread evenly and never repeat each other's steps.
ROWS = """
INSERT INTO leads_lead (
    marketplace_id, name, sort_name, company, contact_person, phone, mobile, email, street,
    postcode, city, country, need, description, source, own_values,
    status, owner_id, phase_id, loss_reason_id, value, follow_up_at,
    created_at, accepted_at, phase_entered_at, phase_due_on, closed_at, last_activity_at
)
SELECT %(marketplace)s, 'Kunde ' || n, 'kunde ' || n, '', '', '', '', '', '',
    '', 'Ort ' || n %% 90, '', '', '', '', {own},
    %(status)s, %(owner)s, {phase}, %(reason)s,
    CASE WHEN n %% 5 = 0 THEN NULL ELSE n * 7919 %% 60 * 500 END,
    CASE WHEN n %% 4 = 0 THEN NULL ELSE {moment} END,
    {moment}, %(accepted)s, %(accepted)s, {target}, {closed}, {moment}
FROM {numbers}
"""
MOMENT = {
    "postgresql": "now() + (n * 104729 %% 400000 - 360000) * interval '1 minute'",
    "sqlite": "strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now',"
    " (n * 104729 %% 400000 - 360000) || ' minutes')",
}
NUMBERS = {
    "postgresql": "generate_series(1::bigint, %(count)s) AS n",
    "sqlite": "(WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r"
    " WHERE n < %(count)s) SELECT n FROM r)",
}


# Of the field that each lead of a marketplace may have: nine in ten have a value.
OWN = {
    "postgresql": "CASE WHEN n %% 10 = 0 THEN '{{}}' ELSE json_build_object("
    "%(field)s::text, (n * 7919 %% 900)::text) END::jsonb",
    "sqlite": "CASE WHEN n %% 10 = 0 THEN '{{}}' ELSE json_object("
    "%(field)s, CAST(n * 7919 %% 900 AS text)) END",
}


def seed(marketplace, count, *, owner=None, status="in_progress", field=None):
    """Write `count` leads of a marketplace by one statement.

    `field` is one of its own, a number.
    """
    phases = list(marketplace.phases.order_by("position").values_list("pk", flat=True))
    cases = " ".join(f"WHEN {n} THEN {pk}" for n, pk in enumerate(phases))
    moment = MOMENT[connection.vendor]
    is_offered, is_closed = status == "offered", status in {"won", "lost"}
    is_open = status == "in_progress"
    sql = ROWS.format(
        phase="NULL" if is_offered else f"CASE n %% {len(phases)} {cases} END",
        moment=moment,
        closed=moment if is_closed else "NULL",
        own=OWN[connection.vendor].format() if field else "'{}'",
        target=f"CASE n %% 3 WHEN 0 THEN date({moment}) END" if is_open else "NULL",
        numbers=NUMBERS[connection.vendor],
    )
    with connection.cursor() as cursor:
        cursor.execute(
            sql,
            {
                "marketplace": marketplace.pk,
                "status": status,
                "owner": owner and owner.pk,
                "reason": marketplace.loss_reasons.first().pk if status == "lost" else None,
                "accepted": None if is_offered else "2026-01-01 08:00:00+00:00",
                "count": count,
                "field": field and str(field.pk),
            },
        )


def settle():
    """Let the database count what lies where, as its own caretaker does by and by."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def nodes_of(request):
    """Return the plan nodes of every query that `request()` makes, and its answer.

    Where PostgreSQL may keep a plan for all values, those of that plan as well.
    """
    asked = []

    def note(execute, sql, params, many, context):
        if sql.startswith(("SELECT", "WITH")) and "leads_" in sql:
            asked.append((sql, params, _may_keep_plan()))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        answer = request()
    return [node for each in asked for node in _nodes(*each)], answer


def _may_keep_plan():
    is_postgresql = connection.vendor == "postgresql"
    return is_postgresql and connection.connection.prepare_threshold is not None


def _nodes(sql, params, may_keep_plan):
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}", params)
            return [detail for *_ids, detail in cursor.fetchall()]
        # As for disks without moving parts: at these few thousand leads PostgreSQL would else
        # read all of them now and then, by what it has just sampled.
        cursor.execute("SET random_page_cost = 1.1")
        nodes = _explained(cursor, sql, params)
        if may_keep_plan:
            numbered = sql.replace("%s", "{}").format(
                *(f"${n + 1}" for n in range(len(params)))
            )
            cursor.execute(f"PREPARE looked_at AS {numbered}")
            cursor.execute("SET plan_cache_mode = force_generic_plan")
            values = ", ".join(["%s"] * len(params))
            nodes += _explained(cursor, f"EXECUTE looked_at({values})", params)
            cursor.execute("RESET plan_cache_mode")
            cursor.execute("DEALLOCATE looked_at")
        cursor.execute("RESET random_page_cost")
        return nodes


def _explained(cursor, sql, params):
    cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", params)
    plan = cursor.fetchone()[0]
    plan = json.loads(plan) if isinstance(plan, str) else plan
    return list(_flat(plan[0]["Plan"]))


def _flat(node):
    yield node
    for child in node.get("Plans", ()):
        yield from _flat(child)
