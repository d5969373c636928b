import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { decodeJwt } from 'jose';
import { getAccount } from '#domain/accounts/read.ts';
import { blobKeys } from '#domain/blob-keys.ts';
import { findModel } from '#domain/models/read.ts';
import { attributeType, dataType, encodeModel } from '#engine/onnx/proto.ts';
import { writeSafetensors } from '#engine/safetensors.ts';
import { type Tensors, tensorFrom } from '#engine/tensor.ts';
import type { HttpHandler } from '#functions/http/contract.ts';
import { makeHandler } from '#functions/platform/import.ts';
import { makeHandler as makePredictHandler } from '#functions/platform/predict.ts';
import { permitted } from '#infra/embedded/invoke/permitted.ts';
import { writeTorch } from '#learning/files/write-torch.ts';
import recorded from '#test/fixtures/golden/imported.json' with { type: 'json' };
import { withoutChecksums } from '../../learning/files/without-checksums.ts';
import { greyBmp } from '../../learning/image/world.ts';
import { BOUNDARY, formBytes, type Part } from './forms.ts';
import { openPlatform, type Platform } from './harness.ts';

let platform: Platform;
let token: string;
let importing: HttpHandler;
let predicting: HttpHandler;
const logger = { debug() {}, info() {}, warn() {}, error() {} };

beforeAll(async () => {
  platform = await openPlatform();
  token = await platform.login();
  const { settings } = platform;
  importing = makeHandler(permitted('platform-import', platform.store), { settings, logger });
  predicting = makePredictHandler(permitted('platform-predict', platform.store), { settings, logger });
});
afterAll(() => platform.close());

