#!/usr/bin/env bash
# Seen 2026-12-01 with sqlglot 30.30.0 and Python 3.11.
#
# A point-in-time feature on PostgreSQL is a sum in a lateral join: for each row of a spine, what lies before its time. The
# lineage of the sum, as sqlglot.lineage gives it, ends at the right column `purchases.amount`, and at no table: its source
# there is a placeholder, also with a schema given. What it does find by table are the keys of the spine that the join
# compares. So a tool that reads off tables, as those on top of dbt do, shows keys and times for the value's origin. With
# the same sum in a plain subquery the table is there.
#
# Output seen:
#   lateral join: tables spine.customer_id, spine.feature_time; no table purchases.amount, purchases.customer_id, purchases.order_ts
#   plain subquery: tables purchases.amount; no table -
#
# Needs Python 3 and a package index. Fails when the behaviour changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check sqlglot==30.30.0
seen=$("$folder/venv/bin/python" - <<'END'
from sqlglot import exp
from sqlglot.lineage import lineage

SCHEMA = {
    "spine": {"customer_id": "text", "feature_time": "timestamptz"},
    "purchases": {"customer_id": "text", "order_ts": "timestamptz", "amount": "numeric"},
}
LATERAL = """
select spine.customer_id, past.revenue
from spine
cross join lateral (
    select sum(purchases.amount) as revenue
    from purchases
    where purchases.customer_id = spine.customer_id and purchases.order_ts < spine.feature_time
) as past
"""
PLAIN = """
select spine.customer_id, past.revenue
from spine
inner join (
    select customer_id, sum(purchases.amount) as revenue from purchases group by customer_id
) as past on past.customer_id = spine.customer_id
"""


def columns(sql, of_table):
    leaves = [node for node in lineage("revenue", sql, schema=SCHEMA, dialect="postgres").walk() if not node.downstream]
    return ", ".join(sorted(node.name for node in leaves if isinstance(node.source, exp.Table) == of_table)) or "-"


for title, sql in {"lateral join": LATERAL, "plain subquery": PLAIN}.items():
    print(f"{title}: tables {columns(sql, True)}; no table {columns(sql, False)}")
END
)
echo "$seen"
[ "$seen" = "lateral join: tables spine.customer_id, spine.feature_time; no table purchases.amount, purchases.customer_id, purchases.order_ts
plain subquery: tables purchases.amount; no table -" ]
