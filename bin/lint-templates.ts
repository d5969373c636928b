/**
 * `node bin/with-node.mjs bin/lint-templates.ts`: synthesizes each stage as `cdk deploy` would and runs cfn-lint on the
 * templates. That is a Python program, so this creates a virtual environment in `.trainyard/cloud/` for it.
 */
import { globSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { environmentOrExit } from './environments.ts';
import { step } from './steps.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = join(root, '.trainyard', 'cloud');

/** A placeholder, never pulled, for the image that Docker would build. */
const IMAGE = ['-c', 'trainerImage=registry.example.com/trainyard/trainer:1'];
const INSTALLATIONS: Readonly<Record<string, readonly string[]>> = {
  dev: ['-c', 'stage=dev', ...IMAGE],
  prod: ['-c', 'stage=prod', '-c', 'waf=true', '-c', 'alarmEmail=someone@example.com', ...IMAGE],
  small: ['-c', 'stage=prod', '-c', 'batch=false'],
};

/** Regions to lint for, because the available resources and values differ. */
const REGIONS = ['us-east-1', 'eu-west-1'];

/** W3005: the CDK makes every function depend on its role, which the function references as well. It is harmless. */
const IGNORED = ['W3005'];

function fail(line: string): never {
  process.stderr.write(`${line}\n`);
  process.exit(1);
}

const programs = join(root, environmentOrExit('lint'));
const cdk = join(root, 'node_modules', 'aws-cdk', 'bin', 'cdk');
const templates = Object.entries(INSTALLATIONS).flatMap(([name, context]) => {
  const out = join(folder, 'templates', name);
  rmSync(out, { recursive: true, force: true });
  if (step(process.execPath, [cdk, 'synth', '--quiet', '--output', out, ...context]) !== 0)
    fail(`${name} does not synthesize`);
  return globSync('*.template.json', { cwd: out }).map((file) => join(out, file));
});
const code = step(join(programs, 'cfn-lint'), [
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
