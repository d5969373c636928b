/** `npm test [-- PATTERN …]`: the tests, or those whose path matches. */
import { jest, step } from './steps.ts';

process.exit(step(process.execPath, jest('test/jest.config.mjs', ...process.argv.slice(2))));
