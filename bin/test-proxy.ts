/**
 * `npm run test:proxy [-- PATTERN …]`: a host behind nginx and behind Caddy, with the configuration files of the guide.
 * Needs both programs, openssl, and Linux, where all of 127.0.0.0/8 is this machine.
 */
import { spawnSync } from 'node:child_process';
import { jest, step } from './steps.ts';

const needed = { nginx: '-v', caddy: 'version', openssl: 'version' };
// Where Debian has nginx, which is not on everybody's path.
process.env.PATH += ':/usr/sbin';
const missing = Object.entries(needed).filter(([program, version]) => spawnSync(program, [version]).error);
if (missing.length > 0) {
  const names = missing.map(([program]) => program).join(' ');
  process.stderr.write(`the test of proxies needs ${names}; on Debian: apt-get install ${names}\n`);
  process.exit(1);
}
process.exit(step(process.execPath, jest('test/proxy/jest.config.mjs', ...process.argv.slice(2))));
