/** The programs that docs/clients.md and the README print, as they are printed. */
import { copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { useHost } from '#test/e2e/use-host.ts';
import { compile, copyClient } from './client-folder.ts';
import { printedIn } from './printed.ts';
import { run } from './run.ts';

const CLIENTS = 'docs/clients.md';
/** One species and a confidence on each line. */
const SPECIES = /^(?:(?:Adelie|Chinstrap|Gentoo) [\d.%()]+\n)+$/;

describe('of docs/clients.md', () => {
  const world = useHost();
  const [register, curl] = printedIn(CLIENTS, 'sh');

  beforeAll(async () => {
    expect(await run(world, 'sh', register!)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('"username":"ada"'),
    });
  });

  test.each(['python', 'javascript'] as const)(
    'the program in %s trains a model and prints predictions',
    async (language) => {
      const [program, ...more] = printedIn(CLIENTS, language);
      expect(more).toEqual([]);
      const { code, stdout, stderr } = await run(world, language, program!);
      expect([code, stderr]).toEqual([0, '']);
      expect(stdout).toMatch(SPECIES);
    },
  );

  test('the program in TypeScript compiles and does the same', async () => {
    const [program, ...more] = printedIn(CLIENTS, 'typescript');
    expect(more).toEqual([]);
    const { code, stdout, stderr, folder } = await run(world, 'typescript', program!, copyClient);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(SPECIES);
    expect(compile(folder)).toBe('');
    writeFileSync(join(folder, 'program.ts'), program!.replace("'/auth/login'", "'/auth/logon'"));
    expect(compile(folder)).toContain('/auth/logon');
  });

  test('the calls with curl show rate-limit headers, one upload, an error, and a new token', async () => {
    const { code, stdout, stderr } = await run(world, 'sh', curl!);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^HTTP\/1\.1 200 OK\r$.*^X-RateLimit-Remaining: \d+\r$/ims);
    const [, first, second] = /\n([\w-]{36})\n([\w-]{36})\n/.exec(stdout) ?? [];
    expect(first).toBeDefined();
    expect(second).toBe(first);
    expect(stdout).toContain('"error":"validation_error"');
    expect(stdout).toMatch(/\n1800\n$/);
  });
});

describe('of the README', () => {
  const world = useHost();

  test('ten lines of curl end with a prediction and an ONNX file', async () => {
    const program = printedIn('README.md', 'sh').find((one) => one.includes('/predict'))!;
    const csv = 'infra/embedded/demo/penguins.csv';
    const { code, stdout, stderr, folder } = await run(world, 'sh', program, (to) => {
      mkdirSync(dirname(join(to, csv)), { recursive: true });
      copyFileSync(csv, join(to, csv));
    });
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/\{"predictions":\[\{"class":"Gentoo","confidence":[\d.]+\}\]\}\n$/);
    expect(existsSync(join(folder, 'penguins.onnx'))).toBe(true);
  });

  test('they end where something fails, instead of asking for ever', async () => {
    const program = printedIn('README.md', 'sh').find((one) => one.includes('/predict'))!;
    const csv = 'infra/embedded/demo/penguins.csv';
    const { code, stdout, folder } = await run(
      world,
      'sh',
      program.replace('target=species', 'target=nothing'),
      (to) => {
        mkdirSync(dirname(join(to, csv)), { recursive: true });
        copyFileSync(csv, join(to, csv));
      },
    );
    expect(code).not.toBe(0);
    expect(stdout).not.toContain('"predictions"');
    expect(existsSync(join(folder, 'penguins.onnx'))).toBe(false);
  });
});
