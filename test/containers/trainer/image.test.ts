/** Checks of the trainer's image that need no Docker: its versions are the project's, and it contains what it names. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { TELEMETRY_OFF } from '#engine/telemetry.ts';

const FOLDER = 'containers/trainer';
const dockerfile = readFileSync(join(FOLDER, 'Dockerfile'), 'utf8');
const { dependencies, devDependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
};

describe("the trainer's image", () => {
  test('has the Node.js that everything else runs under', () => {
    expect(dockerfile).toContain(`FROM node:${devDependencies.node}-bookworm-slim AS build`);
  });

  test('takes the CUDA provider from the release of ONNX Runtime that npm installs, and puts it where that expects it', () => {
    const requirements = readFileSync(join(FOLDER, 'cuda-requirements.txt'), 'utf8');
    expect(requirements).toContain(`onnxruntime-gpu==${dependencies['onnxruntime-node']} --hash=sha256:`);
    const [, place = ''] = /^COPY --from=provider \S+ (\S+)\/$/m.exec(dockerfile) ?? [];
    expect(existsSync(join(place, 'libonnxruntime.so.1'))).toBe(true);
  });

  test('has the telemetry of ONNX Runtime off, whoever starts it', () => {
    const [set = ''] = /^ENV (?:.* \\\n)*.*$/m.exec(dockerfile) ?? [];
    for (const [name, value] of Object.entries(TELEMETRY_OFF)) expect(set).toContain(` ${name}=${value} `);
  });

  test('has everything that it copies in its build context', () => {
    const kept = readFileSync(join(FOLDER, 'Dockerfile.dockerignore'), 'utf8').match(/(?<=^!).+$/gm) ?? [];
    const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, paths = '']) =>
      paths.split(' '),
    );
    expect(copied.length).toBeGreaterThan(5);
    for (const path of copied) {
      expect([path, existsSync(path)]).toEqual([path, true]);
      expect([path, kept.some((one) => path === one || path.startsWith(`${one}/`))]).toEqual([path, true]);
    }
  });
});

describe('the contents of the image', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'trainyard-image-'));
    execFileSync(process.execPath, ['--disable-warning=ExperimentalWarning', join(FOLDER, 'bundle.ts'), folder]);
  }, 120_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('starts without the project beside it, and names the missing variables', () => {
    const { status, stdout } = spawnSync(process.execPath, [join(folder, 'trainer/main.mjs')], {
      cwd: folder,
      env: { NODE_PATH: join(folder, 'runtime/nodejs/node_modules') },
      encoding: 'utf8',
    });
    expect(status).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ level: 'ERROR', message: expect.stringContaining('TRAINYARD_JOB') });
  });

  const onLinux = process.platform === 'linux' ? test : test.skip;

  onLinux('is refused by a base without the libraries of the CUDA provider, which are named', () => {
    const native = join(folder, 'runtime/nodejs/node_modules/onnxruntime-node/bin/napi-v6/linux/x64');
    const check = () => spawnSync('sh', [join(FOLDER, 'check-libraries.sh'), native], { encoding: 'utf8' });
    const { status, stderr } = check();
    // Only a machine with all of CUDA passes.
    if (status === 0) return;
    expect(status).toBe(1);
    expect(stderr).toMatch(/^The base image lacks libraries of ONNX Runtime's CUDA provider: .*libcudnn\.so\.9/);
  });
});
