/**
 * `npm run test:cloud [-- PATTERN …]`: cfn-lint on the templates of the deployment, then the tests against an emulator
 * of AWS; with a pattern, only the tests whose path matches. The emulator is a Python program, so this makes a virtual
 * environment in `.trainyard/cloud/`, and makes it anew when the pinned requirements change.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { step } from './steps.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = join(root, '.trainyard', 'cloud');
const venv = join(folder, 'venv');
const stamp = join(folder, 'requirements.sha256');
const requirements = join(root, 'test', 'cloud', 'requirements.txt');

function fail(line: string): never {
  process.stderr.write(`${line}\n`);
  process.exit(1);
}

function install(): void {
  const wanted = createHash('sha256').update(readFileSync(requirements)).digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  const python = ['python3', 'python'].find((name) => spawnSync(name, ['-m', 'venv', '--help']).status === 0);
  if (python === undefined) fail('npm run test:cloud needs Python 3.10 or later with its module venv');
  process.stderr.write('Installing the emulator of AWS (once, and again when its requirements change) …\n');
  rmSync(venv, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  if (step(python, ['-m', 'venv', venv]) !== 0) fail(`${python} could not make a virtual environment in ${venv}`);
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--requirement', requirements];
  if (step(join(venv, 'bin', 'python'), pip) !== 0) fail('pip could not install the emulator; its messages are above');
  writeFileSync(stamp, wanted);
}

install();
const patterns = process.argv.slice(2);
const linted = patterns.length > 0 ? 0 : step(process.execPath, [join(root, 'bin', 'lint-templates.ts')]);
const tested = step(process.execPath, [
  '--experimental-vm-modules',
  '--disable-warning=ExperimentalWarning',
  join(root, 'node_modules/jest/bin/jest.js'),
  '--config',
  join(root, 'test/cloud/jest.config.mjs'),
  ...patterns,
]);
if (linted !== 0) process.stderr.write('cfn-lint found faults in the templates; they are above\n');
process.exit(tested === 0 ? linted : tested);
