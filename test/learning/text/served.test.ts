import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { blobKeys } from '#domain/blob-keys.ts';
import { findModel } from '#domain/models/read.ts';
import type { Model } from '#domain/models/record.ts';
import { findJob } from '#domain/training/read.ts';
import { encodeModel, parseModel } from '#engine/onnx/proto.ts';
import { type ClassPrediction, makePredictor, type Predictor } from '#learning/predictor.ts';
import { runJob } from '#training/run-job.ts';
import { openTrainerWorld, type TrainerWorld } from '../../training/world.ts';

const WORDS = 200;
/** Short texts, so that those of requests are longer than all that were learned from. */
const TEXTS = Array.from(
  { length: 80 },
  (_, i) => `it was ${i % 2 ? 'great' : 'awful'} on day ${i},${i % 7},${i % 2 ? 'good' : 'bad'}`,
);
const CONTENT = ['said,n,kind', ...TEXTS].join('\n');

let world: TrainerWorld;
let model: Model;
let predictor: Predictor;
beforeAll(async () => {
  world = await openTrainerWorld();
  const { id, account_id, attempt } = await world.queue('j', {
    content: CONTENT,
    target: 'kind',
    hyperparameters: { epochs: 5, max_words: WORDS },
    more: { model_type: 'compact-text' },
  });
  await runJob(world.adapters, { accountId: account_id, jobId: id, attempt }, { log: () => {} });
  const { model_id } = (await findJob(world.adapters.table, account_id, id))!;
  model = (await findModel(world.adapters.table, account_id, model_id!))!;
  predictor = makePredictor({ artifacts: world.adapters.blobs.artifacts });
});
afterAll(() => world.close());

describe('a model of texts', () => {
  const good = (predictions: readonly unknown[]) =>
    predictions.map((one) => (one as { probabilities: { good: number } }).probabilities.good);
  const answers = async (...texts: string[]) => {
    return good(
      await predictor.predict(
        model,
        texts.map((text) => [text]),
        { probabilities: true },
      ),
    );
  };
  const words = (length: number) => Array.from({ length }, (_, i) => `word${i}`).join(' ');

  test('has no warning that the column which it learned from is left out', async () => {
    const { warnings = [] } = (await findJob(world.adapters.table, model.account_id, model.job_id!))!;
    expect(warnings.map(({ code }) => code)).not.toContain('text_left_out');
  });

  test('reads a text to its end, however short those were that it learned from', async () => {
    const [awful, great] = await answers(`${words(WORDS - 1)} awful`, `${words(WORDS - 1)} great`);
    expect(great!).toBeGreaterThan(awful! + 1e-4);
  });

  test('reads no more than max_words words', async () => {
    const [awful, great] = await answers(`${words(WORDS)} awful`, `${words(WORDS)} great`);
    expect(great).toBe(awful);
  });

  test('answers for a text the same whatever else is asked, in one request or at once', async () => {
    const texts = Array.from({ length: 150 }, (_, i) => `${words(i)} ${i % 2 ? 'great' : 'awful'}`);
    const alone = await Promise.all(texts.map((text) => answers(text)));
    const close = (got: readonly number[]) => {
      for (const [i, value] of got.entries()) expect(value).toBeCloseTo(alone[i]![0]!, 5);
      expect(got).toHaveLength(texts.length);
    };
    close(await answers(...texts));
    const calls = texts.map((text) => predictor.predict(model, [[text]], { probabilities: true }));
    close((await Promise.all(calls)).flatMap(good));
  });

  test('says which words speak for an answer, with a base that they add up to it with', async () => {
    const text = 'it was great on day 3';
    const [found] = (await predictor.predict(model, [text], { explain: true })) as readonly ClassPrediction[];
    const { base, basis, words: parts, contributions } = found!.explanation!;
    expect([basis, parts]).toEqual(['empty_text', ['it ', 'was ', 'great ', 'on ', 'day ', '3']]);
    const values = contributions as number[];
    expect(values.reduce((sum, one) => sum + one, base)).toBeCloseTo(found!.confidence, 5);
    expect(values.indexOf(Math.max(...values))).toBe(2);
  });

  test('of an earlier build, with room for so many n-grams, reads those that come first', async () => {
    const PLACES = 40;
    const files = await Promise.all(
      ['model.onnx', 'serving.json'].map(async (file) => {
        const { body } = await world.adapters.blobs.artifacts.get(blobKeys.modelFile(model.account_id, model.id, file));
        return buffer(body);
      }),
    );
    const [onnx, described] = files as [Buffer, Buffer];
    const proto = parseModel(onnx);
    for (const { type } of proto.graph.input) type!.tensorType!.shape!.dim[1] = { dimValue: PLACES };
    const serving = JSON.parse(described.toString());
    serving.input.places = PLACES;
    const written = new Map<string, Buffer>([
      ['model.onnx', Buffer.from(encodeModel(proto))],
      ['serving.json', Buffer.from(JSON.stringify(serving))],
    ]);
    const earlier: Model = {
      ...{ ...model, id: '00000000-0000-4000-8000-000000000001' },
      artifacts: Array.from(written, ([file, bytes]) => ({
        ...{ ...model.artifacts.find((one) => one.file === file)!, size: bytes.length },
        sha256: createHash('sha256').update(bytes).digest('hex'),
      })),
    };
    for (const [file, bytes] of written)
      await world.adapters.blobs.artifacts.put(blobKeys.modelFile(earlier.account_id, earlier.id, file), bytes);
    const of = async (...texts: string[]) => good(await predictor.predict(earlier, texts, { probabilities: true }));
    const [short] = await answers('so great');
    expect((await of('so great'))[0]).toBeCloseTo(short!, 6);
    // There is no room left for what makes the difference.
    const [awful, great] = await of(`${words(20)} awful`, `${words(20)} great`);
    expect(great).toBe(awful);
    const [explained] = await predictor.predict(earlier, ['so great'], { explain: true });
    expect((explained as ClassPrediction).explanation?.words).toEqual(['so ', 'great']);
  });

  test('names the row of a request that is no text', async () => {
    const texts = Array.from({ length: 100 }, (_, i) => (i === 80 ? '' : 'great'));
    await expect(answers(...texts)).rejects.toMatchObject({ details: [{ field: 'inputs[80]' }] });
  });
});
