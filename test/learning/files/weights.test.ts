import { crc32 } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { fromBytes, type RandomAccess } from '#domain/random-access.ts';
import { zipEntries } from '#domain/zip-entries.ts';
import { toNumbers } from '#engine/tensor.ts';
import type { StoredTensors } from '#learning/files/stored-tensor.ts';
import { openWeights, weightShapes } from '#learning/files/weights.ts';
import { expectChecksums } from '#learning/files/zip-checksums.ts';
import recorded from '#test/fixtures/golden/weights.json' with { type: 'json' };
import { withoutChecksums } from './without-checksums.ts';

const bytesOf = (name: keyof typeof recorded.files): Buffer => Buffer.from(recorded.files[name], 'base64');
const open = (name: keyof typeof recorded.files): Promise<StoredTensors> => openWeights(fromBytes(bytesOf(name)));
const numbers: Readonly<Record<string, unknown>> = recorded.numbers;

async function read(tensors: StoredTensors, name: string) {
  const tensor = await tensors.get(name)!.read();
  return { dtype: tensor.dtype, shape: tensor.shape, numbers: toNumbers(tensor) };
}

const flat = (values: unknown): number[] => (Array.isArray(values) ? values.flatMap(flat) : [Number(values)]);

describe('what PyTorch saved', () => {
  test.each(['module', 'checkpoint'] as const)('%s: a state by the names of its module', async (name) => {
    const tensors = await open(name);
    expect([...tensors.keys()]).toEqual([
      ...['0.weight', '0.bias', '1.weight', '1.bias', '1.running_mean', '1.running_var', '1.num_batches_tracked'],
    ]);
    const weight = await read(tensors, '0.weight');
    expect(weight).toEqual({ dtype: 'float32', shape: [2, 3], numbers: flat(numbers['0.weight']) });
    expect(await read(tensors, '1.num_batches_tracked')).toEqual({ dtype: 'int64', shape: [], numbers: [0] });
  });

  test('parameters that were saved themselves', async () => {
    expect((await read(await open('parameters'), 'w')).numbers).toEqual(flat(numbers.grid));
  });

  test.each([
    ['float64', 'float64'],
    ['float16', 'float16'],
    ['bfloat16', 'bfloat16'],
    ['int64', 'int64'],
    ['int32', 'int32'],
    ['int16', 'int32'],
    ['int8', 'int32'],
    ['uint8', 'int32'],
    ['bool', 'bool'],
  ])('elements of %s are read as %s', async (stored, as) => {
    const tensors = await open('types');
    expect(tensors.get(stored)!.type).toBe(stored);
    expect(await read(tensors, stored)).toEqual({ dtype: as, shape: [2], numbers: flat(numbers[stored]) });
  });

  test.each([
    ['grid', [3, 4]],
    ['transposed', [4, 3]],
    ['column', [3]],
    ['rest', [2, 4]],
    ['scalar', []],
    ['none', [0, 4]],
  ])('%s: a view of a memory that tensors share', async (name, shape) => {
    expect(await read(await open('views'), name)).toEqual({
      dtype: 'float32',
      shape,
      numbers: flat(numbers[name]),
    });
  });

  test('of a tensor only its own bytes are read', async () => {
    const inner = fromBytes(bytesOf('views'));
    let most = 0;
    const watched: RandomAccess = {
      size: inner.size,
      read: (start, end) => {
        most = Math.max(most, end - start);
        return inner.read(start, end);
      },
    };
    const tensors = await openWeights(watched);
    most = 0;
    await tensors.get('rest')!.read();
    expect(most).toBe(2 * 4 * 4);
  });
});

test('what safetensors saved', async () => {
  const tensors = await open('safetensors');
  expect(await read(tensors, 'grid')).toEqual({ dtype: 'float32', shape: [3, 4], numbers: flat(numbers.grid) });
  expect(await read(tensors, 'ids')).toEqual({ dtype: 'int64', shape: [3], numbers: [0, 1, 2] });
});

