/** Settings that keep tools from calling home; what each does without its setting is in docs/security.md. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';

const json = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'));
const npmrc = readFileSync('.npmrc', 'utf8').split('\n');

describe('what would call home is told not to', () => {
  test('cdk sends no usage, fetches no notices, and puts nothing about itself into templates', () => {
    expect(json('cdk.json')).toMatchObject({
      notices: false,
      versionReporting: false,
      context: { 'cli-telemetry': false },
    });
  });

  test('npm does not ask for a newer npm, for advisories or for funding', () => {
    expect(npmrc).toEqual(expect.arrayContaining(['update-notifier=false', 'audit=false', 'fund=false']));
  });

  test('Scarf, which comes with Swagger UI, does not report the installation, whether or not its script may run', () => {
    expect(json('package.json')).toMatchObject({
      scarfSettings: { enabled: false },
      allowScripts: { '@scarf/scarf': false },
    });
  });
});
