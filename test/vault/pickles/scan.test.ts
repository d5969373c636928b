import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fromBytes } from '#domain/random-access.ts';
import { type PickleScan, SCAN_BOUNDS, type ScanBounds, scanPickles } from '#vault/pickles/scan.ts';
import joblib from './written-by-joblib.json' with { type: 'json' };
import written from './written-by-python.json' with { type: 'json' };

const scan = (bytes: Uint8Array, bounds: Partial<ScanBounds> = {}): Promise<PickleScan> =>
  scanPickles(fromBytes(bytes), { ...SCAN_BOUNDS, ...bounds });
const text = (code: string): Buffer => Buffer.from(code, 'latin1');
const scanText = (code: string): Promise<PickleScan> => scan(text(code));
const python = (name: keyof typeof written): Buffer => Buffer.from(written[name], 'base64');

describe('what Python wrote', () => {
  test.each([0, 1, 2, 3, 4, 5] as const)('protocol %i', async (protocol) => {
    const { imports, ...rest } = await scan(python(`protocol ${protocol}`));
    expect(rest).toEqual({ pickle: true, dangerous: ['posix.system'], complete: true });
    const others = { 0: ['__builtin__.set', '_codecs.encode'], 3: ['builtins.set'], 4: [] };
    const expected = others[protocol < 3 ? 0 : protocol === 3 ? 3 : 4];
    expect(imports).toEqual([...expected, 'posix.system']);
  });

  test.each(['pth', 'deflated', 'gzip', 'zlib'] as const)('within %s', async (name) => {
    const expected = { pickle: true, imports: ['posix.system'], dangerous: ['posix.system'], complete: true };
    expect(await scan(python(name))).toEqual(expected);
  });

  test('is not dangerous because it imports something', async () => {
    const imports = ['collections.OrderedDict'];
    expect(await scan(python('harmless'))).toEqual({ pickle: true, imports, dangerous: [], complete: true });
  });

  test.each(['protocol 0', 'protocol 4'] as const)('%s, cut off anywhere, is told to be incomplete', async (name) => {
    const whole = python(name);
    for (let length = name === 'protocol 4' ? 2 : 70; length < whole.length; length++) {
      const { pickle, complete, problem } = await scan(whole.subarray(0, length));
      expect({ length, pickle, complete, problem }).toEqual({
        length,
        pickle: true,
        complete: false,
        problem: 'the file: it is truncated',
      });
    }
  });
});

describe('what joblib wrote, with the bytes of arrays between the opcodes', () => {
  const scanned = (name: keyof typeof joblib) => scan(Buffer.from(joblib[name], 'base64'));

  test.each(['forest', 'compressed'] as const)('a model of scikit-learn is scanned to its end: %s', async (name) => {
    const { imports, ...rest } = await scanned(name);
    expect(rest).toEqual({ pickle: true, dangerous: [], complete: true });
    expect(imports).toContain('joblib.numpy_pickle.NumpyArrayWrapper');
    expect(imports.some((one) => one.startsWith('sklearn.'))).toBe(true);
  });

  test('an import behind arrays of many types is found', async () => {
    expect(await scanned('arrays')).toMatchObject({ dangerous: ['posix.system'], complete: true });
  });

  test('an import within an array of objects is found', async () => {
    expect((await scanned('objects')).dangerous).toContain('posix.system');
  });

  const wrapper =
    '\x80\x04cjoblib.numpy_pickle\nNumpyArrayWrapper\n)\x81}(Vshape\nK\x0d\x85Vdtype\ncnumpy\ndtype\n(V%\ntRub';

  test('an array that is opcodes to another loader is looked at as these', async () => {
    const { imports } = await scanText(`${wrapper.replace('%', 'u1')}cos\nsystem\n0..`);
    expect(imports).toContain('os.system');
  });

  test('an array of a type that is not known is told to be incomplete', async () => {
    const { complete, problem } = await scanText(`${wrapper.replace('%', 'V8')}${'\xff'.repeat(104)}.`);
    expect({ complete, problem }).toEqual({
      complete: false,
      problem: 'the file: it has an array of joblib that cannot be followed',
    });
  });

  test('an array that is cut off is truncated', async () => {
    expect((await scanText(`${wrapper.replace('%', 'u1')}\xff\xff`)).problem).toBe('the file: it is truncated');
  });
});

