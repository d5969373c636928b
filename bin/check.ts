/** `npm run check`: types, lint and format, whether the client is current, and the import rule. Runs all before it fails. */
import { jest, step } from './steps.ts';

const results = [
  step('tsc', ['--noEmit', '--project', 'tsconfig.json']),
  step('biome', ['ci', '--error-on-warnings']),
  step(process.execPath, ['--disable-warning=ExperimentalWarning', 'infra/client/main.ts', '--check']),
  step(process.execPath, jest('test/jest.config.mjs', 'test/architecture')),
];
process.exit(results.some((code) => code !== 0) ? 1 : 0);
