/** The deployment as `infra/aws/main.ts` makes it, without bundles, and with a bucket that breaks rules. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { makeApp } from '#infra/aws/app.ts';
import { readSettings } from '#infra/aws/settings.ts';
import { synthesize } from '#infra/aws/synthesize.ts';

const folder = mkdtempSync(join(tmpdir(), 'trainyard-open-'));
process.once('exit', () => rmSync(folder, { recursive: true }));
writeFileSync(join(folder, 'index.mjs'), '');
const program = () => Code.fromAsset(folder);
const app = new App({ analyticsReporting: false });
const { data } = makeApp({
  app,
  installation: { stage: 'dev', settings: readSettings('dev', { batch: false }) },
  programs: { codeOf: program, runtime: program, libraries: program },
  image: undefined,
});
new Bucket(data, 'Open');
synthesize(app);