test.each(['module', 'checkpoint', 'views', 'safetensors'] as const)(
  '%s: shapes are known without reading the tensors',
  async (name) => {
    const inner = fromBytes(bytesOf(name));
    let reads = 0;
    const counted: RandomAccess = {
      size: inner.size,
      read: (start, end) => {
        reads++;
        return inner.read(start, end);
      },
    };
    const shapes = await weightShapes(counted);
    const shapesOf = (of: typeof shapes) => Array.from(of, ([tensor, { shape }]) => [tensor, shape]);
    expect(shapesOf(shapes)).toEqual(shapesOf(await open(name)));
    // However many tensors there are: the tail, the directory, two entries, and their bytes.
    expect(reads).toBeLessThanOrEqual(11);
  },
);

test('what PyTorch saved without checksums', async () => {
  const tensors = await openWeights(fromBytes(withoutChecksums(bytesOf('module'))));
  expect((await read(tensors, '0.weight')).numbers).toEqual(flat(numbers['0.weight']));
});

describe('refused, saying why', () => {
  test.each([
    ['code', 'it names "argparse.Namespace", which a file of weights has no need of (byte 196 of its pickle)'],
    ['legacy', 'it is a pickle, as torch.save wrote it before PyTorch 1.6: open it with torch.load and save it again'],
    ['protocol 4', 'its pickle must be of protocol 2 or 3; got 4 (byte 0 of its pickle)'],
    ['repeated', "tensor 'w' repeats elements of its memory"],
    ['no state', 'it must hold a state: a dict of tensors by name'],
  ] as const)('%s', async (name, message) => {
    await expect(open(name)).rejects.toThrow(message);
    await expect(open(name)).rejects.toHaveProperty('name', 'WeightsError');
  });

  test('a file that is cut short anywhere', async () => {
    for (const name of ['module', 'safetensors'] as const) {
      const whole = bytesOf(name);
      for (let length = 0; length < whole.length; length += 41) {
        await expect(openWeights(fromBytes(whole.subarray(0, length)))).rejects.toHaveProperty('name', 'WeightsError');
      }
    }
  });

  test('a file of PyTorch of which a bit is another, in its pickle or in a tensor', async () => {
    const whole = bytesOf('module');
    for (const { name, start, end } of (await zipEntries(fromBytes(whole)))!) {
      if (!/\/(data\.pkl|byteorder|data\/\d+)$/.test(name)) continue;
      for (const at of [start, Math.floor((start + end) / 2), end - 1]) {
        const changed = Buffer.from(whole);
        changed[at]! ^= 4;
        const opening = openWeights(fromBytes(changed));
        await expect(opening).rejects.toThrow(`${JSON.stringify(name)} of its zip is damaged: its checksum must be `);
        await expect(opening).rejects.toHaveProperty('name', 'WeightsError');
      }
    }
  });

  test('entries that share their bytes', async () => {
    const entry = { start: 0, end: 4, compression: 'stored', crc32: crc32('same') } as const;
    const entries = ['a', 'b'].map((name) => ({ ...entry, name }));
    await expect(expectChecksums(fromBytes(Buffer.from('same')), entries)).rejects.toThrow(
      '"b" of its zip overlaps another entry',
    );
  });

  test('a pickle whose bytes were changed is read or refused, and never breaks the reader', async () => {
    const whole = withoutChecksums(bytesOf('module'));
    const start = whole.indexOf(Buffer.from('\x80\x02'));
    for (let at = start; at < start + 700; at++) {
      for (const byte of [0x00, 0x2e, 0x52, 0x62, 0xff]) {
        const changed = Buffer.from(whole);
        changed[at] = byte;
        try {
          await openWeights(fromBytes(changed));
        } catch (error) {
          expect(error).toHaveProperty('name', 'WeightsError');
        }
      }
    }
  });
});
