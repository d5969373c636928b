/**
 * Classifying texts by a fine-tuned MiniLM-L6, tokenizing included, and tokenizing alone, beside Python's tokenizers with ONNX
 * Runtime on the same files. `int8` is the variant of 8 bits, and `gain` what it has over our float32.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { quantizeModel } from '#engine/onnx/int8/quantize.ts';
import { initialParameters } from '#engine/training/network.ts';
import { encoderFiles } from '#learning/encoder/export.ts';
import { openEncoder } from '#learning/encoder/open.ts';
import { openTokenizer, type TextTokenizer } from '#learning/encoder/tokenizer.ts';
import { INT8_FILE } from '#learning/serving/description.ts';
import { openTextClassifier, type TextClassifier } from '#learning/text/classifier.ts';
import { encoderNetwork } from '#zoo/encoders/network.ts';
import { type Bench, inTurn } from '../bench.ts';
import { startTextInference, type Torch } from '../peers/torch.ts';
import { encoderFolder, readBodies } from './mails/files.ts';
import { folderFiles } from './memory/folder.ts';

const THREADS = 2;
const TOKENS = 128;
const MARKS = 2;
const BUDGET = { times: 15, seconds: 30 };
const LABELS = ['spam', 'ham'];

interface World extends AsyncDisposable {
  readonly texts: readonly string[];
  readonly tokenizer: TextTokenizer;
  readonly float32: TextClassifier;
  readonly int8: TextClassifier;
  readonly peer: Torch | undefined;
}

async function openWorld(): Promise<World> {
  const opened = await openEncoder(
    folderFiles(encoderFolder(), (path) => readFile(path)),
    { labels: LABELS },
  );
  const { encoder } = opened;
  const drawn = initialParameters(encoderNetwork(encoder, { layerDecay: 1, frozenLayers: 0 }, 0), 1);
  const tokens = { most: TOKENS, overlap: TOKENS / 4, padding_id: encoder.paddingId, flops: encoder.flops(TOKENS) };
  const thresholds = Object.fromEntries(LABELS.map((label) => [label, 0.5]));
  const files = new Map(
    encoderFiles(
      opened,
      { ...drawn, ...opened.weights.parameters },
      {
        ...{ format: 2, tokens, labels: LABELS, benign_label: 'ham', thresholds },
      },
    ).map(({ file, bytes }) => [file, bytes]),
  );
  const onnx = files.get('model.onnx')!;
  files.set(INT8_FILE, quantizeModel(onnx, { integerProducts: true }).bytes);
  const of = { has: (file: string) => files.has(file), read: async (file: string) => files.get(file)! };
  const tokenizer = openTokenizer(opened.tokenizerFiles);
  // Those that are one piece for both.
  const texts = readBodies()
    .map(({ text }) => text)
    .filter((text) => tokenizer.encode(text).length <= TOKENS - MARKS);
  const folder = mkdtempSync(join(tmpdir(), 'trainyard-inference-'));
  writeFileSync(join(folder, 'model.onnx'), onnx);
  writeFileSync(join(folder, 'tokenizer.json'), files.get('tokenizer.json')!);
  writeFileSync(join(folder, 'texts.json'), JSON.stringify(manyOf(texts)));
  const [float32, int8] = [await openTextClassifier(of), await openTextClassifier(of, 'int8')];
  const peer = startTextInference(THREADS, folder);
  return {
    ...{ texts, tokenizer, float32, int8, peer },
    async [Symbol.asyncDispose]() {
      await Promise.all([float32.dispose(), int8.dispose(), peer?.[Symbol.asyncDispose]()]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const MANY = 10_000;
const manyOf = (texts: readonly string[]): string[] => Array.from({ length: MANY }, (_, i) => texts[i % texts.length]!);

/**
 * Before each turn: the threads of Python's ONNX Runtime look for work for some 30 ms after a run (processor time, measured), and
 * would take one of two processors from whoever's turn is next.
 */
const REST_MS = 200;
/** Of a turn: one text alone takes too short a time to be measured. */
const TEXTS_OF_TURN = 16;

const perSecond =
  (rows: number, run: () => unknown, times = 1) =>
  async (): Promise<number> => {
    await delay(REST_MS);
    const start = performance.now();
    for (let i = 0; i < times; i++) await run();
    return (1000 * rows * times) / (performance.now() - start);
  };

const peerPerSecond =
  (peer: Torch, request: string, rows: number, times = 1) =>
  async (): Promise<number> => {
    await delay(REST_MS);
    let seconds = 0;
    for (let i = 0; i < times; i++) seconds += await peer.seconds(request);
    return (rows * times) / seconds;
  };

const predicting = (rows: number): Bench => ({
  name: `text/predict-${rows}`,
  unit: 'texts/s',
  async run({ seconds = BUDGET.seconds } = {}) {
    await using world = await openWorld();
    const { texts, float32, int8, peer } = world;
    const some = texts.slice(0, rows);
    const times = Math.max(1, TEXTS_OF_TURN / rows);
    const found = await inTurn(
      { ...BUDGET, seconds },
      {
        ours: perSecond(rows, () => float32.predict(some), times),
        int8: perSecond(rows, () => int8.predict(some), times),
        peer: peer && peerPerSecond(peer, `predict ${rows}`, rows, times),
      },
    );
    const { ours, int8: small } = found;
    return {
      ...{ ours: ours!.median, peer: found.peer?.median ?? null, spread: ours!.spread },
      more: { int8: small!.median, gain: small!.median / ours!.median },
    };
  },
});

const tokenizing: Bench = {
  name: 'text/tokenize',
  unit: 'texts/s',
  async run({ seconds = BUDGET.seconds } = {}) {
    await using world = await openWorld();
    const { tokenizer, peer } = world;
    const texts = manyOf(world.texts);
    const found = await inTurn(
      { times: 5, seconds },
      {
        ours: perSecond(MANY, () => texts.map(tokenizer.encode)),
        peer: peer && peerPerSecond(peer, `tokenize ${MANY}`, MANY),
      },
    );
    return { ours: found.ours!.median, peer: found.peer?.median ?? null, spread: found.ours!.spread };
  },
};

export const benches: readonly Bench[] = [predicting(1), predicting(32), tokenizing];
