import { describe, expect, test } from '@jest/globals';
import { RateLimitError, UnavailableError } from '#domain/errors.ts';
import { DerivationQueue } from '#vault/wrapping/derivation-queue.ts';

const LIMITS = {
  atOnce: 2,
  longAtOnce: 1,
  longSeconds: 0.5,
  bytesAtOnce: 330,
  accountSeconds: 8,
  waitMilliseconds: 60_000,
};

/** Derivations that end when the test says so, by their names. */
function derivations(limits: Partial<typeof LIMITS> = {}) {
  const queue = new DerivationQueue({ ...LIMITS, ...limits });
  const running = new Map<string, () => void>();
  const ask = (name: string, account: string, seconds: number, bytes = 64): Promise<unknown> =>
    queue.run(account, { seconds, bytes }, () => new Promise<void>((resolve) => running.set(name, resolve)));
  // One begins in the turns that follow.
  const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
  const end = async (name: string) => {
    await turn();
    running.get(name)!();
    running.delete(name);
  };
  const begun = async () => {
    await turn();
    return [...running.keys()];
  };
  return { ask, end, begun };
}

describe('derivations', () => {
  test('run two at once, the accounts in turn', async () => {
    const { ask, end, begun } = derivations();
    const all = ['a1', 'a2', 'a3', 'a4'].map((name) => ask(name, 'a', 0.2));
    all.push(ask('b1', 'b', 0.2), ask('c1', 'c', 0.2));
    expect(await begun()).toEqual(['a1', 'a2']);
    await end('a1');
    expect(await begun()).toEqual(['a2', 'b1']);
    await end('a2');
    expect(await begun()).toEqual(['b1', 'c1']);
    await end('b1');
    expect(await begun()).toEqual(['c1', 'a3']);
    for (const name of ['c1', 'a3', 'a4']) await end(name);
    await Promise.all(all);
  });

  test('that are long never have both places', async () => {
    const { ask, end, begun } = derivations();
    const all = [ask('long 1', 'a', 3), ask('long 2', 'b', 3), ask('usual', 'c', 0.2)];
    expect(await begun()).toEqual(['long 1', 'usual']);
    await end('usual');
    expect(await begun()).toEqual(['long 1']);
    await end('long 1');
    expect(await begun()).toEqual(['long 2']);
    await end('long 2');
    await Promise.all(all);
  });

  test('take so much memory together, and one that takes more is alone', async () => {
    const { ask, end, begun } = derivations();
    const all = [ask('large', 'a', 0.2, 256), ask('large too', 'b', 0.2, 240), ask('usual', 'c', 0.2)];
    expect(await begun()).toEqual(['large', 'usual']);
    await end('large');
    expect(await begun()).toEqual(['usual', 'large too']);
    for (const name of ['usual', 'large too']) await end(name);
    const alone = [ask('usual', 'a', 0.2), ask('larger', 'b', 0.2, 1000)];
    expect(await begun()).toEqual(['usual']);
    await end('usual');
    expect(await begun()).toEqual(['larger']);
    await end('larger');
    await Promise.all([...all, ...alone]);
  });

  test('of one account are refused beyond what takes eight seconds, and those of others are not', async () => {
    const { ask, end, begun } = derivations();
    const first = ask('a1', 'a', 3);
    const second = ask('a2', 'a', 3);
    await expect(ask('a3', 'a', 3)).rejects.toMatchObject({ status: 429, retryAfter: 6 });
    await expect(ask('a4', 'a', 3)).rejects.toThrow(RateLimitError);
    const other = ask('b1', 'b', 0.2);
    expect(await begun()).toEqual(['a1', 'b1']);
    await end('a1');
    await first;
    const third = ask('a3', 'a', 3);
    for (const name of ['b1', 'a2', 'a3']) await end(name);
    await Promise.all([second, other, third]);
  });

  test('that would take longer alone are taken all the same', async () => {
    const { ask, end } = derivations({ accountSeconds: 1 });
    const only = ask('a', 'a', 3);
    await end('a');
    await only;
  });

  test('do not wait for ever', async () => {
    const { ask, end, begun } = derivations({ waitMilliseconds: 1 });
    const long = ask('long', 'a', 3);
    const refused = await ask('other', 'b', 3).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(UnavailableError);
    expect(refused).toMatchObject({ status: 503, retryAfter: 3 });
    await end('long');
    await long;
    const next = ask('next', 'b', 3);
    expect(await begun()).toEqual(['next']);
    await end('next');
    await next;
  });

  test('that wait for too long for those of the same account are too many of it, not of all', async () => {
    const { ask, end } = derivations({ atOnce: 1, waitMilliseconds: 1 });
    const running = ask('a1', 'a', 3);
    await expect(ask('a2', 'a', 3)).rejects.toMatchObject({ status: 429, retryAfter: 3 });
    await expect(ask('b1', 'b', 3)).rejects.toThrow(UnavailableError);
    await end('a1');
    await running;
  });

  test('that fail make room', async () => {
    const queue = new DerivationQueue({ ...LIMITS, atOnce: 1 });
    await expect(
      queue.run('a', { seconds: 1, bytes: 0 }, () => Promise.reject(new Error('no memory'))),
    ).rejects.toThrow('no memory');
    expect(await queue.run('a', { seconds: 8, bytes: 0 }, async () => 'done')).toBe('done');
  });
});
