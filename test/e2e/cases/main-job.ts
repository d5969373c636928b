import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { Receiver } from '#infra/embedded/demo/receiver.ts';
import { runMainJob } from '#infra/embedded/demo/session.ts';
import { Terminal } from '#infra/embedded/demo/terminal.ts';
import type { World } from '../world.ts';

export function mainJob(world: World): void {
  describe('the main job', () => {
    test('registers, uploads, trains, watches, predicts and downloads', async () => {
      const printed = new PassThrough();
      const lines: Buffer[] = [];
      printed.on('data', (chunk: Buffer) => lines.push(chunk));
      const file = join(world.folder, 'penguins.onnx');
      const terminal = new Terminal(printed);
      const receiver = world.webhooksToLoopback ? await Receiver.start() : undefined;
      const accuracy = await runMainJob(world.base, terminal, file, world.pollMilliseconds, receiver);
      await receiver?.stop();
      expect(accuracy).toBeGreaterThanOrEqual(0.95);
      expect(readFileSync(file).length).toBeGreaterThan(1000);
      expect(Buffer.concat(lines).toString()).toContain('test accuracy');
      if (receiver) expect(Buffer.concat(lines).toString()).toContain('Received a signed webhook');
    });

    test('is documented by pages whose assets are served from the same place', async () => {
      for (const page of ['/docs', '/redoc']) {
        const html = await (await fetch(`${world.base}${page}`)).text();
        const assets = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(
          (match) => new URL(match[1]!, `${world.base}${page}`),
        );
        expect(assets.length).toBeGreaterThan(0);
        for (const asset of assets) {
          expect(asset.href.startsWith(`${world.base}/`)).toBe(true);
          expect((await fetch(asset)).status).toBe(200);
        }
      }
      const document = (await (await fetch(`${world.base}/openapi.json`)).json()) as { openapi: string };
      expect(document.openapi).toMatch(/^3\.1/);
    });
  });
}
