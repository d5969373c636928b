/** The CDK app: `cdk deploy --all -c stage=prod`. Settings of a single value may be overridden with `-c`. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { App } from 'aws-cdk-lib';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { cutLayer } from '../../layers/onnxruntime/layer.ts';
import { makeApp } from './app.ts';
import { bundleFunctions } from './bundle/functions.ts';
import { bundleLibraries } from './bundle/libraries.ts';
import { OVERRIDABLE, readSettings, SettingsError, type Stage } from './settings.ts';
import { synthesize } from './synthesize.ts';
import { trainerImage } from './training/image.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const built = join(root, '.trainyard', 'cloud', 'assets');

try {
  const app = new App({ analyticsReporting: false });
  const context = app.node;
  const stage: unknown = context.tryGetContext('stage') ?? 'dev';
  const override = Object.fromEntries(OVERRIDABLE.map((name) => [name, context.tryGetContext(name)]));
  const settings = readSettings(stage, override);
  // Before anything is built, because this fails without Docker.
  const image = settings.batch ? trainerImage(settings, root) : undefined;
  await Promise.all([
    bundleFunctions(root, join(built, 'functions')),
    bundleLibraries(root, join(built, 'libraries')),
    cutLayer(join(built, 'runtime'), { os: 'linux', arch: settings.architecture }),
  ]);
  makeApp({
    app,
    installation: { stage: stage as Stage, settings },
    programs: {
      codeOf: (name) => Code.fromAsset(join(built, 'functions', name)),
      runtime: () => Code.fromAsset(join(built, 'runtime')),
      libraries: () => Code.fromAsset(join(built, 'libraries')),
    },
    image,
  });
  synthesize(app);
} catch (error) {
  if (!(error instanceof SettingsError)) throw error;
  console.error(error.message);
  process.exit(1);
}
