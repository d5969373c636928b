/** The Open Inference Protocol, on a real model. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Model } from '#domain/models/record.ts';
import type { HttpHandler } from '#functions/http/contract.ts';
import { makeHandler } from '#functions/platform/predict.ts';
import { permitted } from '#infra/embedded/invoke/permitted.ts';
import { replacing } from '../events/world.ts';
import { type Call, openPlatform, type Platform } from './harness.ts';
import { FILES, ONNX, penguins } from './penguins.ts';

let platform: Platform;
let token: string;
let model: Model;
let handler: HttpHandler;

const logger = { debug() {}, info() {}, warn() {}, error() {} };

beforeAll(async () => {
  platform = await openPlatform({ rates: { authenticatedPerHour: 100_000 } });
  token = await platform.login();
  model = await penguins(platform, token);
  handler = makeHandler(permitted('platform-predict', platform.store), { settings: platform.settings, logger });
});
afterAll(() => platform.close());

const at = (path: string) => `/oip/v2${path}`;
const call = (path: string, more: Partial<Call> = {}) => platform.call({ path: at(path), token, ...more }, handler);
const infer = (json: unknown, name = 'penguins', more: Partial<Call> = {}) =>
  call(`/models/${name}/infer`, { method: 'POST', json, ...more });

interface Tensor {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
  readonly data?: readonly unknown[];
  readonly parameters?: object;
}

const NUMBERS = {
  bill_length_mm: [46.1, 39.1],
  bill_depth_mm: [13.2, 18.7],
  flipper_length_mm: [211, 181],
  body_mass_g: [4500, 3750],
  year: [2007, 2007],
};
const WORDS = { island: ['Biscoe', 'Torgersen'], sex: ['female', 'male'] };

const inputs = (): Tensor[] => [
  ...Object.entries(WORDS).map(([name, data]) => ({ name, datatype: 'BYTES', shape: [2, 1], data })),
  ...Object.entries(NUMBERS).map(([name, data]) => ({ name, datatype: 'FP64', shape: [2, 1], data })),
];
/** With one of the tensors changed. */
const changed = (name: string, change: Partial<Tensor>): { inputs: Tensor[] } => ({
  inputs: inputs().map((one) => (one.name === name ? { ...one, ...change } : one)),
});

/** The predictions of the same rows by the platform's own route. */
async function expected() {
  const rows = [0, 1].map((row) =>
    Object.fromEntries(Object.entries({ ...NUMBERS, ...WORDS }).map(([name, values]) => [name, values[row]])),
  );
  const json = { inputs: rows, probabilities: true };
  const { body } = await platform.call({ method: 'POST', path: `/models/${model.id}/predict`, token, json }, handler);
  return body.predictions as { class: string; probabilities: Record<string, number> }[];
}

describe('the server', () => {
  test('says whether it is live and ready to anyone, and what it is to an account', async () => {
    for (const what of ['live', 'ready']) {
      const answer = await platform.call({ path: at(`/health/${what}`) }, handler);
      expect([answer.status, answer.body]).toEqual([200, { [what]: true }]);
    }
    expect((await call('')).body).toMatchObject({ name: 'trainyard', extensions: ['binary_tensor_data'] });
    expect((await platform.call({ path: at('') }, handler)).status).toBe(401);
  });
});

describe('a model', () => {
  test('has the inputs and outputs of its ONNX file', async () => {
    const { body } = await call('/models/penguins');
    expect(body).toMatchObject({ name: 'penguins', versions: ['1.0.0'], platform: 'onnxruntime_onnx' });
    expect(body.inputs).toHaveLength(7);
    expect(body.inputs[0]).toEqual({ name: 'island', datatype: 'BYTES', shape: [-1, 1] });
    expect(body.inputs[1]).toEqual({ name: 'bill_length_mm', datatype: 'FP64', shape: [-1, 1] });
    expect(body.outputs).toEqual([
      { name: 'label', datatype: 'BYTES', shape: [-1] },
      { name: 'probabilities', datatype: 'FP32', shape: [-1, 3], labels: ['Adelie', 'Chinstrap', 'Gentoo'] },
    ]);
  });

  test('is found by name, version, alias, number and id', async () => {
    const json = { model_id: model.id };
    const path = '/models/by-name/penguins/aliases/champion';
    await platform.call({ method: 'PUT', path, token, json });
    for (const name of [
      'penguins',
      'penguins/versions/1.0.0',
      'penguins/versions/latest',
      'penguins/versions/champion',
      model.id,
      String(model.number),
      `${model.id}/versions/1.0.0`,
    ]) {
      expect((await call(`/models/${name}/ready`)).status).toBe(200);
      expect((await infer({ inputs: inputs() }, name)).body).toMatchObject({
        model_name: name.split('/')[0],
        model_version: '1.0.0',
      });
    }
  });

  test('that is not there is a 404 with the error of the protocol, also for another account', async () => {
    const stranger = await platform.login('mallory');
    for (const [name, as] of [
      ['gone', token],
      ['99', token],
      ['penguins/versions/2.0.0', token],
      ['penguins/versions/none', token],
      [`${model.id}/versions/2.0.0`, token],
      ['penguins', stranger],
      [model.id, stranger],
      [String(model.number), stranger],
    ] as const) {
      for (const [path, method] of [
        ['', 'GET'],
        ['/ready', 'GET'],
        ['/infer', 'POST'],
      ] as const) {
        const answer = await call(`/models/${name}${path}`, { token: as, method });
        expect([answer.status, Object.keys(answer.body)]).toEqual([404, ['error']]);
      }
    }
  });
});

