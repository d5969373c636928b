/** Prints the templates of the variants as JSON. No bundles: a function's code does not change the rest. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { AwsSolutionsChecks } from 'cdk-nag';
import { makeApp } from '#infra/aws/app.ts';
import { readSettings } from '#infra/aws/settings.ts';
import { trainerImage } from '#infra/aws/training/image.ts';
import { type Synthesized, VARIANTS, type Variant } from './synthesized.ts';

const root = join(import.meta.dirname, '../../..');
const context: Record<string, unknown> = JSON.parse(readFileSync(join(root, 'cdk.json'), 'utf8')).context;
const trainer = 'registry.example.com/trainyard/trainer:1';

function synthesize(folder: string, name: Variant): Synthesized {
  const { stage, override } = VARIANTS[name];
  const settings = readSettings(stage, { trainerImage: trainer, ...override });
  const app = new App({ analyticsReporting: false, context, outdir: join(folder, name) });
  const program = () => Code.fromAsset(join(folder, 'program'));
  const { data } = makeApp({
    app,
    installation: { stage, settings },
    programs: { codeOf: program, runtime: program, libraries: program },
    image: settings.batch ? trainerImage(settings, folder) : undefined,
  });
  if (name === 'open') new Bucket(data, 'Open');
  const stacks = app.synth().stacks;
  const { violations } = new AwsSolutionsChecks(app).validateScope(app);
  return {
    resources: stacks.flatMap((stack) =>
      Object.entries<Omit<Synthesized['resources'][number], 'stack' | 'id'>>(stack.template.Resources).map(
        ([id, resource]) => ({ ...resource, Properties: resource.Properties ?? {}, stack: stack.stackName, id }),
      ),
    ),
    outputs: Object.fromEntries(stacks.map((stack) => [stack.stackName, stack.template.Outputs ?? {}])),
    findings: violations.flatMap((one) =>
      one.violatingResources.map((where) => `${one.ruleName}: ${JSON.stringify(where)}`),
    ),
  };
}

const folder = mkdtempSync(join(tmpdir(), 'trainyard-synth-'));
try {
  mkdirSync(join(folder, 'program'));
  writeFileSync(join(folder, 'program', 'index.mjs'), '');
  const names = Object.keys(VARIANTS) as Variant[];
  process.stdout.write(JSON.stringify(Object.fromEntries(names.map((name) => [name, synthesize(folder, name)]))));
} finally {
  rmSync(folder, { recursive: true });
}
