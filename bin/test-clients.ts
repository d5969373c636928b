/**
 * `npm run test:clients [-- PATTERN …]`: runs the programs of the API's document and of docs/clients.md against a host.
 * The Python programs use `requests`, for which this creates a virtual environment in `.trainyard/clients/`.
 */
import { environmentOrExit } from './environments.ts';
import { jest, step } from './steps.ts';

environmentOrExit('clients');
process.exit(step(process.execPath, jest('test/clients/jest.config.mjs', ...process.argv.slice(2))));
