#!/usr/bin/env bash
# @duckdb/node-api 1.5.6-r.1 (DuckDB 1.5.6) and pyarrow 26.0.1: Parquet decimals of more than 38 digits become doubles, and of
# some widths other numbers.
#
# DuckDB's own decimals have 38 digits. A column of pyarrow's decimal256 is neither refused nor read as text: its type is DOUBLE,
# and whole numbers that differ in their last digits become one, without a warning. With 40 digits, which Parquet stores in 17
# bytes, they are also 2^56 times too large, and with 50, in 21 bytes, 2^24 times: by 256 for each byte that is missing to a
# multiple of eight. With 57 and 76 digits (24 and 32 bytes) the magnitude is right. pyarrow reads all of them back.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check pyarrow==26.0.1
echo '{ "private": true }' > package.json
npm install --silent --ignore-scripts --no-audit --no-fund @duckdb/node-api@1.5.6-r.1

venv/bin/python - <<'PY'
from decimal import Decimal
import pyarrow as pa
import pyarrow.parquet as pq

def write(name, values, type):
    pq.write_table(pa.table({'v': pa.array(values, type)}), name)

write('of38.parquet', [Decimal(10**30), Decimal(10**30 + 1)], pa.decimal128(38, 0))
for digits in (40, 50, 57, 76):
    write(f'of{digits}.parquet', [Decimal(10**30), Decimal(10**30 + 1)], pa.decimal256(digits, 0))
    assert pq.read_table(f'of{digits}.parquet')['v'].to_pylist() == [10**30, 10**30 + 1]
PY

cat > read.cjs <<'JS'
const { DuckDBInstance } = require('@duckdb/node-api');
void (async () => {
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  for (const file of ['of38.parquet', 'of40.parquet', 'of50.parquet', 'of57.parquet', 'of76.parquet']) {
    const query = `SELECT any_value(typeof(v)), count(DISTINCT v), min(v)::VARCHAR FROM read_parquet('${file}')`;
    const [[type, distinct, least]] = (await connection.runAndReadAll(query)).getRows();
    console.log(`${file}: ${type}, ${distinct} different, ${least}`);
  }
})();
JS
node read.cjs | tee seen

cat > expected <<'TEXT'
of38.parquet: DECIMAL(38,0), 2 different, 1000000000000000000000000000000
of40.parquet: DOUBLE, 1 different, 7.205759403792794e+46
of50.parquet: DOUBLE, 1 different, 1.6777216e+37
of57.parquet: DOUBLE, 1 different, 1e+30
of76.parquet: DOUBLE, 1 different, 1e+30
TEXT
diff expected seen
