/** `cdk bootstrap` and `cdk deploy` against the emulator, as a user runs them against AWS. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type SurfaceName, surfaces } from '#infra/topology.ts';
import { CREDENTIALS, REGION } from './ministack.ts';
import { makeAlarmsPlain } from './plain-alarms.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
const CDK = join(root, 'node_modules/aws-cdk/bin/cdk');
const ACCOUNT = '000000000000';
const STACKS = ['data', 'events', 'api'].map((name) => `trainyard-dev-${name}`);
const LIMIT_MS = 240_000;

/**
 * The settings of every deployment of the test. MiniStack runs functions on this machine, hence its architecture. It
 * would wait an hour for the CDK's function that empties buckets, which cannot find AWS's SDK there, hence `retain`.
 */
const CONTEXT = {
  stage: 'dev',
  removal: 'retain',
  batch: 'false',
  architecture: process.arch,
  anonymousRequestsPerHour: '1000',
  registration: 'open',
};

export interface CloudFormation {
  readonly endpoint: string;
  /** For what `cdk` leaves behind. */
  readonly folder: string;
}

export interface Deployed {
  /** Of every surface, without a trailing slash. */
  readonly bases: Readonly<Record<SurfaceName, string>>;
  /** How many stacks had no changes. */
  readonly unchanged: number;
}

type Outputs = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** Resolves with the output of `cdk`; rejects with the end of it if it fails or takes longer than four minutes. */
async function cdk({ endpoint, folder }: CloudFormation, cwd: string, args: readonly string[]): Promise<string> {
  const env = {
    PATH: process.env.PATH,
    HOME: folder,
    CDK_HOME: folder,
    CDK_DISABLE_CLI_TELEMETRY: 'true',
    CDK_DISABLE_VERSION_CHECK: '1',
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: REGION,
    AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
    AWS_EC2_METADATA_DISABLED: 'true',
  };
  const all = [CDK, ...args, '--no-notices'];
  const options = { cwd, env, timeout: LIMIT_MS, killSignal: 'SIGKILL', maxBuffer: 1 << 26 } as const;
  try {
    const { stdout, stderr } = await run(process.execPath, all, options);
    return stdout + stderr;
  } catch (error) {
    const { stdout, stderr } = error as { readonly stdout: string; readonly stderr: string };
    throw new Error(`cdk ${args[0]} failed: ${`${stdout}${stderr}`.slice(-3000)}`);
  }
}

/** Runs in the folder, without an app: it needs none. */
export const bootstrap = (to: CloudFormation): Promise<string> =>
  cdk(to, to.folder, ['bootstrap', `aws://${ACCOUNT}/${REGION}`]);

/** Deploys the stacks that need no Batch. */
export async function deploy(to: CloudFormation, settings: Readonly<Record<string, string>> = {}): Promise<Deployed> {
  const context = Object.entries({ ...CONTEXT, ...settings }).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const outputs = join(to.folder, 'outputs.json');
  const output = join(to.folder, 'cdk.out');
  await cdk(to, root, ['synth', '--quiet', '--output', output, ...context]);
  makeAlarmsPlain(output);
  const files = ['--app', output, '--outputs-file', outputs];
  const said = await cdk(to, root, ['deploy', ...STACKS, '--require-approval', 'never', ...files]);
  const printed = (JSON.parse(readFileSync(outputs, 'utf8')) as Outputs)['trainyard-dev-api'] ?? {};
  const bases = Object.entries(surfaces).map(([name, { title }]) => [name, served(to, printed[`Base${title}`])]);
  return { bases: Object.fromEntries(bases), unchanged: said.split('(no changes)').length - 1 };
}

/** The host name of an API is that of AWS; MiniStack serves it at a path. */
function served({ endpoint }: CloudFormation, base: string | undefined): string {
  const [, id, stage] = /^https:\/\/(\w+)\.execute-api\.[^/]+\/(\w+)$/.exec(base ?? '') ?? [];
  if (id === undefined) throw new Error(`the base of a surface must be the URL of a stage; got ${base}`);
  return `${endpoint}/restapis/${id}/${stage}/_user_request_`;
}
