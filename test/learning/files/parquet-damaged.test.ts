import { expect, test } from '@jest/globals';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { ValidationError } from '#domain/errors.ts';
import { openParquet } from '#learning/files/parquet.ts';

const whole = Buffer.from(
  parquetWriteBuffer({
    columnData: [
      { name: 'size', data: [1, 2, 3], type: 'INT32' },
      { name: 'colour', data: ['red', 'blue', 'red'], type: 'STRING' },
    ],
  }),
);

const read = async (bytes: Buffer): Promise<void> => {
  const range = async (start: number, end: number) => bytes.subarray(start, end);
  const file = {
    size: bytes.length,
    range,
    [Symbol.asyncIterator]: async function* () {
      yield bytes;
    },
  };
  const { groups } = await openParquet(file);
  for await (const group of groups) {
    await group.first(1);
    await group.whole();
  }
};

test('a Parquet file with any byte of its directory changed is read, or refused as a file, and nothing else', async () => {
  await read(whole);
  const length = whole.readUInt32LE(whole.length - 8);
  let refused = 0;
  for (let at = whole.length - 8 - length; at < whole.length; at++) {
    // The type of a field is in four bits: a number becomes a list, a text or a record.
    for (const change of [0x80, ...Array.from({ length: 15 }, (_, i) => i + 1)]) {
      const damaged = Buffer.from(whole);
      damaged[at]! ^= change;
      try {
        await read(damaged);
      } catch (error) {
        expect([at, change, error]).toEqual([at, change, expect.any(ValidationError)]);
        refused++;
      }
    }
  }
  expect(refused).toBeGreaterThan(20);
});
