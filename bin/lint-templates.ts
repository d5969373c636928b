/**
 * `node bin/with-node.mjs bin/lint-templates.ts`: synthesizes each stage as `cdk deploy` would and hands the templates to
 * cfn-lint. That is a Python program, so this makes a virtual environment in `.trainyard/cloud/` for it.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { step } from './steps.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = join(root, '.trainyard', 'cloud');
const venv = join(folder, 'lint');
const stamp = join(folder, 'lint-requirements.sha256');
const requirements = join(root, 'infra', 'aws', 'lint-requirements.txt');

/** An image that nobody pulls stands for the one that Docker would build. */
const IMAGE = ['-c', 'trainerImage=registry.example.com/trainyard/trainer:1'];
const INSTALLATIONS: Readonly<Record<string, readonly string[]>> = {
  dev: ['-c', 'stage=dev', ...IMAGE],
  prod: ['-c', 'stage=prod', '-c', 'waf=true', '-c', 'alarmEmail=someone@example.com', ...IMAGE],
  small: ['-c', 'stage=prod', '-c', 'batch=false'],
};

/** Regions to lint for: where an installation may stand has a say in which resources and values there are. */
const REGIONS = ['us-east-1', 'eu-west-1'];

/** W3005: the CDK lets every function depend on its role, which the function names as well. It is of no harm. */
const IGNORED = ['W3005'];

function fail(line: string): never {
  process.stderr.write(`${line}\n`);
  process.exit(1);
}

function install(): void {
  const wanted = createHash('sha256').update(readFileSync(requirements)).digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  const python = ['python3', 'python'].find((name) => spawnSync(name, ['-m', 'venv', '--help']).status === 0);
  if (python === undefined) fail('cfn-lint needs Python 3.10 or later with its module venv');
  process.stderr.write('Installing cfn-lint (once, and again when its version changes) …\n');
  rmSync(venv, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  if (step(python, ['-m', 'venv', venv]) !== 0) fail(`${python} could not make a virtual environment in ${venv}`);
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--requirement', requirements];
  if (step(join(venv, 'bin', 'python'), pip) !== 0) fail('pip could not install cfn-lint; its messages are above');
  writeFileSync(stamp, wanted);
}

install();
const cdk = join(root, 'node_modules', 'aws-cdk', 'bin', 'cdk');
const templates = Object.entries(INSTALLATIONS).flatMap(([name, context]) => {
  const out = join(folder, 'templates', name);
  rmSync(out, { recursive: true, force: true });
  if (step(process.execPath, [cdk, 'synth', '--quiet', '--output', out, ...context]) !== 0)
    fail(`${name} does not synthesize`);
  return globSync('*.template.json', { cwd: out }).map((file) => join(out, file));
});
const code = step(join(venv, 'bin', 'cfn-lint'), [
  '--ignore-checks',
  ...IGNORED,
  '--regions',
  ...REGIONS,
  '--template',
  ...templates,
]);
if (code === 0)
  console.log(`${templates.length} templates of ${Object.keys(INSTALLATIONS).length} installations: no findings`);
process.exit(code);
