#!/usr/bin/env bash
# undici 8.13.1: a local address among the options of `connect` is dropped without an error.
#
# `connect` takes what `net.connect` takes, and an Agent with `connect: { localAddress }` is made without complaint. The
# connection is then opened from the default address: for each connection undici puts its own `localAddress`, which is
# undefined unless it stands beside `connect`, over the one in the options. Whoever binds outgoing calls to an address, so
# that a firewall or a limit by address knows them, calls from another one and is not told. Beside `connect` it works.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' > package.json
npm install --silent --ignore-scripts --no-audit --no-fund undici@8.13.1

cat > addresses.mjs <<'JS'
import { createServer } from 'node:http';
import { Agent, request } from 'undici';

const server = createServer(({ socket }, response) => response.end(socket.remoteAddress));
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const seenFrom = async (options) => {
  const dispatcher = new Agent(options);
  const { body } = await request(`http://127.0.0.1:${server.address().port}/`, { dispatcher });
  const seen = await body.text();
  await dispatcher.close();
  return seen;
};
console.log(`among the options of connect: ${await seenFrom({ connect: { localAddress: '127.0.0.66' } })}`);
console.log(`beside connect: ${await seenFrom({ localAddress: '127.0.0.66' })}`);
server.close();
JS
printed=$(node addresses.mjs)
echo "$printed"
[[ "$printed" == 'among the options of connect: 127.0.0.1
beside connect: 127.0.0.66' ]] || {
  echo 'This has changed'
  exit 1
}
