"""The run page and the profiles under it: SQL against plain Python, and the pages of runs of all kinds."""

from __future__ import annotations

import math
import shutil
from contextlib import closing

from conftest import PROJECT
from profile_oracle import is_sampled, profile_of
from proof_case import Shop

from ready.recorded.profiles import parse_profile, population_stability_index, read_profiles
from ready.recorded.registry import find_build
from ready.recorded.registry_diff import diff_builds

# Features as they might be: exact and floating numbers, constant, without any value, and no number at all.
ODD_TABLE = """
create table public.odd as
select
    'C' || n % 97 as customer_id,
    timestamptz '1999-12-30 12:00:00+00' + n * interval '7 hours' as feature_time,
    n % 7 - 3 as small,
    case when n % 3 > 0 then cast((n * 7919 % 10007) / 8.0 as numeric(38, 6)) end as "Mixed Case",
    case n when 7 then 'NaN' when 9 then '-Infinity' else cast(n as double precision) / 8 end as floating,
    cast(null as bigint) as empty,
    2.50 as constant,
    case when n % 5 > 0 then 'text' end as words
from generate_series(1, 1500) as n
"""
TYPES = {
    "customer_id": "text",
    "feature_time": "timestamp with time zone",
    "small": "integer",
    "Mixed Case": "numeric",
    "floating": "double precision",
    "empty": "bigint",
    "constant": "numeric",
    "words": "text",
}
NUMBERS = list(TYPES)[2:-1]

# The profiles of all rows; and with a number of rows that makes it take one row in four.
PROFILES = f"""
{{%- set table = api.Relation.create(database=target.database, schema='public', identifier='odd') -%}}
{{%- set columns = [] -%}}
{{%- for name, type in {TYPES}.items() -%}}
    {{%- do columns.append(api.Column(name, type)) -%}}
{{%- endfor -%}}
{{{{ feature_profiles({{'features': table, 'columns': columns, 'row_count': 1500}}) }}}};
{{{{ feature_profiles({{'features': table, 'columns': columns, 'row_count': 400000}}) }}}}
"""


def test_the_recorded_profiles_are_those_of_plain_python(built_shop: Shop) -> None:
    with closing(built_shop.database.connect()) as connection:
        build = find_build(connection, built_shop.settings, "1")
        profiles = read_profiles(connection, built_shop.settings, build)
    names = [column["name"] for column in build["columns"]]
    table = built_shop.rows("select * from feats.customer_features")
    columns = dict(zip(names, zip(*table, strict=True), strict=True))
    assert profiles == {name: profile_of(name, columns[name]) for name in names[2:]}
    assert list(profiles) == names[2:]


def test_odd_columns_and_samples_are_profiled_as_in_plain_python(shop: Shop) -> None:
    shop.execute(ODD_TABLE)
    compiled = shop.ready("dbt", "compile", "--quiet", "--inline", PROFILES)
    assert compiled.returncode == 0, compiled.stdout + compiled.stderr
    customers, times, *columns = zip(*shop.rows("select * from public.odd"), strict=True)
    for step, query in zip((1, 4), compiled.stdout.split(";"), strict=True):
        found = {name: parse_profile(name, text) for name, text in shop.rows(query)}
        sampled = [is_sampled(who, when, step) for who, when in zip(customers, times, strict=True)]
        for name, values in zip(NUMBERS, columns, strict=False):
            finite = [value if value is not None and math.isfinite(value) else None for value in values]
            assert found[name] == profile_of(name, finite, sampled=sampled, step=step), name
        assert (found["words"].rows, found["words"].missing, found["words"].distribution) == (1500, 300, ())
        assert (sum(sampled) < 1500) == (step > 1)


def test_the_page_tells_of_each_run_what_it_did(shop: Shop) -> None:
    checks = f"{len(shop.report['checks'])} check(s), 0 error(s)"
    shown = ["✓ Run finished", "3 file(s), 5,006 rows", checks, "The first build"]
    assert missing(shop, *shown) == []
    lost = ["6 delivered again", "311 cancelled: no purchase", "416 the horizon", "161 in an embargo"]
    assert missing(shop, *lost, '414 <span class="soft">76.24%', "<strong>Unproven</strong>") == []

    file = shop.data / "orders_2025_h1.csv"
    file.write_text("\n".join([*file.read_text().splitlines()[:1200], "<b>too</b>,few"]) + "\n")
    assert "reports/index.html" in shop.run("--data", shop.data).stdout
    index, told = drift_between_builds(shop, "days_since_first_order")
    drift = f'data-value="{index}"'
    assert f"@ days_since_first_order: PSI {index:.3f}, stable" in told
    assert any(line.startswith("-days_since_first_order: 2,211 rows, 0 missing, 6 zero,") for line in told)
    rejects = ['href="#rejects-4"', "orders_2025_h1.csv:1201", "&lt;b&gt;too&lt;/b&gt;,few"]
    assert missing(shop, "superseded by load 4", drift, *rejects, "1 could not be read") == []
    before, now = (f'<td class="number" data-value="{count}"' for count in (5006, 4404))
    assert missing(shop, "Beside the build before", before, now) == []

    changed = page(shop)
    assert "Nothing changed" in shop.run("--data", shop.data).stdout
    assert page(shop) == changed

    shutil.copy(PROJECT / "data/dirty/orders_2025_h1.csv", file)
    done = shop.ready("run", "--data", shop.data)
    assert done.returncode == 1
    assert done.stdout.partition("Run page: ")[2].strip().endswith("/shop/artifacts/reports/index.html")
    shown = ["✗ Run stopped", "the gate stopped the run", 'id="check-1"', "orders_2025_h1.csv:97"]
    assert missing(shop, *shown) == []
    assert missing(shop, 'id="features"', 'id="splits"') == ['id="features"', 'id="splits"']


def test_a_run_that_never_comes_to_the_gate_says_why_and_masks_what_is_sensitive(shop: Shop) -> None:
    expectations = shop.project / "configs/expectations.yaml"
    named = "- name: customer_id\n"
    expectations.write_text(
        expectations.read_text().replace(
            named, f"{named}        config: {{meta: {{ready: {{sensitive: true}}}}}}\n"
        )
    )
    with (shop.data / "orders_2024_h1.csv").open("a") as file:
        file.write("O1,C000secret\n")
    (shop.data / "orders_2026.csv").write_text("<!doctype html>\n<title>Sign in</title>\n")
    assert shop.ready("run", "--data", shop.data).returncode == 1
    why, rejected = "orders_2026.csv", "orders_2024_h1.csv:1312"
    assert missing(shop, "✗ Run stopped", why, rejected, "The run did not come to dbt.") == []
    assert missing(shop, "C000secret") == ["C000secret"]


def page(shop: Shop) -> str:
    return (shop.artifacts / "reports/index.html").read_text(encoding="utf-8")


def missing(shop: Shop, *texts: str) -> list[str]:
    """Those of the texts that the page does not have."""
    html = page(shop)
    return [text for text in texts if text not in html]


def drift_between_builds(shop: Shop, column: str) -> tuple[float, list[str]]:
    """The index between the two builds, and what `ready registry diff` says of them."""
    hashes = shop.rows("select data_hash from meta.feature_registry order by created_at")
    names = [f"1@{data_hash}" for (data_hash,) in hashes]
    with closing(shop.database.connect()) as connection:
        before, after = (
            read_profiles(connection, shop.settings, find_build(connection, shop.settings, name))
            for name in names
        )
        told = diff_builds(connection, shop.settings, *names)["distribution"]
    return population_stability_index(before[column], after[column]), told
