/** That no session of ONNX Runtime calls anybody or leaves anything, in networks where every attempt is counted. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { bundle } from '../../layers/onnxruntime/bundle.ts';
import { cutRuntime, type Platform } from '../../layers/onnxruntime/cut.ts';
import { Isolated, type Report, whyNoNamespace } from '../network/namespace.ts';

const OPEN = 'a session is open';

/** Opens a session and stays. */
const session = (imports: string, open: string): string => `
import { Builder, Graph } from '#engine/graph.ts';
import { writeModel } from '#engine/onnx/write.ts';
import { mul } from '#engine/ops/elementwise.ts';
${imports}
const b = new Builder();
const x = b.input('x', 'float32', [2]);
const model = writeModel(new Graph('g', [x], { y: mul(b, x, x) }), { producer: 'test' });
await ${open};
console.log('${OPEN}');
setInterval(() => undefined, 60_000);
`;

/** By Trainyard's engine, and, to compare with, by the runtime alone. */
const PROGRAMS = {
  ours: session(`import { openSession } from '#engine/run.ts';`, 'openSession(model)'),
  alone: session(`import { InferenceSession } from 'onnxruntime-node';`, 'InferenceSession.create(model)'),
};

/** What is run of ours, and what it prints when it has its sessions and stays. */
const OURS = {
  'one machine, through upload, training and prediction,': {
    args: () => [resolve('infra/embedded/demo/main.ts'), '--keep'],
    begun: 'Serving until Ctrl-C',
  },
  'a program as it is bundled for a function or a container': {
    args: (folder: string) => [join(folder, 'ours.mjs')],
    begun: OPEN,
  },
};
const ALONE = 'the runtime alone';

const impossible = whyNoNamespace();

if (impossible !== undefined) {
  const isRequired = process.env.CI === 'true';
  process.stderr.write(
    `\n${impossible}: that nothing leaves is ${isRequired ? 'untested, and CI requires it' : 'not tested'}\n`,
  );
  (isRequired ? test : test.skip)('nothing leaves', () => expect(impossible).toBeUndefined());
} else {
  describe('in a network that leads nowhere', () => {
    let folder: string;
    const running = new Map<string, Isolated>();
    const reportOf = (name: string): Promise<Report> => running.get(name)!.stop();

    /**
     * The runtime sends after some seconds. So ours start first, and stay until the runtime alone, which starts when they
     * have their sessions, has tried.
     */
    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'trainyard-leaves-'));
      await cutRuntime(join(folder, 'runtime'), { os: process.platform, arch: process.arch } as Platform);
      for (const [name, source] of Object.entries(PROGRAMS))
        await bundle({ root: resolve('.'), source, name, outfile: join(folder, `${name}.mjs`) });
      const env = { NODE_PATH: join(folder, 'runtime/nodejs/node_modules') };
      for (const [name, { args }] of Object.entries(OURS)) running.set(name, new Isolated(args(folder), env));
      await Promise.all(Object.entries(OURS).map(([name, { begun }]) => running.get(name)!.prints(begun)));
      const alone = new Isolated([join(folder, 'alone.mjs')], env);
      running.set(ALONE, alone);
      await alone.looksUp;
    }, 120_000);
    afterAll(async () => {
      await Promise.all([...running.values()].map((one) => one.stop()));
      rmSync(folder, { recursive: true, force: true });
    });

    test(`${ALONE} calls its vendor and leaves files, and that is seen`, async () => {
      expect(await reportOf(ALONE)).toMatchObject({
        lookups: ['mobile.events.data.microsoft.com'],
        files: expect.arrayContaining([expect.stringMatching(/^home\/.*\/onnxruntime\.db$/)]),
      });
    });

    test.each(Object.keys(OURS))('%s calls nobody and leaves nothing', async (name) => {
      const { lookups, unroutable, files } = await reportOf(name);
      expect({ lookups, unroutable, files }).toEqual({ lookups: [], unroutable: 0, files: [] });
    });
  });
}
