"""Every macro whose SQL differs by engine, on hostile values; `differs` has what docs/spark.md excepts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import product
from random import Random

from engine_case import Case, jinja
from hostile_values import (
    AMOUNTS,
    CLOCKS,
    DAYS,
    FIELDS,
    FORMATS,
    INSTANTS,
    LARGE,
    LISTS,
    MONEY,
    NUMBERS,
    PATTERNS,
    PAYLOADS,
    TEXTS,
    UNREAD,
    WORDS,
)
from zone_edges import ZONES, edges

INSTANT = "{{ type_instant() }}"
SPLITS = "{'seed': 7, 'train': 0.7, 'val': 0.15}"
# Greek letters with an iota subscript: in upper case one letter by Unicode's simple rules, two by Java's.
IOTA = {n: n + 8 for m in (0x1F80, 0x1F90, 0x1FA0) for n in range(m, m + 8)}
IOTA |= {n: n + 9 for n in (0x1FB3, 0x1FC3, 0x1FF3)}


def cases() -> list[Case]:
    return [
        *text_cases(),
        *number_cases(),
        *time_cases(),
        *amount_cases(),
        *picked_cases(),
        *json_cases(),
        *row_cases(),
    ]


def column(values: Iterable[str | None]) -> list[tuple[str | None, ...]]:
    return [(value,) for value in values]


def with_b(values: Iterable[str | None]) -> list[tuple[str | None, ...]]:
    return [(value, None) for value in values]


def call(macro: str) -> str:
    return f"{{{{ {macro} }}}}"


def typed(expression: str, kind: str) -> str:
    """A query of an expression over `a` and `b` in another type than text."""
    values = f"select n, cast(a as {kind}) as a, cast(b as {kind}) as b from given"
    return f"select n, {expression} from ({values}) as typed"


RATIO = typed(call("exact_ratio('a', 'b')"), "decimal(38,6)")


def text_cases() -> Iterator[Case]:
    texts = column([*TEXTS, None])
    literals = (f"when {n} then {{{{ quote_literal({jinja(text)}) }}}}" for n, text in enumerate(TEXTS))
    yield Case("quote_literal", f"case n {' '.join(literals)} end", texts)
    matched = (f"case when {{{{ matches('a', {jinja(p)}) }}}} then 1 else 0 end" for p in PATTERNS)
    yield Case("matches", f"concat({', '.join(matched)})", texts)
    swapped = f"rearrange('a', {jinja('^(.)(.*)$')}, {jinja(chr(92) + '2-' + chr(92) + '1')})"
    yield Case("rearrange", call(swapped), texts)
    for macro in ("trim_whitespace('a')", "hash_number('a', 42)", "canonical_text('a', 'text')"):
        yield Case(macro, call(macro), texts)
    yield Case("plain_text", call("plain_text('a')"), texts)
    yield Case("with_value", call("with_value('v', 'a', 'v || v')"), texts)
    yield Case("null_mark", "coalesce(a, {{ null_mark() }})", texts)
    yield Case("type_string", "cast(n as {{ type_string() }})", texts)
    customers = "(select n, a as customer_id from given) as row_of"
    split = call(f"customer_split('row_of', {SPLITS})")
    yield Case("customer_split", f"select n, {split} from {customers}", texts)
    for function in ("upper", "lower"):
        cased = call(f"in_case('{function}', 'a')")
        yield Case(f"in_case {function}", cased, texts)
        every_letter = f"select n, {cased} from given where {cased} <> a"
        kept = {n: (chr(upper), None) for n, upper in IOTA.items()} if function == "upper" else {}
        yield Case(f"in_case {function} of every letter", every_letter, (), kept)


def number_cases() -> Iterator[Case]:
    for decimals in ("", ", 0", ", 2", ", 6"):
        yield Case(f"safe_number{decimals}", call(f"safe_number('a'{decimals})"), column([*NUMBERS, None]))
    marks = [
        "1.234,5",
        "0.500",
        "0,500",
        "012.345",
        "1.5",
        "1,5",
        "1.23,4",
        "12.345.678",
        "-1.234",
        ".5",
        ",5",
        "1.234\n",
        "1.2345,6",
    ]
    yield Case("plain_number", call("plain_number('a', ',', '.')"), column(marks))
    for entry, given in MONEY:
        yield Case(f"mapped_number {entry}", call(f"mapped_number('a', {entry})"), column(given))
    for decimals in ("", ", 0", ", 2"):
        plain = column(["12.5", "-0.125", "999999999999999999", "+1.", ".000001"])
        yield Case(f"exact_number{decimals}", call(f"exact_number('a'{decimals})"), plain)
    shortened, whole_number = call("without_trailing_zeros(safe_number('a'))"), call("safe_number('a')")
    yield Case(
        "without_trailing_zeros",
        f"{shortened} = {whole_number}",
        column(["12.5", "12.50", "0.000000", "-100", None]),
    )
    numbers = "'array[1, 3]' if target.type == 'postgres' else 'array(1, 3)'"
    held = call(f"array_contains({numbers}, 'cast(n as integer)')")
    yield Case("array_contains", f"select n, {held} from given", column(["one", "two", "three"]))
    scale = {n: (n, f"{n}.000000") for n in ("0", "-1000000")} | {"12.5": ("12.5", "12.500000")}
    shown = column(["12.5", "0", "-1000000", "0.000001"])
    yield Case("plain_text of a number", call("plain_text(safe_number('a'))"), shown, scale)
    whole = with_b(["0", "-7", "2147483648", "999999999999999999", None])
    for kind in ("bigint", "decimal(38,6)"):
        text = typed(call(f"canonical_text('a', '{kind}')"), kind)
        yield Case(f"canonical_text of {kind}", text, whole)
    for macro in ("canonical_text('a', 'boolean')", "plain_text('a')"):
        yield Case(f"{macro} of a boolean", typed(call(macro), "boolean"), with_b(["t", "f", None]))


def time_cases() -> Iterator[Case]:
    iso = call("safe_timestamp('a')")
    texts = [*WORDS, *(day + clock for day, clock in product(DAYS, CLOCKS)), None]
    yield Case("safe_timestamp", iso, column(texts), instant=True)
    zoned = column(f"{local.isoformat(sep=' ')} {zone}" for zone in ZONES for local in edges(zone))
    yield Case("safe_timestamp in a zone", iso, zoned, instant=True)
    for rule in ("earlier", "invalid"):
        ruled = call(f"safe_timestamp('a', '{rule}')")
        yield Case(f"safe_timestamp in a zone, {rule}", ruled, zoned, instant=True)
    yield Case("clock_text", call("clock_text('n * 86399999999')"), column(map(str, range(9))))
    unread = {text: (micros, None) for text, micros in UNREAD.items()}
    yield Case("safe_timestamp of what Spark does not read", iso, column(UNREAD), unread, instant=True)
    for (form, *more), given in FORMATS.items():
        text = call(f"zoned_iso_timestamp('a', '{more[0]}', '{form}'{''.join(f', {v!r}' for v in more[1:])})")
        yield Case(str(form), text, column(given))
        read = f"select n, {iso} from (select n, {text} as a from given) as texts"
        yield Case(f"{form}, read", read, column(given), instant=True)
    between = typed(call("whole_days_between('a', 'b')"), INSTANT)
    yield Case("whole_days_between", between, list(product(INSTANTS, INSTANTS)))
    shown = typed(call("canonical_text('a', 'timestamptz')"), INSTANT)
    yield Case("canonical_text of an instant", shown, with_b([*INSTANTS, None]))
    for n in (0, 1, 30, 36500):
        earlier = typed(f"a - {call(f'days({n})')}", INSTANT)
        yield Case(f"days({n})", earlier, with_b(INSTANTS[2:]), instant=True)
    for zone in ("UTC", "Europe/Berlin", "America/New_York"):
        for local_time in ("1970-01-01 00:00:00", "2024-07-01 12:30:00"):
            literal = call(f"instant_literal('{local_time}', '{zone}')")
            yield Case(f"instant_literal {local_time} {zone}", literal, column(["x"]), instant=True)
    yield from calendar_cases()


def calendar_cases() -> Iterator[Case]:
    bounds = [
        ("2024-02-28T23:59:59.999999Z", "2024-03-03T00:00:00Z"),
        ("2024-01-01T00:00:00Z", "2024-01-01T00:00:00Z"),
        ("1969-12-31T12:00:00Z", "1970-02-28T12:00:00.000001Z"),
        ("2025-01-05T00:00:00Z", "2024-01-05T00:00:00Z"),
        (None, None),
    ]
    first_day, last_day = "'2024-02-29'", "'2024-03-04'"
    ends = [("none", "none"), (first_day, "none"), ("none", last_day), (first_day, last_day)]
    between = typed("*", INSTANT).replace("select n, *", "select *")
    for every, (first, last) in product(("day", "week", "month"), ends):
        times = call(f"calendar('bounds', '{every}', 'a', 'b', {first}, {last})")
        query = f"with bounds as ({between}), times as ({times}) "
        query += "select row_number() over (order by feature_time), feature_time from times"
        yield Case(f"calendar by {every} from {first} to {last}", query, bounds, instant=True, keyed=True)


def amount_cases() -> Iterator[Case]:
    """Over groups `a` of amounts `b`."""
    groups = [(str(n), amount) for n, amounts in enumerate(AMOUNTS) for amount in amounts or [None]]
    large = [(f"{n}00", amount) for n, amounts in enumerate(LARGE, 1) for amount in amounts]
    for function in ("count", "sum", "avg", "min", "max", "count_distinct", "no_purchase"):
        yield Case(function, aggregated(function), groups + large, keyed=True)
    yield Case("stddev", aggregated("stddev"), groups, keyed=True)
    for level in ("0.5", "0.07", "0.9", "0.3333", "0.9999"):
        yield Case(f"quantile {level}", aggregated("quantile", level), groups + large, keyed=True)
    labelled = [row for row in groups if row[1]]  # a split has rows
    yield Case("label_mean", grouped(call("label_mean()"), "{{ label_columns()[0] }}"), labelled, keyed=True)
    for total in ("0.000001", "1", "-1", "999999999999999999999.999999"):
        average = call(f"exact_average('cast({total} as numeric(38, 6))', 'n')")
        numbered = [(str(n),) for n in range(200)]
        yield Case(f"exact_average of {total}", average, numbered)
    sides = dict.fromkeys([side for sides in AMOUNTS[:15] for side in sides] + ["2000000", "3", "-7", None])
    yield Case("exact_ratio", RATIO, list(product(sides, sides)))
    above, below = dict.fromkeys(side for sides in LARGE for side in sides), ("3", "-0.3", "10000000001.5")
    yield Case("exact_ratio of large numbers", RATIO, [*product(above, below), *product(below, above)])


def picked_cases() -> Iterator[Case]:
    """Over groups `a` of texts `b` at instants `c`, some equal."""
    chance = Random(0)
    groups = []
    for n in range(80):
        texts, times = chance.sample([*TEXTS, None], 4), chance.sample(INSTANTS, 3)
        bought = range(chance.randrange(1, 9))
        groups += [(str(n), chance.choice(texts), chance.choice(times)) for _ in bought]
    values = f"select cast(a as integer) as n, b as v, cast(c as {INSTANT}) as order_ts from given"
    for function in ("latest", "first", "mode"):
        rule = f"{{'function': '{function}', 'column': 'v'}}"
        picked = call(f"aggregate({rule}, 'given_rows', 'n <> 1')")
        yield Case(
            f"{function} of texts",
            f"select n, {picked} from ({values}) as given_rows group by n",
            groups,
            keyed=True,
        )


def one_sided() -> list[tuple[str, Case]]:
    """The engine that stops, as docs/spark.md says, and at what."""
    large = [("1", amount) for amount in ("10000000000000", "-10000000000000", "1", "2")]
    return [
        ("spark", Case("stddev of large amounts", aggregated("stddev"), large, keyed=True)),
        ("spark", Case("exact_ratio of 25 digits", RATIO, [("999999999999999999.999999", "0.000001")])),
        ("postgres", Case("division by zero", typed("a / b", "numeric(38, 6)"), [("1", "0")])),
    ]


def aggregated(function: str, level: str = "") -> str:
    rule = f"{{'function': '{function}', 'column': 'v', 'level': '{level}'}}"
    return grouped(call(f"aggregate({rule}, 'given_rows', 'v is not null')"), "v")


def grouped(expression: str, name: str) -> str:
    values = f"select cast(a as integer) as n, cast(b as {{{{ type_amount() }}}}) as {name} from given"
    return f"select n, {expression} from ({values}) as given_rows group by n"


def json_cases() -> Iterator[Case]:
    stored = "{{ 'cast(a as jsonb)' if target.type == 'postgres' else 'a' }}"
    of_row = f"with stored as (select n, {stored} as a from given)"
    texts = [f"coalesce({{{{ json_text('a', {jinja(name)}) }}}}, 'none')" for name in FIELDS]
    objects = "(select n, {{ json_object('stored', 'a') }} from stored) as objects"
    yield Case(
        "json_text", f"{of_row} select n, concat_ws('|', {', '.join(texts)}) from {objects}", column(PAYLOADS)
    )
    named = (f"coalesce({{{{ json_field('a', quote_literal({jinja(name)})) }}}}, 'none')" for name in FIELDS)
    yield Case(
        "json_field", f"{of_row} select n, concat_ws('|', {', '.join(named)}) from stored", column(PAYLOADS)
    )
    elements = call("json_elements('a')")
    each = f"select {elements} as element from stored"
    yield Case(
        "json_elements",
        f"{of_row} select row_number() over (order by element), element from ({each}) as elements",
        column(LISTS),
        keyed=True,
    )
    both = "{{ json_object('stored', 'a') }}, {{ json_object('stored', 'b') }}"
    other = "{{ 'cast(b as jsonb)' if target.type == 'postgres' else 'b' }}"
    hashes = call("json_hash('a')") + " = " + call("json_hash('b')")
    yield Case(
        "json_hash",
        f"with stored as (select n, {stored} as a, {other} as b from given) "
        f"select n, {hashes} from (select n, {both} from stored) as objects",
        [('{"a": "1", "b": "2"}', '{"b": "2", "a": "1"}'), ('{"a": "1"}', '{"a": "2"}'), ("{}", '{"a": ""}')],
    )
    left_out, name = call("array_of('name')"), call(f"quote_literal({jinja(FIELDS[0])})")
    rest = call(f"json_without('a', 'names', [{jinja(FIELDS[1])}, 'no such'])")
    yield Case(
        "json_without",
        f"{of_row}, listed as (select {left_out} as names from (select {name} as name) as one) "
        f"select n, concat_ws('|', {', '.join(texts)}) "
        f"from (select n, {rest} as a from {objects} cross join listed) as rest",
        column(PAYLOADS),
    )
    for item in ("a", "b|c", "ü\n", '["a"]'):
        held = call(f"json_array_contains('a', {jinja(item)})")
        yield Case(f"json_array_contains {item!r}", f"{of_row} select n, {held} from stored", column(LISTS))


def row_cases() -> Iterator[Case]:
    """Rows that meet, are hashed, or are left."""
    array = call("array_of('b', \"b <> 'x'\")")
    holds = call("array_contains('bs', \"'b'\")")
    yield Case(
        "array_of",
        f"select cast(a as integer), {holds} from (select a, {array} as bs from given group by a) as arrays",
        [("0", "b"), ("0", "x"), ("1", "x"), ("2", "B"), ("2", "c")],
        keyed=True,
    )
    keyed = [(key, text) for key in ("x", "X", "é", "") for text in ("b", "a", "B", "ä", "")]
    first = call("deduplicate('rows_of', 'a', 'b desc, n')")
    rows_of = "with rows_of as (select n, a, b from given)"
    yield Case("deduplicate", f"{rows_of}, done as ({first}) select n, b from done", keyed)
    columns = "[('a', 'text'), ('n', 'bigint'), ('b', 'text'), ('n > 3', 'boolean')]"
    texts = [(text, other) for text in [*TEXTS, None] for other in ("\\N", None)]
    hashed = call(f"hashed_rows('given', {columns}, condition='n <> 1')")
    numbered = "row_number() over (order by row_hash)"
    yield Case("hashed_rows", f"select {numbered}, row_hash from {hashed}", texts, keyed=True)
    for name, rows_in in (("all rows", hashed), ("no rows", hashed.replace("n <> 1", "false"))):
        query = f"select 1, {call('content_hash()')} from {rows_in}"
        yield Case(f"content_hash of {name}", query, texts, keyed=True)
    text = call("row_text(['a', 'b'])")
    alike = [(a, b) for a in ("", "x", ",", "x,", None) for b in ("", "x", ",x", None)] * 2
    equal = f"select n, min(n) over (partition by t) from (select n, {text} as t from given) as texts"
    yield Case("row_text", equal, alike, keyed=True)
    numbers = {text: (n + 1, text) for n, text in enumerate(["A", "B", "C"])}
    yield Case("customer_number", call("customer_number('a')"), column(["A", "B", "C"]), numbers)
