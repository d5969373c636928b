#!/usr/bin/env bash
# @duckdb/node-api 1.5.6-r.1 (DuckDB 1.5.6): numbers of JSON lose digits before they become the type that was asked for.
#
# `read_json` with a column declared as DECIMAL(38,19) or VARCHAR turns each number into a double first. A decimal of 19 digits
# comes back as another one, without an error, and as text it is not what the file says: digits are missing at its end, and so
# are zeros. The same number in quotes keeps all its digits. In CSV the declared type is read from the text.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' > package.json
npm install --silent --ignore-scripts --no-audit --no-fund @duckdb/node-api@1.5.6-r.1

printf '{"d": 0.1234567890123456789}\n{"d": 1.10}\n' > numbers.jsonl
printf '{"d": "0.1234567890123456789"}\n{"d": "1.10"}\n' > quoted.jsonl
printf 'd\n0.1234567890123456789\n1.10\n' > numbers.csv

cat > read.cjs <<'JS'
const { DuckDBInstance } = require('@duckdb/node-api');
void (async () => {
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  for (const file of ['numbers.jsonl', 'quoted.jsonl', 'numbers.csv']) {
    for (const type of ['DECIMAL(38,19)', 'VARCHAR']) {
      const read = file.endsWith('.csv') ? 'read_csv' : 'read_json';
      const reader = await connection.runAndReadAll(`SELECT d::VARCHAR FROM ${read}('${file}', columns={'d': '${type}'})`);
      console.log(`${file}, ${type}: ${reader.getRows().flat().join(', ')}`);
    }
  }
})();
JS
node read.cjs | tee seen

cat > expected <<'TEXT'
numbers.jsonl, DECIMAL(38,19): 0.1234567890123456768, 1.1000000000000000000
numbers.jsonl, VARCHAR: 0.12345678901234568, 1.1
quoted.jsonl, DECIMAL(38,19): 0.1234567890123456789, 1.1000000000000000000
quoted.jsonl, VARCHAR: 0.1234567890123456789, 1.10
numbers.csv, DECIMAL(38,19): 0.1234567890123456789, 1.1000000000000000000
numbers.csv, VARCHAR: 0.1234567890123456789, 1.10
TEXT
diff expected seen
