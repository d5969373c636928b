/** A fit that is interrupted, at any place, and goes on from its checkpoint. */
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readSafetensors } from '#engine/safetensors.ts';
import { writeStateFile } from '#engine/training/state-file.ts';
import { type Fit, type FitSpec, fitNetwork } from '#learning/fit/fit.ts';
import type { Resumed } from '#learning/fit/keeper.ts';
import { mlp, prepared } from '../tables.ts';

const PENGUINS = readFileSync(new URL('../../../infra/embedded/demo/penguins.csv', import.meta.url), 'utf8');
const SMALL = { epochs: 3, batch_size: 70, hidden_layers: [8], learning_rate: 0.02, dropout: 0.2 };

async function specOf(target: string, hyperparameters: object, more: Partial<FitSpec> = {}): Promise<FitSpec> {
  const made = await prepared(PENGUINS, { target, hyperparameters });
  const { preparation, data } = made;
  return {
    family: mlp,
    hyperparameters: made.hyperparameters,
    preparation,
    data,
    earlyStopping: { enabled: true, patience: 2, monitor: 'val_loss' },
    // Every chunk takes an hour: one step each, so that there are as many places to be interrupted at as there can be.
    now: hours(),
    report: async () => true,
    ...more,
  };
}

function hours(): () => number {
  let time = 0;
  return () => {
    time += 3_600_000;
    return time;
  };
}

interface Interrupted {
  readonly fit: Fit | undefined;
  readonly last: Uint8Array | undefined;
  readonly resumed: Resumed | undefined;
  readonly reports: number;
}

/** Runs the fit from a file until it has reported so often, and then lets it leave. */
async function run(spec: FitSpec, last?: Uint8Array, reports = Number.POSITIVE_INFINITY): Promise<Interrupted> {
  const leave = new AbortController();
  let [kept, resumed, count] = [last, undefined as Resumed | undefined, 0];
  const fit = await fitNetwork({
    ...spec,
    report: async () => {
      count++;
      if (count >= reports) leave.abort();
      return true;
    },
    checkpoints: {
      data: 'penguins',
      ...(last ? { last } : {}),
      keep: async (file) => {
        kept = Buffer.concat(file);
      },
      everyMs: Number.POSITIVE_INFINITY,
      signal: leave.signal,
      onResume: (from) => {
        resumed = from;
      },
    },
  });
  return { fit, last: kept, resumed, reports: count };
}

describe.each([
  ['classification', 'species'],
  ['regression', 'body_mass_g'],
])('a %s that is interrupted', (_, target) => {
  let spec: FitSpec;
  let whole: Interrupted;
  beforeAll(async () => {
    spec = await specOf(target, SMALL);
    whole = await run(spec);
  });

  test('anywhere, goes on to the same bits: parameters, history, best epoch and scores', async () => {
    // 3 epochs of 4 steps, and evaluations in between.
    expect(whole.reports).toBeGreaterThan(3 * 4 + 3);
    for (let place = 1; place <= whole.reports; place++) {
      const first = await run(spec, undefined, place);
      expect(first.fit).toBeUndefined();
      const second = await run(spec, first.last);
      expect(second.resumed).toHaveProperty('steps');
      expect([place, second.fit]).toEqual([place, whole.fit]);
    }
  });

  test('again and again, comes to the same end', async () => {
    const places = fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 2, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(places, async (reports) => {
        let last: Uint8Array | undefined;
        for (const place of reports) {
          const part = await run(spec, last, place);
          if (part.fit) return expect(part.fit).toEqual(whole.fit);
          last = part.last;
        }
        expect((await run(spec, last)).fit).toEqual(whole.fit);
      }),
      { numRuns: 5 },
    );
  });
});

test('a fit that is stopped early stops at the same epoch, interrupted or not', async () => {
  const spec = await specOf('species', { ...SMALL, epochs: 30, learning_rate: 0.3 });
  const whole = await run(spec);
  expect(whole.fit!.history.loss!.length).toBe(whole.fit!.bestEpoch + 2);
  for (const place of [whole.reports, whole.reports - 3, whole.reports - 7]) {
    const { last } = await run(spec, undefined, place);
    expect((await run(spec, last)).fit).toEqual(whole.fit);
  }
});

