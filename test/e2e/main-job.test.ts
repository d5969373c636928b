import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { Client } from '#infra/embedded/demo/client.ts';
import { runMainJob } from '#infra/embedded/demo/session.ts';
import { Terminal } from '#infra/embedded/demo/terminal.ts';
import { useHost } from './use-host.ts';

const served = useHost();

describe('the main job on one machine', () => {
  test('registers, uploads, trains, watches, predicts and downloads', async () => {
    const printed = new PassThrough();
    const lines: Buffer[] = [];
    printed.on('data', (chunk: Buffer) => lines.push(chunk));
    const file = join(served.folder, 'penguins.onnx');
    const accuracy = await runMainJob(new Client(served.host.base), new Terminal(printed), file);
    expect(accuracy).toBeGreaterThanOrEqual(0.95);
    expect(readFileSync(file).length).toBeGreaterThan(1000);
    expect(Buffer.concat(lines).toString()).toContain('test accuracy');
  }, 60_000);

  test('serves its documents with assets of its own', async () => {
    for (const page of ['/docs', '/redoc']) {
      const html = await (await fetch(`${served.host.base}${page}`)).text();
      const assets = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(
        (match) => new URL(match[1]!, `${served.host.base}${page}`),
      );
      expect(assets.length).toBeGreaterThan(0);
      for (const asset of assets) {
        expect(asset.origin).toBe(served.host.base);
        expect((await fetch(asset)).status).toBe(200);
      }
    }
    const document = (await (await fetch(`${served.host.base}/openapi.json`)).json()) as { openapi: string };
    expect(document.openapi).toMatch(/^3\.1/);
  });
});