describe('inference', () => {
  test.each(['its record is read', 'its files are read'])(
    'uses what an alias points to by then, where the version before is deleted when %s',
    async (when) => {
      const name = `swapped ${when}`;
      const [old, now] = [await penguins(platform, token, name), await penguins(platform, token, name)];
      const path = `/models/by-name/${encodeURIComponent(name)}/aliases/live`;
      const point = (to: Model) => platform.call({ method: 'PUT', path, token, json: { model_id: to.id } });
      await point(old);
      let isSwapped = false;
      const swap = async (): Promise<void> => {
        if (isSwapped) return;
        isSwapped = true;
        expect((await point(now)).status).toBe(200);
        expect((await platform.call({ method: 'DELETE', path: `/models/${old.id}`, token })).status).toBe(204);
      };
      const { store } = platform;
      const table = replacing(store.table, {
        get: async (key) => {
          if (when === 'its record is read' && key.sk.endsWith(old.id)) await swap();
          return store.table.get(key);
        },
      });
      const artifacts = replacing(store.blobs.artifacts, {
        get: async (...args) => {
          await swap();
          return store.blobs.artifacts.get(...args);
        },
      });
      const adapters = { ...store, table, blobs: { ...store.blobs, artifacts } };
      const swapping = makeHandler(permitted('platform-predict', adapters), { settings: platform.settings, logger });
      const asked = { path: at(`/models/${encodeURIComponent(name)}/versions/live/infer`), method: 'POST', token };
      const { status, body } = await platform.call({ ...asked, json: { inputs: inputs() } }, swapping);
      expect([status, body.model_version]).toEqual([200, now.version]);
    },
  );

  test('is answered by one version or the other while an alias moves between them', async () => {
    const later = await penguins(platform, token, 'penguins');
    const move = (to: Model) =>
      platform.call({
        ...{ method: 'PUT', path: '/models/by-name/penguins/aliases/moving', token },
        json: { model_id: to.id },
      });
    await move(model);
    let moves = 0;
    const mover = async () => {
      for (; moves < 20; moves++) expect((await move(moves % 2 ? model : later)).status).toBe(200);
    };
    const versions = new Set<string>();
    const caller = async () => {
      while (moves < 20) {
        const { status, body } = await infer({ inputs: inputs() }, 'penguins/versions/moving');
        expect([status, body.outputs[0].data]).toEqual([200, ['Gentoo', 'Adelie']]);
        versions.add(body.model_version);
      }
    };
    await Promise.all([mover(), caller(), caller(), caller()]);
    expect([...versions].sort()).toEqual([model.version, later.version]);
    await platform.call({ method: 'DELETE', path: '/models/by-name/penguins/aliases/moving', token });
    expect((await platform.call({ method: 'DELETE', path: `/models/${later.id}`, token })).status).toBe(204);
  });

  test('gives what the platform predicts, and the id of the request', async () => {
    const { body } = await infer({ id: 'mine', inputs: inputs() });
    const [gentoo, adelie] = await expected();
    expect(body).toEqual({
      model_name: 'penguins',
      model_version: '1.0.0',
      id: 'mine',
      outputs: [
        { name: 'label', datatype: 'BYTES', shape: [2], data: ['Gentoo', 'Adelie'] },
        {
          name: 'probabilities',
          datatype: 'FP32',
          shape: [2, 3],
          data: [...Object.values(gentoo!.probabilities), ...Object.values(adelie!.probabilities)],
        },
      ],
    });
  });

  test('is made by the file of 8 bits where that is asked for, and the model has it', async () => {
    await penguins(platform, token, 'small', { ...FILES, 'model.int8.onnx': ONNX });
    const [plain, small] = [{ inputs: inputs() }, { inputs: inputs(), parameters: { variant: 'int8' } }];
    expect((await infer(small, 'small')).body.outputs).toEqual((await infer(plain)).body.outputs);
    const refused = async (json: object, name: string) => {
      const { status, body } = await infer(json, name);
      return [status, body.error];
    };
    expect(await refused(small, 'penguins')).toEqual([
      400,
      expect.stringMatching('parameters.variant must be float32'),
    ]);
    const wrong = { ...plain, parameters: { variant: 4 } };
    expect(await refused(wrong, 'small')).toEqual([400, expect.stringMatching('must be float32 or int8; got 4')]);
  });

  test('takes tensors as bytes and gives outputs as bytes', async () => {
    const tensors = inputs().map(({ data, ...tensor }) => {
      const bytes = tensor.datatype === 'BYTES' ? texts(data as string[]) : doubles(data as number[]);
      return { bytes, tensor: { ...tensor, parameters: { binary_data_size: bytes.length } } };
    });
    const request = {
      inputs: tensors.map(({ tensor }) => tensor),
      outputs: [{ name: 'probabilities', parameters: { binary_data: true } }, { name: 'label' }],
    };
    const json = Buffer.from(JSON.stringify(request));
    const raw = Buffer.concat([json, ...tensors.map(({ bytes }) => bytes)]);
    const headers = { 'inference-header-content-length': String(json.length) };
    const answer = await call('/models/penguins/infer', { method: 'POST', raw, headers });
    expect([answer.status, answer.headers['Content-Type']]).toEqual([200, 'application/octet-stream']);
    const bytes = Buffer.from(answer.text, 'latin1');
    const length = Number(answer.headers['Inference-Header-Content-Length']);
    const { outputs } = JSON.parse(bytes.toString('utf8', 0, length));
    expect(outputs).toEqual([
      { name: 'probabilities', datatype: 'FP32', shape: [2, 3], parameters: { binary_data_size: 24 } },
      { name: 'label', datatype: 'BYTES', shape: [2], data: ['Gentoo', 'Adelie'] },
    ]);
    const values = Array.from({ length: 6 }, (_, i) => bytes.readFloatLE(length + 4 * i));
    expect(values).toEqual((await expected()).flatMap(({ probabilities }) => Object.values(probabilities)));
    expect(bytes).toHaveLength(length + 24);
  });

  test.each([
    ['FP32', [46, 39]],
    ['INT32', [46, 39]],
    ['UINT8', [46, 39]],
    ['INT64', [46, 39]],
  ])('takes numbers of the type %s', async (datatype, data) => {
    const one = await infer(changed('bill_length_mm', { datatype, data }));
    expect(one.body).toEqual((await infer(changed('bill_length_mm', { data }))).body);
  });

  test('takes missing values: null in JSON, NaN in bytes', async () => {
    const [first, ...rest] = inputs().slice(2, 3);
    const parameters = { binary_data_size: 16 };
    const { data: _, ...tensor } = first!;
    const request = {
      inputs: [
        { ...tensor, parameters },
        ...rest,
        ...inputs().filter((one) => one !== first && one.name !== first!.name),
      ],
    };
    const json = Buffer.from(JSON.stringify(request));
    const raw = Buffer.concat([json, doubles([Number.NaN, 39.1])]);
    const headers = { 'inference-header-content-length': String(json.length) };
    const bytes = await call('/models/penguins/infer', { method: 'POST', raw, headers });
    const plain = await infer(changed('bill_length_mm', { data: [null, 39.1] }));
    expect([bytes.status, bytes.body]).toEqual([200, plain.body]);
    expect(bytes.body).not.toEqual((await infer({ inputs: inputs() })).body);
  });

  test.each<[string, unknown, string]>([
    ['no tensors', { inputs: [] }, 'inputs must have between 1 and 2000 items; got 0'],
    [
      'an unknown tensor',
      changed('sex', { name: 'gender' }),
      'inputs[1].name must be one of the model\'s inputs: "island", "bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g", "sex", "year"; got "gender"',
    ],
    ['a missing tensor', { inputs: inputs().slice(1) }, 'island is missing'],
    ['a tensor twice', { inputs: [...inputs(), inputs()[0]] }, 'inputs[7].name must be given once'],
    [
      'another number of rows',
      changed('sex', { shape: [1, 1], data: ['male'] }),
      'must have 2 rows, as inputs[0] has; got [1, 1]',
    ],
    ['no rows', changed('island', { shape: [0, 1], data: [] }), 'must have between 1 and 10000 rows; got [0, 1]'],
    ['10,001 rows', changed('island', { shape: [10_001, 1] }), 'must have between 1 and 10000 rows; got [10001, 1]'],
    ['a wrong rank', changed('island', { shape: [2, 1, 1] }), 'inputs[0].shape'],
    ['a wide tensor', changed('island', { shape: [1, 2] }), 'must be [rows, 1] or [rows]; got [1, 2]'],
    [
      'too little data',
      changed('sex', { data: ['male'] }),
      'inputs[1].data must have 2 values, as its shape says; got 1',
    ],
    [
      'text for numbers',
      changed('year', { data: ['2007', 2008] }),
      'inputs[6].data[0] must be a number, as FP64 has it, or null',
    ],
    ['words for a number', changed('year', { datatype: 'BYTES', data: ['2007', 'long'] }), 'year[1]'],
    ['an unknown datatype', changed('sex', { datatype: 'TEXT' }), 'inputs[1].datatype must be "BOOL", "INT8"'],
    [
      'an unknown output',
      { inputs: inputs(), outputs: [{ name: 'value' }] },
      'outputs[0].name must be label or probabilities; got "value"',
    ],
    [
      'a size beyond the body',
      changed('sex', { data: undefined as never, parameters: { binary_data_size: 9 } }),
      'inputs[1].parameters.binary_data_size must be at most 0',
    ],
    [
      'numbers far outside',
      changed('year', { data: [1e300, 2007] }),
      'row 0 must have values near those of the training data',
    ],
  ])('refuses %s and says so', async (_, request, message) => {
    const answer = await infer(request);
    expect([answer.status, answer.body]).toEqual([400, { error: expect.stringContaining(message) }]);
  });

  test('refuses a body that is no JSON, none, or shorter than its header says', async () => {
    const post = (more: Partial<Call>) => call('/models/penguins/infer', { method: 'POST', ...more });
    for (const more of [
      {},
      { raw: '{' },
      { raw: '{}', headers: { 'inference-header-content-length': '3' } },
      { raw: '{}', headers: { 'inference-header-content-length': '-1' } },
    ]) {
      const answer = await post(more);
      expect([answer.status, Object.keys(answer.body)]).toEqual([400, ['error']]);
    }
    const json = JSON.stringify({ inputs: inputs() });
    const more = await post({
      raw: `${json}more`,
      headers: { 'inference-header-content-length': String(json.length) },
    });
    expect([more.status, more.body.error]).toEqual([400, expect.stringContaining('got 4 more bytes')]);
    const form = await post({ raw: 'a=b', headers: { 'content-type': 'application/x-www-form-urlencoded' } });
    expect(form.status).toBe(415);
  });
});