describe('checkpoints', () => {
  test('are not kept where the report ends the fit', async () => {
    const leave = AbortSignal.abort();
    let kept = 0;
    const spec = await specOf('species', SMALL, { report: async () => false });
    const keep = async () => {
      kept++;
    };
    expect(await fitNetwork({ ...spec, checkpoints: { data: '', keep, signal: leave } })).toBeUndefined();
    expect(kept).toBe(0);
  });

  test('hold the position as words and the state as tensors', async () => {
    const { last } = await run(await specOf('species', SMALL), undefined, 8);
    const { tensors, metadata } = readSafetensors(last!);
    expect(Object.keys(tensors)).toEqual(expect.arrayContaining(['state/step', 'state/parameter/hidden.0.weight']));
    expect(Object.keys(tensors).some((name) => name.startsWith('best/parameter/'))).toBe(true);
    expect(JSON.parse(metadata.checkpoint!)).toMatchObject({ version: 1, of: { data: 'penguins' }, at: { epoch: 2 } });
  });
});

describe('a checkpoint that cannot be used', () => {
  let spec: FitSpec;
  let whole: Fit;
  let last: Uint8Array;
  beforeAll(async () => {
    spec = await specOf('species', SMALL);
    whole = (await run(spec)).fit!;
    last = (await run(spec, undefined, 8)).last!;
  });

  const words = (change: (all: Record<string, unknown>) => object | string): Uint8Array => {
    const { tensors, metadata } = readSafetensors(last);
    const changed = change(JSON.parse(metadata.checkpoint!));
    return Buffer.concat(
      writeStateFile(tensors, { checkpoint: typeof changed === 'string' ? changed : JSON.stringify(changed) }),
    );
  };
  const without = (name: string): Uint8Array => {
    const { tensors, metadata } = readSafetensors(last);
    const { [name]: _, ...rest } = tensors;
    expect(_).toBeDefined();
    return Buffer.concat(writeStateFile(rest, { checkpoint: metadata.checkpoint! }));
  };

  test.each<[string, () => Uint8Array, RegExp]>([
    ['is cut short', () => last.subarray(0, -1), /^the file is damaged: /],
    ['has another bit', () => last.map((byte, i) => (i === last.length - 9 ? byte ^ 1 : byte)), /SHA-256 must be/],
    ['is empty', () => new Uint8Array(), /^the file is damaged: it must have 8 bytes; got 0/],
    ['has no words', () => words(() => 'x'), /^its metadata cannot be read/],
    ['is of another version', () => words((all) => ({ ...all, version: 2 })), /cannot be read: version/],
    ['stands nowhere', () => words(({ at, ...all }) => all), /cannot be read: at/],
    [
      'is beyond the epoch',
      () => words((all) => ({ ...all, at: { ...(all.at as object), step: 5 } })),
      /at most 4; got 5/,
    ],
    ['lacks a moment', () => without('state/moment1/hidden.0.weight'), /is missing/],
    ['lacks a best weight', () => without('best/parameter/hidden.0.weight'), /it lacks 'parameter\/hidden\.0\.weight'/],
  ])('because it %s is refused, and the fit begins from the start', async (_, file, reason) => {
    const { fit, resumed } = await run(spec, file());
    expect(resumed).toEqual({ refused: expect.stringMatching(reason) });
    expect(fit).toEqual(whole);
  });

  test.each<[string, Partial<FitSpec['hyperparameters']>]>([
    ['hyperparameters', { learning_rate: 0.03 }],
    ['hyperparameters', { seed: 8 }],
  ])('because it is of other %s (%j) is refused', async (name, change) => {
    const other = { ...spec, hyperparameters: { ...spec.hyperparameters, ...change } };
    const { fit, resumed } = await run(other, last);
    expect(resumed).toEqual({ refused: expect.stringMatching(new RegExp(`^it is of another ${name}: .*, not `)) });
    expect(fit).toEqual((await run(other)).fit);
  });

  test('because it is of other data, another rule or another program is refused', async () => {
    for (const name of ['data', 'early_stopping', 'program', 'family']) {
      const file = words((all) => ({ ...all, of: { ...(all.of as object), [name]: 'x' } }));
      expect((await run(spec, file)).resumed).toEqual({ refused: expect.stringMatching(`^it is of another ${name}`) });
    }
  });
});
