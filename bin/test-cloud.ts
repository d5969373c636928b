/**
 * `npm run test:cloud [-- PATTERN …]`: cfn-lint on the templates of the deployment, then the tests against an emulator
 * of AWS; with a pattern, only the tests whose path matches. The emulator is a Python program, so this creates a
 * virtual environment in `.trainyard/cloud/`, and recreates it when the pinned requirements change.
 */
import { environmentOrExit } from './environments.ts';
import { jest, step } from './steps.ts';

environmentOrExit('cloud');
const patterns = process.argv.slice(2);
const linted = patterns.length > 0 ? 0 : step(process.execPath, ['bin/lint-templates.ts']);
const tested = step(process.execPath, jest('test/cloud/jest.config.mjs', ...patterns));
if (linted !== 0) process.stderr.write('cfn-lint found errors in the templates; see above\n');
process.exit(tested === 0 ? linted : tested);
