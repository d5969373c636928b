/**
 * `npm run test:schemathesis [-- [--surface NAME] OPTIONS]`: Schemathesis on the OpenAPI document of every surface, or of
 * one, against a new host. It makes the same requests each time; `--max-examples N` makes more of them, `--seed N` others,
 * and `--max-time SECONDS` goes on for so long. They are options of `schemathesis run`, as all others are. It is a Python
 * program, for which this creates a virtual environment in `.trainyard/schemathesis/`.
 */
import { environmentOrExit } from './environments.ts';
import { jest, step } from './steps.ts';

const BOUNDED = ['--seed', '2026', '--max-examples', '10'];

const options = process.argv.slice(2);
const place = options.indexOf('--surface');
const [, surface] = place === -1 ? [] : options.splice(place, 2);
if (place !== -1) process.env.SCHEMATHESIS_SURFACE = surface ?? '';

environmentOrExit('schemathesis');
// Of an option that is given twice, the last one counts.
process.env.SCHEMATHESIS_OPTIONS = [...BOUNDED, ...options].join(' ');
process.exit(step(process.execPath, jest('test/schemathesis/jest.config.mjs')));
