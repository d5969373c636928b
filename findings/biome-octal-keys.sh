#!/usr/bin/env bash
# @biomejs/biome 2.5.15: a fix that counts as safe changes the value of octal keys.
#
# The rule useSimpleNumberKeys rewrites number keys of objects as decimals, with `biome check --write` and without asking.
# It reads octal digits in base 7: 0o100000, the type of an ordinary file in the mode bits of ZIP and tar, becomes 16807,
# which is 7^5, instead of 32768, and 0o40000, a folder, becomes 9604 instead of 16384. The program still compiles and its
# types are right; a table by mode bits then knows no entry of any archive. Hexadecimal keys come out right.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund @biomejs/biome@2.5.15

cat > kinds.js <<'JS'
export const kinds = { 0o100000: 'file', 0o40000: 'folder', 0x10: 'hexadecimal' };
JS
before=$(node --input-type=module -e "import { kinds } from './kinds.js'; console.log(Object.keys(kinds).join(' '))")
npx biome check --write kinds.js > /dev/null
after=$(node --input-type=module -e "import { kinds } from './kinds.js'; console.log(Object.keys(kinds).join(' '))")
echo "keys before: $before"
echo "keys after: $after"
[[ "$before" == '16 16384 32768' && "$after" == '16 9604 16807' ]] || {
  echo 'This has changed'
  exit 1
}