describe('ways to hide an import', () => {
  const system = ['os.system'];

  test.each([
    ['of the instance opcode', "(S'true'\nios\nsystem\n."],
    ['whose names come from the memo', '\x80\x04\x8c\x02os\x94\x8c\x06system\x940h\x00h\x01\x93.'],
    [
      'whose names come from a numbered memo',
      '\x80\x04\x8c\x02osq\x07\x8c\x06systemr\x00\x01\x00\x000h\x07j\x00\x01\x00\x00\x93.',
    ],
    ['whose names come from a memo in text', 'Vos\np1\nVsystem\np1_0\n0g1\ng10\n\x93.'],
    ['whose names are strings of protocol 0', "S'os'\nS'system'\n\x93."],
    ['whose names are strings of Python 2', 'U\x02osT\x06\x00\x00\x00system\x93.'],
    ['whose names have other values between them', '\x80\x04\x8c\x02os\x8c\x06systemN0\x93.'],
    ['whose names are copied', '\x80\x04\x8c\x02os2\x8c\x06system\x93.'],
    ['below what was collected', '\x80\x04\x8c\x02os\x8c\x06system(NN1\x93.'],
    ['in a second pickle', 'N.cos\nsystem\n.'],
    ['before a pickle that is damaged', 'cos\nsystem\n\xff'],
    ['in a pickle with a long value before it', `\x80\x03B\x00\x00\x02\x00${'x'.repeat(0x20000)}0cos\nsystem\n.`],
  ])('one %s is found', async (_, code) => {
    const { imports, dangerous } = await scanText(code);
    expect({ imports, dangerous }).toEqual({ imports: system, dangerous: system });
  });

  test.each([
    ['is put together', '\x80\x04\x8c\x02os\x8c\x01xK\x01\x85R\x93.'],
    ['is an extension', '\x82\x01.'],
    ['comes from a call', '\x80\x04cbuiltins\nstr\n)R\x8c\x06system\x93.'],
    ['has escapes', 'V\\u006fs\nVsystem\n\x93.'],
    ['is too long', `X\x00\x04\x00\x00${'x'.repeat(1024)}Vsystem\n\x93.`],
  ])('one whose name %s counts as computed, and as dangerous', async (_, code) => {
    expect(await scanText(code)).toMatchObject({
      imports: expect.arrayContaining(['<computed>']),
      dangerous: ['<computed>'],
    });
  });

  test.each(['torch.serialization.os.system', 'numpy.f2py.crackfortran.eval', 'collections.sys.modules'])(
    '%s is dangerous, however harmless its module is',
    async (name) => {
      const [module, ...names] = name.split('.');
      expect((await scanText(`c${module}\n${names.join('.')}\n.`)).dangerous).toEqual([name]);
    },
  );

  test('a zip behind other bytes is looked into, whatever its local headers say', async () => {
    const zip = python('pth');
    zip[6]! |= 1; // "encrypted", in the header that loaders do not look at
    expect((await scan(Buffer.concat([text('GIF89a'), zip]))).dangerous).toEqual(['posix.system']);
  });

  test('a file that is a pickle and a zip is looked at as both', async () => {
    const { imports } = await scan(Buffer.concat([text('cbuiltins\neval\n.'), python('pth')]));
    expect(imports).toEqual(['builtins.eval', 'posix.system']);
  });

  test('an array of objects is a pickle behind a header', async () => {
    const header = "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }\n";
    const array = `\x93NUMPY\x01\x00${String.fromCharCode(header.length)}\x00${header}\x80\x04cos\nsystem\n.`;
    expect((await scanText(array)).imports).toEqual(system);
  });
});

describe('bounds', () => {
  test('a file that decompresses to more than is allowed is told to be incomplete', async () => {
    const bomb = gzipSync(Buffer.concat([text('\x80\x04B\x00\x00\x10\x00'), Buffer.alloc(0x100000), text('.')]));
    expect(await scan(bomb)).toMatchObject({ pickle: true, complete: true });
    const { complete, problem } = await scan(bomb, { decompressedBytes: 100_000 });
    expect({ complete, problem }).toEqual({ complete: false, problem: 'the file: it has too much to decompress' });
  });

  test.each([
    ['too many opcodes', { opcodes: 99 }, 'it has too many opcodes'],
    ['too deep a stack', { values: 99 }, 'its stack is too deep'],
    ['too large a memo', { values: 201 }, 'its memo is too large', '\x94'.repeat(300)],
  ])('%s', async (_, bounds, problem, more = '') => {
    const result = await scan(text(`\x80\x04${'N'.repeat(200)}${more}.`), bounds);
    expect(result).toMatchObject({ complete: false, problem: `the file: ${problem}` });
  });

  test('a length that is out of range is malformed, and a large one truncated', async () => {
    expect(await scanText(`\x80\x04\x8e${'\xff'.repeat(8)}`)).toMatchObject({ complete: false });
    const large = await scanText('\x80\x04\x8e\x00\x00\x00\x00\x00\x01\x00\x00.');
    expect(large.problem).toBe('the file: it is truncated');
  });

  test('gzip within gzip within gzip is not opened without end', async () => {
    let bytes: Uint8Array = python('gzip');
    for (let i = 0; i < 4; i++) bytes = gzipSync(bytes);
    expect((await scan(bytes)).problem).toBe('the file: it is compressed too many times');
  });

  test('what is compressed by other means is told to be incomplete', async () => {
    expect((await scan(text('BZh91AY&SY'))).problem).toBe('the file: its compression is not supported');
  });

  test('an error of reading the file is not taken for one of the pickle', async () => {
    const broken = { size: 10, read: () => Promise.reject(new Error('EIO')) };
    await expect(scanPickles(broken)).rejects.toThrow('EIO');
  });
});

test.each([
  ['nothing', ''],
  ['safetensors', '\x40\x00\x00\x00\x00\x00\x00\x00{"w":{"dtype":"F32"}}'],
  ['ONNX', '\x08\x07\x12\x09trainyard\x3a\x10'],
  ['text', 'hello, world'],
])('%s is no pickle', async (_, code) => {
  expect(await scanText(code)).toEqual({ pickle: false, imports: [], dangerous: [], complete: true });
});

test('whatever the bytes are, a scan ends and throws nothing', async () => {
  const start = fc.constantFrom('', '\x80\x04', 'cos\nsystem\n', 'PK\x03\x04', '\x93NUMPY', '\x1f\x8b');
  await fc.assert(
    fc.asyncProperty(start, fc.uint8Array({ maxLength: 200 }), async (head, tail) => {
      const { pickle, imports } = await scan(Buffer.concat([text(head), tail]));
      if (head.startsWith('c'))
        expect({ pickle, imports }).toMatchObject({ pickle: true, imports: expect.arrayContaining(['os.system']) });
    }),
    { numRuns: 500 },
  );
});
