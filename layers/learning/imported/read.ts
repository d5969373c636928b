/** Reads a model of others: what it takes and gives, tried with two rows, and as a model that is served like those made here. */
import type { DatasetWarning } from '#domain/datasets/warnings.ts';
import { ValidationError } from '#domain/errors.ts';
import { dataType, type GraphProto, type ModelProto } from '#engine/onnx/proto.ts';
import { openSession, RuntimeError, type Session } from '#engine/run.ts';
import { inputNames, SERVING_PROPERTY, type ServedFeature, type Serving, serving } from '../serving/description.ts';
import { bytesFor, oneRowOnly, opening } from './door.ts';
import { type Example, expectExamples } from './examples.ts';
import { shapesOf } from './feeds.ts';
import { expectBounded } from './growth.ts';
import { expectPixels, type Pixels } from './images.ts';
import { inspect, refused } from './inspect.ts';
import { ML_DOMAIN } from './label.ts';
import { notesOf } from './notes.ts';
import { answersPlaces, ownValues } from './own-values.ts';
import { type ReadingWishes, readingOf } from './reading.ts';
import { rowDependence } from './row-dependence.ts';
import { classesOf, type ImageSize, type ImportedInput, inputsOf, tensorOutputs, zipMapOf } from './signature.ts';
import { TRIAL_ROWS, trialOf, zeros } from './trial.ts';
import { withoutZipMap, wrap } from './wrap.ts';

/** What the file does not say. */
export interface Wishes extends ReadingWishes {
  /** The names of the features, in the order of the model's inputs and their columns. */
  readonly features?: readonly string[] | undefined;
  readonly target: string;
  /** How a model of images wants bytes. Default: it is given the numbers that it takes. */
  readonly pixels?: Pixels | undefined;
  /** Pixels of its images, where the file does not say them: of each side, or [height, width]. */
  readonly image_size?: number | readonly number[] | undefined;
  /** What the model answered before it was exported. */
  readonly examples?: readonly Example[] | undefined;
}

export interface Imported {
  readonly onnx: Uint8Array;
  readonly serving: Serving;
  /** How the inputs and outputs of the file became those of the model: for people. */
  readonly notes: readonly string[];
  readonly warnings: readonly DatasetWarning[];
}

/** @throws ValidationError, naming what cannot be served */
export async function readImported(bytes: Uint8Array, given: Wishes): Promise<Imported> {
  const { graph: file, metadataProps, opsetImport } = inspect(bytes);
  const opset = opsetImport.find(({ domain }) => !domain || domain === 'ai.onnx')?.version;
  const own = ownNames(metadataProps);
  const declared = declaredInputs(file, given, own);
  expectPixels(given.pixels, declared[0]?.image);
  const pixels = given.pixels ?? bytesFor(declared[0]!);
  const wishes = { ...given, pixels };
  const opened = opening({ bytes, graph: file, inputs: declared, opset });
  const { inputs } = opened;
  const graph = opened.bytes === bytes ? file : inspect(opened.bytes).graph;
  const single = oneRowOnly(inputs);
  const zipMap = zipMapOf(graph);
  const plain = withoutZipMap(opened.bytes, zipMap);
  const plainGraph = zipMap ? inspect(plain).graph : graph;
  const outputs = tensorOutputs(plainGraph);
  await runnable(inputs, () => expectBounded({ bytes: plain, graph: plainGraph, inputs }));
  const results = await tried(plain, inputs, (session) =>
    session.run(
      trialOf(inputs, TRIAL_ROWS),
      outputs.map(({ name }) => name),
    ),
  );
  if (single && results && Object.values(results).every(({ shape }) => shape[0] !== TRIAL_ROWS)) throw single;
  const { reading, classes } = readingOf(outputs, results, {
    zipMap,
    wishes,
    known: (n) => (own.classes?.length === n ? own.classes : classesOf(graph, n)),
    valuesOf: (label) => ownValues(graph, label),
    answersPlaces: (label) => answersPlaces(graph, label),
  });
  const features = inputs.flatMap((input) =>
    input.features.map((name) => ({
      name,
      type: input.elemType === dataType.string ? ('category' as const) : ('number' as const),
      ...(input.elemType in CASTS ? { cast: CASTS[input.elemType]! } : {}),
    })),
  );
  const twice = features.find(({ name }, i) => features.findIndex((other) => other.name === name) < i);
  if (twice) throw ValidationError.of('features', `must be given: two inputs would be called ${twice.name}`);
  if (features.some(({ name }) => name === '__proto__'))
    throw ValidationError.of('features', 'must be given with other names: no row in JSON can have "__proto__"');
  const names = inputNames(features.map(({ name }) => name));
  const described: Serving = {
    ...{ format: 1, task: reading.task, target: wishes.target, classes: [...classes] },
    ...imagesOf(inputs, pixels),
    features: features.map((feature, i) => ({ ...feature, input: names[i]! })),
  };
  const mlOpset = opsetImport.find(({ domain }) => domain === ML_DOMAIN)?.version;
  const onnx = wrap(plain, { inputs, serving: described, reading, mlOpset, opset, pixels });
  await expectAnswers(onnx, inputs, described);
  const { examples = [] } = wishes;
  if (examples.length > 0) await expectExamples(onnx, described, examples);
  const dependence = await rowDependence(onnx, described, examples);
  if (dependence && single) throw single;
  return {
    ...{ onnx, serving: described, warnings: dependence ? [dependence] : [] },
    notes: notesOf({ inputs, reading, zipMap, pixels, examples: examples.length }),
  };
}

