/**
 * `npm run test:browser [-- PATTERN …]`: opens the pages of the documentation, and the one that docs/clients.md prints, in
 * a real Chromium. That is a program of the system's, such as Debian's package `chromium`; CHROMIUM names another one.
 */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { jest, step } from './steps.ts';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];
const MAC = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome';

const folders = (process.env.PATH ?? '').split(delimiter);
const installed = [...NAMES.flatMap((name) => folders.map((folder) => join(folder, name))), MAC].find(existsSync);
process.env.CHROMIUM ??= installed;

if (process.env.CHROMIUM === undefined) {
  process.stderr.write(`The tests in a browser need one of ${NAMES.join(', ')}, or its path in CHROMIUM\n`);
  process.exit(1);
}
process.exit(step(process.execPath, jest('test/browser/jest.config.mjs', ...process.argv.slice(2))));
