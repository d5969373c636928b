import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { cutRuntime, LAMBDA_UNZIPPED_BYTES, type Platform } from '../../../layers/onnxruntime/cut.ts';
import { cutLayer } from '../../../layers/onnxruntime/layer.ts';

/** What the layer must leave for the largest function. */
const ROOM_FOR_A_FUNCTION = 50 * 1024 * 1024;

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trainyard-layer-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('the layer with ONNX Runtime', () => {
  test("fits Lambda's limit together with a function, and is for linux/arm64 alone", async () => {
    const bytes = await cutRuntime(folder, { os: 'linux', arch: 'arm64' });
    expect(bytes).toBeGreaterThan(10 * 1024 * 1024);
    expect(bytes).toBeLessThan(LAMBDA_UNZIPPED_BYTES - ROOM_FOR_A_FUNCTION);
    const native = join(folder, 'nodejs/node_modules/onnxruntime-node/bin/napi-v6');
    expect(existsSync(join(native, 'linux/arm64/onnxruntime_binding.node'))).toBe(true);
    expect(['darwin', 'win32', 'linux/x64'].filter((other) => existsSync(join(native, other)))).toEqual([]);
  });

  const here = { os: process.platform, arch: process.arch } as Platform;

  test('has everything that is needed to load the runtime, cut for this machine', async () => {
    await cutRuntime(folder, here);
    const program = `console.log(typeof require('onnxruntime-node').InferenceSession.create)`;
    const modules = join(folder, 'nodejs/node_modules');
    const said = execFileSync(process.execPath, ['-e', program], {
      cwd: folder,
      env: { NODE_PATH: modules },
      encoding: 'utf8',
    });
    expect(said.trim()).toBe('function');
  });

  test('has sharp, which decodes images, cut for this machine', async () => {
    const bytes = await cutLayer(folder, here);
    expect(bytes).toBeLessThan(LAMBDA_UNZIPPED_BYTES - ROOM_FOR_A_FUNCTION);
    const program = `require('sharp')({ create: { width: 2, height: 1, channels: 3, background: 'red' } }).raw().toBuffer().then((b) => console.log([...b].join()))`;
    const env = { NODE_PATH: join(folder, 'nodejs/node_modules') };
    const said = execFileSync(process.execPath, ['-e', program], { cwd: folder, env, encoding: 'utf8' });
    expect(said.trim()).toBe('255,0,0,255,0,0');
  });

  test('is not made for a platform that the package does not have', async () => {
    await expect(cutRuntime(folder, { os: 'darwin', arch: 'x64' })).rejects.toThrow('no files for darwin/x64');
  });
});
