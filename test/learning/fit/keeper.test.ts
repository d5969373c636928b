import { describe, expect, test } from '@jest/globals';
import { type Checkpoints, Keeper } from '#learning/fit/keeper.ts';

/** A keeper whose clock the test sets, and which takes so many milliseconds to keep something. */
function keeperOf({ takes = 0, ...more }: Partial<Checkpoints> & { takes?: number } = {}) {
  const clock = { now: 5_000 };
  const kept: number[] = [];
  const keep = async (): Promise<void> => {
    kept.push(clock.now);
    clock.now += takes;
  };
  const keeper = new Keeper(
    { data: '', keep, ...more },
    () => clock.now,
    () => [],
  );
  /** Passes every second, so often. */
  const pass = async (times: number): Promise<void> => {
    for (let i = 0; i < times; i++) {
      clock.now += 1000;
      expect(await keeper.pass()).toBe(true);
    }
  };
  return { keeper, kept, pass };
}

describe('the keeper', () => {
  test('keeps a checkpoint every thirty seconds unless told otherwise', async () => {
    const { kept, pass } = keeperOf();
    await pass(100);
    expect(kept).toEqual([35_000, 65_000, 95_000]);
    const often = keeperOf({ everyMs: 2000 });
    await often.pass(5);
    expect(often.kept).toEqual([7000, 9000]);
  });

  test('keeps what takes long so seldom that it costs three percent', async () => {
    const { kept, pass } = keeperOf({ takes: 6000 });
    await pass(500);
    // 6 s, and 200 s until the next.
    expect(kept).toEqual([35_000, 241_000, 447_000]);
  });

  test('keeps one at once and says that the fit is to leave, as soon as it is told to', async () => {
    const leave = new AbortController();
    const { keeper, kept, pass } = keeperOf({ signal: leave.signal });
    await pass(3);
    leave.abort();
    expect(await keeper.pass()).toBe(false);
    expect(kept).toEqual([8000]);
  });

  test('makes nothing where nothing is to be kept', async () => {
    const make = (): never => {
      throw new Error('made');
    };
    let time = 0;
    const keeper = new Keeper(
      undefined,
      () => {
        time += 1e9;
        return time;
      },
      make,
    );
    expect(await keeper.pass()).toBe(true);
  });
});
