#!/usr/bin/env bash
# @duckdb/node-api 1.5.6-r.1 (DuckDB 1.5.6): whether a blank line above a CSV's header counts depends on who names the columns.
#
# With `auto_detect=false`, `header=true` and all columns declared, the blank line is taken for the header, so the real one
# comes back as the first row, also in strict mode. Detected, the same file has the names of the header and one row less. A
# file that is read as text throughout, so that nothing is guessed, thus has a row that is none.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' > package.json
npm install --silent --ignore-scripts --no-audit --no-fund @duckdb/node-api@1.5.6-r.1

printf '\nx,z,y\n1.5,2,a\n' > table.csv

cat > read.cjs <<'JS'
const { DuckDBInstance } = require('@duckdb/node-api');
const declared = "columns={'x': 'VARCHAR', 'z': 'VARCHAR', 'y': 'VARCHAR'}";
const WAYS = {
  declared: `header=true, strict_mode=true, auto_detect=false, ${declared}`,
  detected: 'header=true, strict_mode=true, all_varchar=true',
};
void (async () => {
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  for (const [way, options] of Object.entries(WAYS)) {
    const reader = await connection.runAndReadAll(`SELECT * FROM read_csv('table.csv', ${options})`);
    console.log(`${way}: ${reader.columnNames()} | ${reader.getRows().join(' | ')}`);
  }
})();
JS
node read.cjs | tee seen

cat > expected <<'TEXT'
declared: x,z,y | x,z,y | 1.5,2,a
detected: x,z,y | 1.5,2,a
TEXT
diff expected seen
