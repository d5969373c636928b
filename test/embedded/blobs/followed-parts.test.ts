import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { blobKeys } from '#domain/blob-keys.ts';
import type { FollowedUpload } from '#domain/ports/blobs/port.ts';
import { InvalidUploadError } from '#domain/ports/errors.ts';
import { type EmbeddedAdapters, openEmbedded } from '#embedded/open.ts';
import { putPart } from '#test/functions/manager/presigned.ts';
import { embeddedOptions, temporaryFolder } from '../folder.ts';

const KEY = `${blobKeys.vaultStagedPrefix('a', 'v', 'u')}data`;
const PART_BYTES = 5 * 2 ** 20;
const PATIENT = 60;

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let adapters: EmbeddedAdapters;
let upload: string;
beforeEach(async () => {
  folder = await temporaryFolder();
  adapters = await openEmbedded(embeddedOptions(folder.dir));
  upload = await adapters.blobs.artifacts.startUpload(KEY);
});
afterEach(async () => {
  adapters.close();
  await folder.remove();
});

const bytes = [randomBytes(PART_BYTES), randomBytes(PART_BYTES), randomBytes(100)];

async function put(part: number, content = bytes[part - 1]!) {
  const [url = ''] = await adapters.blobs.artifacts.presignParts(KEY, upload, [{ part, bytes: content.length }], 60);
  return { part, etag: await putPart(adapters, url, content) };
}

const follow = (seconds = PATIENT): FollowedUpload =>
  adapters.blobs.artifacts.followUpload!(KEY, upload, { parts: 3, seconds });

async function read({ body }: FollowedUpload, seen: (bytes: number) => void = () => {}): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    size += chunk.length;
    seen(size);
  }
  return Buffer.concat(chunks);
}

test('parts are read in their order, each once it is stored', async () => {
  const followed = follow();
  let seen = 0;
  const whole = Promise.withResolvers<void>();
  const reading = read(followed, (size) => {
    seen = size;
    if (size === PART_BYTES) whole.resolve();
  });
  const second = await put(2);
  expect([seen, () => followed.etag()]).toEqual([0, expect.any(Function)]);
  expect(() => followed.etag()).toThrow(TypeError);
  const first = await put(1);
  await whole.promise;
  const third = await put(3);
  expect((await reading).equals(Buffer.concat(bytes))).toBe(true);
  const joined = await adapters.blobs.artifacts.completeUpload(KEY, upload, [first, second, third]);
  expect(followed.etag()).toBe(joined.etag);
});

test('what was joined meanwhile is read as well', async () => {
  const parts = [await put(1), await put(2), await put(3)];
  const joined = await adapters.blobs.artifacts.completeUpload(KEY, upload, parts);
  const followed = follow();
  expect((await read(followed)).equals(Buffer.concat(bytes))).toBe(true);
  expect(followed.etag()).toBe(joined.etag);
});

test('a part that was put again is another one, whatever its bytes', async () => {
  const parts = [await put(1), await put(2), await put(3)];
  const followed = follow();
  await read(followed);
  expect((await put(2)).etag).toBe(parts[1]!.etag);
  const joined = await adapters.blobs.artifacts.completeUpload(KEY, upload, parts);
  expect(followed.etag()).not.toBe(joined.etag);
});

test('an upload that is aborted, or of which no part comes, fails', async () => {
  await put(1);
  await expect(read(follow(0.01))).rejects.toThrow(InvalidUploadError);
  const reading = read(follow());
  const failed = expect(reading).rejects.toThrow(InvalidUploadError);
  await adapters.blobs.artifacts.abortUpload(KEY, upload);
  await failed;
});

test('a file that is not staged is followed as well', async () => {
  const datasets = adapters.blobs.datasets;
  const id = await datasets.startUpload('k');
  const putPlain = async (part: number, content = bytes[part - 1]!) => {
    const [url = ''] = await datasets.presignParts('k', id, [{ part, bytes: content.length }], 60);
    return { part, etag: await putPart(adapters, url, content) };
  };
  const followed = datasets.followUpload!('k', id, { parts: 3, seconds: PATIENT });
  const reading = read(followed);
  await putPlain(2);
  await putPlain(1);
  await putPlain(3, randomBytes(100));
  expect((await reading).length).toBe(2 * PART_BYTES + 100);
  const last = await putPlain(3);
  const parts = [await putPlain(1), await putPlain(2), last];
  const again = datasets.followUpload!('k', id, { parts: 3, seconds: PATIENT });
  await read(again);
  const joined = await datasets.completeUpload('k', id, parts);
  expect(again.etag()).toBe(joined.etag);
  expect(followed.etag()).not.toBe(joined.etag);
  const late = datasets.followUpload!('k', id, { parts: 3, seconds: PATIENT });
  expect((await read(late)).equals(Buffer.concat(bytes))).toBe(true);
  expect(late.etag()).toBe(joined.etag);
});

test('of two parts with the same checksum, the one that was read is told from the other', async () => {
  const datasets = adapters.blobs.datasets;
  const id = await datasets.startUpload('k');
  const put = async (content: Buffer) => {
    const [url = ''] = await datasets.presignParts('k', id, [{ part: 1, bytes: content.length }], 60);
    return { part: 1, etag: await putPart(adapters, url, content) };
  };
  const first = await put(bytes[2]!);
  const followed = datasets.followUpload!('k', id, { parts: 1, seconds: PATIENT });
  await read(followed);
  const forged = sameChecksum(bytes[2]!);
  expect([await put(forged), forged.equals(bytes[2]!)]).toEqual([first, false]);
  const joined = await datasets.completeUpload('k', id, [first]);
  expect(followed.etag()).not.toBe(joined.etag);
});

/** Other bytes: those of the polynomial, which leave no remainder, were added. */
function sameChecksum(of: Buffer): Buffer {
  const polynomial = Buffer.alloc(8);
  polynomial.writeBigUInt64LE((0xedb88320n << 1n) | 1n);
  return Buffer.from(of.map((byte, at) => byte ^ (polynomial[at] ?? 0)));
}
