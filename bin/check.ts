/** `npm run check`: types, lint and format, and the import rule. Runs all three before it fails. */
import { jest, step } from './steps.ts';

const results = [
  step('tsc', ['--noEmit', '--project', 'tsconfig.json']),
  step('biome', ['ci', '--error-on-warnings']),
  step(process.execPath, jest('test/jest.config.mjs', 'test/architecture')),
];
process.exit(results.some((code) => code !== 0) ? 1 : 0);
