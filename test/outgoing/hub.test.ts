import { randomBytes } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { makeGet } from '#outgoing/get.ts';
import { makeHub } from '#outgoing/hub.ts';
import { HubServer } from './hub-server.ts';

const WEIGHTS = randomBytes(200_000);
const REPOSITORY = 'org/tiny bert';

let server: HubServer;
beforeEach(async () => {
  const files = {
    'config.json': Buffer.from('{"model_type":"bert"}'),
    'model.safetensors': WEIGHTS,
    empty: Buffer.alloc(0),
  };
  server = await new HubServer({ [REPOSITORY]: files }).start();
});
afterEach(() => server.stop());

const hub = (token?: string) => makeHub({ url: server.url, token });
const fileOf = async (path: string) => (await hub().files(REPOSITORY)).find((file) => file.path === path)!;
const read = async (path: string) => buffer(hub().read(REPOSITORY, await fileOf(path)));

describe('a hub', () => {
  test('lists the files of a repository, and its folders not', async () => {
    expect((await hub().files(REPOSITORY)).map(({ path, size }) => [path, size])).toEqual([
      ['config.json', 21],
      ['model.safetensors', 200_000],
      ['empty', 0],
    ]);
  });

  test('gives the bytes of a file, behind a redirect', async () => {
    expect((await read('model.safetensors')).equals(WEIGHTS)).toBe(true);
    expect(await read('empty')).toHaveLength(0);
  });

  test('whose connection breaks is asked for the rest', async () => {
    server.behaviour = { breakAfter: 60_000 };
    expect((await read('model.safetensors')).equals(WEIGHTS)).toBe(true);
    const ranges = server.requests.filter(({ path }) => path.startsWith('/cdn')).map(({ range }) => range);
    expect(ranges.length).toBeGreaterThan(1);
    expect(ranges[1]).toMatch(/^bytes=\d+-$/);
  });

  test('gives the rest of a file from a place on', async () => {
    const rest = await buffer(hub().read(REPOSITORY, await fileOf('model.safetensors'), 150_000));
    expect(rest.equals(WEIGHTS.subarray(150_000))).toBe(true);
    expect(server.requests.at(-1)!.range).toBe('bytes=150000-');
  });

  test('that knows no ranges gives the rest of a file as well', async () => {
    server.behaviour = { ignoresRange: true };
    const rest = await buffer(hub().read(REPOSITORY, await fileOf('model.safetensors'), 150_000));
    expect(rest.equals(WEIGHTS.subarray(150_000))).toBe(true);
    server.behaviour = { ignoresRange: true, breakAfter: 100_000 };
    await expect(buffer(hub().read(REPOSITORY, await fileOf('model.safetensors'), 150_000))).rejects.toMatchObject({
      code: 'FILE_INCOMPLETE',
      message: expect.stringMatching(/sent 150000$/),
    });
  });

  test('gets the token, and nobody whom it redirects to', async () => {
    await using other = await new HubServer(server.repositories).start();
    server.behaviour = { redirect: other.url };
    const [config] = await hub('secret').files(REPOSITORY);
    await buffer(hub('secret').read(REPOSITORY, config!));
    expect(server.requests.map(({ authorization }) => authorization)).toEqual(['Bearer secret', 'Bearer secret']);
    expect(other.requests.map(({ authorization }) => authorization)).toEqual([undefined]);
  });

  test.each([
    [
      { cut: 10 },
      /^model.safetensors of org\/tiny bert must have 200000 bytes; http:\/\/127\.0\.0\.1:\d+ sent 199990$/,
    ],
    [{ breakAfter: 0 }, /must have 200000 bytes; .* sent 0$/],
  ])('whose file is not as listed is refused: %p', async (behaviour, message) => {
    server.behaviour = behaviour;
    await expect(read('model.safetensors')).rejects.toThrow(message);
  });

  test.each([
    [401, {}, /does not give org\/tiny bert to everyone \(401\): set HF_TOKEN to .*--hub-token-for$/],
    [404, {}, /has no org\/tiny bert$/],
    [429, { 'retry-after': '30' }, /too many requests \(429\): ask again in 30 s$/],
    [500, {}, /answered 500 for org\/tiny bert: ask again later$/],
  ])('that answers %d is a line that says what to do', async (status, headers, message) => {
    server.behaviour = { status, headers };
    await expect(hub().files(REPOSITORY)).rejects.toThrow(message);
  });

  test('that is not there is a line that says what to do', async () => {
    await expect(makeHub({ url: 'http://127.0.0.1:9' }).files(REPOSITORY)).rejects.toThrow(
      /^http:\/\/127\.0\.0\.1:9 cannot be reached: the connection was refused. Name a mirror .*--hub-url.*, upload the encoder, or train compact-text, which needs no hub$/,
    );
  });
});

describe('a hub that answers slowly', () => {
  /** Long enough for every byte that is sent. */
  const impatient = () => makeHub({ url: server.url, get: makeGet({ rules: { loopback: true }, idleMs: 100 }) });

  test('and falls silent within a file is asked for the rest, again and again while it sends any', async () => {
    const file = await fileOf('model.safetensors');
    server.behaviour = { silentAfter: 60_000 };
    expect((await buffer(impatient().read(REPOSITORY, file))).equals(WEIGHTS)).toBe(true);
    expect(server.requests.flatMap(({ path, range }) => (path.startsWith('/cdn') ? [range] : []))).toEqual([
      ...[undefined, 'bytes=60000-', 'bytes=120000-', 'bytes=180000-'],
    ]);
  });

  test('and sends nothing of a file, three times, is a line that says how much came', async () => {
    const file = await fileOf('model.safetensors');
    server.behaviour = { silentAfter: 0 };
    await expect(buffer(impatient().read(REPOSITORY, file))).rejects.toMatchObject({
      code: 'FILE_INCOMPLETE',
      message: `model.safetensors of org/tiny bert must have 200000 bytes; ${server.url} sent 0`,
    });
    expect(server.requests.filter(({ path }) => path.startsWith('/cdn'))).toHaveLength(3);
  });

  test('or not at all is a line that says what to do', async () => {
    server.behaviour = { silent: true };
    await expect(impatient().files(REPOSITORY)).rejects.toMatchObject({
      code: 'HUB_UNREACHABLE',
      message: expect.stringMatching(/cannot be reached: nothing was received for 0\.1 s\. Name a mirror/),
    });
  });
});

describe('a GET', () => {
  test('does not follow a redirect to an address that is not public', async () => {
    server.behaviour = { redirect: 'http://10.0.0.1' };
    const get = makeGet({ rules: { loopback: true }, idleMs: 1000 });
    await expect(get({ url: `${server.url}/${encodeURI(REPOSITORY)}/resolve/main/config.json` })).rejects.toThrow(
      /the URL must/,
    );
  });

  test('ends where redirects do not', async () => {
    server.behaviour = { status: 307, headers: { location: '/again' } };
    const get = makeGet({ rules: { loopback: true }, idleMs: 1000 });
    await expect(get({ url: server.url })).rejects.toThrow('it redirects more than 5 times');
    expect(server.requests).toHaveLength(6);
  });

  test('does not call this machine unless it may', async () => {
    const get = makeGet({ rules: { loopback: false }, idleMs: 1000 });
    await expect(get({ url: server.url })).rejects.toThrow('must not lead to this machine');
  });
});