/** What the file says of itself, and the caller did not, is not the caller's fault. */
function declaredInputs(file: GraphProto, given: Wishes, own: Own): ImportedInput[] {
  const features = given.features ?? own.features;
  try {
    return inputsOf(file, features, sizeOf(given.image_size));
  } catch (error) {
    const isAbout = error instanceof ValidationError && error.details.find(({ field }) => field === 'features');
    if (!isAbout || given.features) throw error;
    throw refused(
      own.kind === 'series'
        ? 'it must take rows of a table, or images; it takes windows of a series'
        : `the ${own.features?.length} names of features that it has do not fit its inputs: features ${isAbout.message}`,
    );
  }
}

function sizeOf(given: Wishes['image_size']): ImageSize | undefined {
  if (given === undefined) return undefined;
  const [height = 0, width = height] = typeof given === 'number' ? [given] : given;
  return { height, width };
}

type Own = Pick<Wishes, 'features' | 'classes'> & Pick<Serving, 'kind'>;

/** The names that a model of Trainyard's own says itself. */
function ownNames(properties: ModelProto['metadataProps']): Own {
  const said = properties.find(({ key }) => key === SERVING_PROPERTY)?.value;
  const own = serving.safeParse(parsed(said));
  if (!own.success) return {};
  const { kind, task, features, classes } = own.data;
  if (task === 'multilabel') throw refused('it must answer a class or a number; it answers several labels');
  return {
    kind,
    ...(features.length > 0 ? { features: features.map(({ name }) => name) } : {}),
    ...(task === 'classification' ? { classes } : {}),
  };
}

function parsed(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
}

/**
 * `undefined` if the model opens and then refuses the rows, although they are only trial rows: a model that takes texts may
 * take none but those that it knows.
 */
async function tried<T>(
  onnx: Uint8Array,
  inputs: readonly ImportedInput[],
  use: (session: Session) => Promise<T>,
): Promise<T | undefined> {
  await using session = await runnable(onlyImages(inputs), () => openSession(onnx, { threads: 1 }));
  return session && (await runnable(inputs, () => use(session)));
}

const onlyImages = (inputs: readonly ImportedInput[]) => inputs.filter(({ image }) => image);

/** `undefined` if the runtime refuses the trial rows and some are texts. */
async function runnable<T>(inputs: readonly ImportedInput[], use: () => Promise<T>): Promise<T | undefined> {
  try {
    return await use();
  } catch (error) {
    if (!(error instanceof RuntimeError)) throw error;
    if (inputs.some(({ elemType }) => elemType === dataType.string)) return undefined;
    throw oneRowOnly(inputs) ?? refused(`it cannot be run: ${error.message}`);
  }
}

const ELEMENT_TYPE = {
  ...{ BYTES: dataType.string, BOOL: dataType.bool, FP32: dataType.float32, FP64: dataType.float64 },
} as const;

/** Without a word of bytes, a model of images takes the network's own numbers: nobody knows what they were before. */
function imagesOf(
  [{ image } = {}]: readonly Partial<ImportedInput>[],
  pixels: Pixels | undefined,
): Pick<Serving, 'kind' | 'input'> {
  if (!image) return {};
  const { channels, height, width } = image;
  return { kind: 'image', input: { channels, height, width, values: pixels ? 'bytes' : 'numbers' } };
}

const CASTS: Readonly<Record<number, NonNullable<ServedFeature['cast']>>> = {
  [dataType.int32]: 'int32',
  [dataType.int64]: 'int64',
  [dataType.bool]: 'bool',
};

/** The model as it will be served answers two rows. */
async function expectAnswers(onnx: Uint8Array, inputs: readonly ImportedInput[], serving: Serving): Promise<void> {
  const feeds = Object.fromEntries(
    shapesOf(serving, TRIAL_ROWS).map(({ name, datatype, shape }) => [name, zeros(ELEMENT_TYPE[datatype], shape)]),
  );
  const results = await tried(onnx, inputs, (session) => session.run(feeds));
  if (!results) return;
  const { shape } = results[serving.task === 'classification' ? 'label' : 'value']!;
  if (shape.length !== 1 || shape[0] !== TRIAL_ROWS)
    throw refused(`it must give one answer a row; for ${TRIAL_ROWS} rows it gave [${shape.join(', ')}]`);
}