const doubles = (values: readonly number[]): Buffer => {
  const bytes = Buffer.alloc(values.length * 8);
  for (const [i, value] of values.entries()) bytes.writeDoubleLE(value, i * 8);
  return bytes;
};

const texts = (values: readonly string[]): Buffer =>
  Buffer.concat(
    values.flatMap((value) => {
      const length = Buffer.alloc(4);
      length.writeUInt32LE(Buffer.byteLength(value));
      return [length, Buffer.from(value)];
    }),
  );

test("a body of rows may be larger than other JSON, on the platform's route and on this one", async () => {
  const settings = { ...platform.settings, jsonBodyBytes: 100, predictionBodyBytes: 2000 };
  const small = makeHandler(permitted('platform-predict', platform.store), { settings, logger });
  const input = Object.fromEntries(Object.entries({ ...NUMBERS, ...WORDS }).map(([name, [value]]) => [name, value]));
  const send = async (path: string, json: object, bytes: number) => {
    const raw = JSON.stringify(json).padEnd(bytes);
    return platform.call({ method: 'POST', path, raw, headers: { 'content-type': 'application/json' }, token }, small);
  };
  for (const [path, json] of [
    [`/models/${model.id}/predict`, { input }],
    [at('/models/penguins/infer'), { inputs: inputs() }],
  ] as const) {
    expect((await send(path, json, 2000)).status).toBe(200);
    const refused = await send(path, json, 2001);
    expect(refused.status).toBe(413);
    expect(refused.text).toContain('must be at most 2000 bytes; got 2001');
  }
});