const imported = (onnx: string, fields: Record<string, string>, filename = 'pipeline.onnx') => {
  const file: Part = { name: 'file', value: Buffer.from(onnx, 'base64'), filename };
  const raw = formBytes([file, ...Object.entries(fields).map(([name, value]) => ({ name, value }))]);
  const headers = { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` };
  return platform.call({ method: 'POST', path: '/models/import', token, headers, raw }, importing);
};
const asSafetensors = (tensors: Tensors): Uint8Array[] => writeSafetensors(tensors, {});

const predict = (id: string, json: unknown) =>
  platform.call({ method: 'POST', path: `/models/${id}/predict`, token, json }, predicting);

describe('a model of others that is imported', () => {
  const table = recorded.served['scikit-learn, a table'];

  test('is a model like any other: it has a number, versions and files, and predicts', async () => {
    const { status, body } = await imported(table.onnx, { name: 'Species', target: 'species' });
    expect([status, body]).toMatchObject([
      201,
      { name: 'Species', model_type: 'onnx', version: '1.0.0', architecture: { input_shape: [3], output_classes: 2 } },
    ]);
    const again = await imported(table.onnx, { name: 'Species' });
    expect([again.body.version, again.body.number]).toEqual(['1.0.1', body.number + 1]);
    const answer = await predict(body.id, { inputs: table.rows, probabilities: true });
    expect(answer.status).toBe(200);
    expect(answer.body.predictions.map((one: { class: string }) => one.class)).toEqual(table.labels);
    for (const [i, { probabilities }] of answer.body.predictions.entries()) {
      expect(probabilities.Adelie).toBeCloseTo(table.numbers[i]![0]!, 5);
    }
    const { files } = (await platform.call({ path: `/models/${body.id}/artifacts`, token })).body;
    expect(files.map(({ file }: { file: string }) => file)).toEqual([
      ...['model.onnx', 'imported.onnx', 'serving.json', 'model-card.md'],
    ]);
    const { nodes, edges } = (await platform.call({ path: `/models/${again.body.id}/lineage`, token })).body;
    expect([nodes.length, edges]).toEqual([2, [{ from: body.id, to: again.body.id, relation: 'previous_version' }]]);
  });

  test('takes images where its input is of four dimensions, as files where it is said how it wants bytes', async () => {
    const value = (name: string, dims: (number | string)[]) => ({
      name,
      type: {
        tensorType: {
          elemType: dataType.float32,
          shape: { dim: dims.map((dim) => (typeof dim === 'number' ? { dimValue: dim } : { dimParam: dim })) },
        },
      },
    });
    const attribute = [
      { name: 'axes', type: attributeType.ints, ints: [2, 3] },
      { name: 'keepdims', type: attributeType.int, i: 0 },
    ];
    const bytes = encodeModel({
      ...{ irVersion: 8, producerName: '', producerVersion: '', domain: '', modelVersion: 0, docString: '' },
      ...{ opsetImport: [{ domain: '', version: 17 }], metadataProps: [] },
      graph: {
        ...{ name: 'means', initializer: [], input: [value('x', ['n', 3, 8, 8])], output: [value('y', ['n', 3])] },
        node: [{ name: 'mean', opType: 'ReduceMean', domain: '', input: ['x'], output: ['y'], attribute }],
      },
    });
    const onnx = Buffer.from(bytes).toString('base64');
    const { status, body } = await imported(onnx, {
      name: 'Colours',
      classes: '["r","g","b"]',
      pixels: '{"mean":[0,0,0.5]}',
    });
    expect([status, body]).toMatchObject([201, { architecture: { input_shape: [8, 8, 3] }, features: [] }]);
    const input = greyBmp(16, 16, () => 255).toString('base64');
    const answer = await predict(body.id, { input, probabilities: true, explain: true });
    const [{ probabilities, explanation }] = answer.body.predictions;
    expect(probabilities.b / probabilities.r).toBeCloseTo(Math.exp(-0.5), 5);
    expect([explanation.basis, explanation.base]).toEqual(['zeros', expect.closeTo(1 / 3, 6)]);
    expect(explanation.picture).toMatch(/^data:image\/png;base64,/);
    expect(answer.body.warnings).toEqual([
      { code: 'no_reference', message: expect.stringContaining('takes for zeros') },
    ]);
    const two = await predict(body.id, { inputs: [input, input], explain: true });
    expect(two.body.predictions.map((one: typeof two.body) => one.explanation.basis)).toEqual(['zeros', 'zeros']);
    for (const [image_size, message] of [
      ['16', 'must be what the file says, [8, 8]; got [16, 16]'],
      ['[8, 16]', 'must be what the file says, [8, 8]; got [8, 16]'],
      ['0', 'must be at least 1; got 0'],
    ] as const) {
      const odd = await imported(onnx, { name: 'x', image_size });
      expect([odd.status, odd.body.details]).toEqual([400, [{ field: 'image_size', message }]]);
    }
    const refused = await imported(onnx, { name: 'x', pixels: '{"scale":0}' });
    expect([refused.status, refused.body.details[0].field]).toEqual([400, 'pixels.scale']);
  });

  test('refuses values that it does not know with what it says of them', async () => {
    const { body } = await imported(table.onnx, { name: 'Unknown word' });
    const answer = await predict(body.id, { input: ['Atlantis', 4000, 2008] });
    expect(answer.status).toBe(400);
    expect(answer.body.details[0].message).toContain('must be values that the imported model takes; it says:');
  });

  test('refuses values for which it has no number, without a word of training data that nobody knows', async () => {
    const { onnx, rows } = recorded.served['PyTorch, a regression'];
    const { body } = await imported(onnx, { name: 'Numbers' });
    const answer = await predict(body.id, { inputs: [rows[0], rows[0]!.with(0, null as never)] });
    expect([answer.status, answer.body.details]).toEqual([
      400,
      [
        {
          field: 'inputs[1]',
          message: 'must have values for which the model answers a number; got no finite result',
        },
      ],
    ]);
  });

  test('counts among the files of its account, and takes them along when it is deleted', async () => {
    const { body } = await imported(recorded.served['PyTorch, logits'].onnx, {
      name: 'Iris',
      features: JSON.stringify(['sl', 'sw', 'pl', 'pw']),
      classes: JSON.stringify(['setosa', 'versicolor', 'virginica']),
    });
    const account = String(decodeJwt(token).sub);
    const model = (await findModel(platform.store.table, account, body.id))!;
    const bytes = model.artifacts.reduce((sum, { size }) => sum + size, 0);
    const before = await getAccount(platform.store.table, account);
    expect((await predict(body.id, { input: { sl: 5.1, sw: 3.5, pl: 1.4, pw: 0.2 } })).status).toBe(200);
    expect((await platform.call({ method: 'DELETE', path: `/models/${body.id}`, token })).status).toBe(204);
    const after = await getAccount(platform.store.table, account);
    expect((before.model_bytes ?? 0) - (after.model_bytes ?? 0)).toBe(bytes);
    const left = await platform.store.blobs.artifacts.list(`${account}/models/${body.id}/`, { limit: 10 });
    expect(left.blobs).toEqual([]);
  });

  test('can be downloaded and imported again', async () => {
    const { body } = await imported(table.onnx, { name: 'First' });
    const key = blobKeys.modelFile(String(decodeJwt(token).sub), body.id, 'model.onnx');
    const onnx = await buffer((await platform.store.blobs.artifacts.get(key)).body);
    const again = await imported(onnx.toString('base64'), { name: 'Second' });
    expect([again.status, again.body]).toMatchObject([201, { model_type: 'onnx' }]);
    const answers = await Promise.all([body.id, again.body.id].map((id) => predict(id, { inputs: table.rows })));
    expect(answers[1]!.body).toEqual(answers[0]!.body);
  });

  test('is refused where it does not answer as it did before it was exported, and nothing of it is kept', async () => {
    const examples = (numbers: readonly number[]) =>
      JSON.stringify(table.rows.map((input, i) => ({ input, probabilities: { Adelie: numbers[i] } })));
    const right = table.numbers.map((row) => row[0]!);
    const compared = await imported(table.onnx, { name: 'Compared', examples: examples(right) });
    expect([compared.status, compared.body.training_config?.notes]).toEqual([
      201,
      expect.arrayContaining([`it answers ${right.length} examples as it did before it was exported`]),
    ]);
    const other = await imported(table.onnx, { name: 'Other', examples: examples(right.map((one) => one / 2)) });
    expect([other.status, other.body.details?.[0]?.field]).toEqual([400, 'examples[0].probabilities']);
    expect((await imported(table.onnx, { name: 'Other', examples: '[]' })).status).toBe(400);
    expect((await platform.call({ path: '/models/by-name/Other/versions', token })).status).toBe(404);
  });

  test('of weights alone does not predict, and a training can start from it', async () => {
    const state = { 'output.weight': tensorFrom('float32', [3, 2], [1, 2, 3, 4, 5, 6]) };
    const pth = Buffer.concat(writeTorch(state)).toString('base64');
    const { status, body } = await imported(pth, { name: 'Weights' });
    expect([status, body]).toMatchObject([201, { model_type: 'weights', task: null, target: null }]);
    expect(body.architecture).toEqual({ input_shape: [], output_classes: 0, parameters: 6 });
    const answer = await predict(body.id, { input: [1, 2] });
    expect([answer.status, answer.body.message]).toEqual([409, expect.stringContaining('does not predict')]);
    const safetensors = Buffer.concat(writeSafetensors(state, {})).toString('base64');
    expect((await imported(safetensors, { name: 'Weights' })).body).toMatchObject({ version: '1.0.1' });
    const refused = await imported(pth, { name: 'Weights', features: '["a"]' });
    expect(refused.body.details).toEqual([
      { field: 'features', message: 'must be left out for a file of weights, which does not predict' },
    ]);
  });

  test('is refused as weights where they are none, by what is wrong with them', async () => {
    const whole = Buffer.concat(writeSafetensors({ w: tensorFrom('float32', [2], [1, 2]) }, {}));
    const long = Buffer.from(whole);
    long.writeBigUInt64LE(1000n);
    const faultOf = async (bytes: Uint8Array) => {
      const answer = await imported(Buffer.from(bytes).toString('base64'), { name: 'Broken' });
      return [answer.status, answer.body.details?.[0]?.message];
    };
    expect(await faultOf(Buffer.concat(writeSafetensors({}, {})))).toEqual([
      400,
      'must have numbers; got 0 tensors with none',
    ]);
    for (const [bytes, why] of [
      [whole.subarray(0, -1), 'its tensors need 8 bytes; got 7'],
      [whole.subarray(0, 20), 'its header must have at most 12 bytes; got '],
      [long, `its header must have at most ${whole.length - 8} bytes; got 1000`],
    ] as const) {
      expect(await faultOf(bytes)).toEqual([400, expect.stringContaining(`.pth nor a safetensors file: ${why}`)]);
    }
  });

  test('is refused as weights by what its name says that it is', async () => {
    const whole = Buffer.concat(writeTorch({ w: tensorFrom('float32', [2], [1, 2]) }));
    const legacy = Buffer.from('\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19\x2e', 'latin1');
    for (const [bytes, why] of [
      [whole.subarray(0, -40), 'and has no directory at its end: it is cut, to '],
      [whole.subarray(10), 'a .pth file must begin as a zip does, with the bytes 504b0304; got '],
      [whole.subarray(0, 0), `got nothing, in a file of 0 bytes`],
      [legacy, 'it is a pickle, as torch.save wrote it before PyTorch 1.6: open it with torch.load and save it again'],
    ] as const) {
      const { status, body } = await imported(bytes.toString('base64'), { name: 'Broken' }, 'weights.pth');
      expect([status, body.details?.[0]]).toEqual([400, { field: 'file', message: expect.stringContaining(why) }]);
    }
  });

  test('is refused as weights where a bit of them is another, with the name of the entry', async () => {
    const pth = Buffer.concat(writeTorch({ w: tensorFrom('float32', [1], [1]) }));
    pth[pth.indexOf(Buffer.from(Float32Array.of(1).buffer), pth.indexOf('archive/data/0'))]! ^= 1;
    const { status, body } = await imported(pth.toString('base64'), { name: 'Damaged' });
    expect([status, body.details[0].message]).toEqual([
      400,
      expect.stringContaining('"archive/data/0" of its zip is damaged'),
    ]);
  });

  test.each([
    ['PyTorch, NaN', writeTorch, 'float32', Number.NaN],
    ['safetensors, Infinity', asSafetensors, 'float32', Number.NEGATIVE_INFINITY],
    ['more than 32 bits hold', asSafetensors, 'float64', 1e39],
    ['half of the bits', asSafetensors, 'bfloat16', Number.NaN],
  ] as const)(
    'is refused as weights where one is not finite, with the name of the tensor: %s',
    async (_, write, dtype, odd) => {
      const state = { fine: tensorFrom('float32', [2], [1, 2]), 'layer.odd': tensorFrom(dtype, [2], [1, odd]) };
      const { status, body } = await imported(Buffer.concat(write(state)).toString('base64'), { name: 'Odd' });
      expect([status, body.details]).toEqual([
        400,
        [{ field: 'file', message: 'must have finite weights; got NaN or Infinity in the tensor "layer.odd"' }],
      ]);
    },
  );

  test('is refused as weights where its pickle would run anything', async () => {
    const state = { w: tensorFrom('float32', [1], [1]) };
    const written = withoutChecksums(Buffer.concat(writeTorch(state)));
    const pth = written.toString('latin1').replace('_rebuild_tensor_v2', '_rebuild_tensor_v9');
    const { status, body } = await imported(Buffer.from(pth, 'latin1').toString('base64'), { name: 'Evil' });
    expect([status, body.details[0].message]).toEqual([400, expect.stringContaining('_rebuild_tensor_v9')]);
  });

  test.each([
    ['another domain', { name: 'x' }, 'file', 'operator com.microsoft.FusedMatMul'],
    ['images', { name: 'x' }, 'file', 'none of its outputs can be served (y)'],
    ['unknown width', { name: 'x', features: 'a,b' }, 'features', 'must be JSON; got "a,b"'],
  ] as const)('is refused where it cannot be served: %s', async (name, fields, field, message) => {
    const { status, body } = await imported(recorded.refused[name], fields);
    expect([status, body.details]).toEqual([400, [{ field, message: expect.stringContaining(message) }]]);
  });
});
