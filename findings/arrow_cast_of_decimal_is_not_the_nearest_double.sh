#!/usr/bin/env bash
# Seen 2026-11-29 with pyarrow 25.0.1 and Python 3.11.
#
# Of the prices 0.00 to 9,999.99 as decimal128(38, 6), more than a quarter become by cast(float64) a double that is
# not the nearest one: not what float() of the same Decimal is, nor what reading the price from a CSV file gives.
# A price that went through Arrow as a decimal and the same price read as a number are unequal, in a join or a
# comparison of two exports. The text of the decimal, cast to float64, gives the nearest double each time.
#
# Output seen:
#   prices: 1,000,000; cast is not the nearest double: 291,127; first 0.05: 0.049999999999999996
#   by text: 0
#
# Needs Python 3 and a package index. Fails when the behaviour changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check pyarrow==25.0.1
"$folder/venv/bin/python" - <<'END'
from decimal import Decimal

import pyarrow as pa

prices = [Decimal(cents).scaleb(-2) for cents in range(1_000_000)]
nearest = [float(price) for price in prices]
exact = pa.array(prices, pa.decimal128(38, 6))
cast = exact.cast(pa.float64()).to_pylist()
by_text = exact.cast(pa.string()).cast(pa.float64()).to_pylist()
wrong = [n for n, (one, other) in enumerate(zip(cast, nearest)) if one != other]
first = f"first {prices[wrong[0]]}: {cast[wrong[0]]!r}" if wrong else "none"
print(f"prices: {len(prices):,}; cast is not the nearest double: {len(wrong):,}; {first}")
print(f"by text: {sum(one != other for one, other in zip(by_text, nearest))}")
assert len(wrong) == 291_127
assert by_text == nearest
END
