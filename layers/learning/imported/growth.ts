/**
 * How many elements a model of others makes of a row, before it is served: one that makes rows² × 1000 of them would fill
 * the memory with a request of many rows, however small its file is.
 *
 *     shapes that follow from those of the inputs ── sizes that operators compute, alone ── trials with 1, 2 and 4 rows
 *
 * Each step runs only what the ones before have found to be bounded.
 */
import { LIMITS } from '#domain/limits.ts';
import type { GraphProto, NodeProto } from '#engine/onnx/proto.ts';
import { inferredShapes, openSession, type Session } from '#engine/run.ts';
import { type Tensors, toNumbers } from '#engine/tensor.ts';
import { computedSizes, product } from './computed-sizes.ts';
import { refused, titleOf } from './inspect.ts';
import { cutTo, probeSizes, sizeOutput, withOutputs } from './probe.ts';
import type { ImportedInput } from './signature.ts';
import { trialOf } from './trial.ts';

/** Of one tensor: for the few rows of a trial, and for those of a request where it grows faster than they do. */
const MOST = { trial: 2 ** 27, request: 2 ** 28 } as const;
const TRIAL_ROWS = [1, 2, 4] as const;
const REQUEST_ROWS = LIMITS.predictRows;
const MOST_SECONDS = 2;
/** How much faster than its rows a tensor grows that only seems to, because some of its numbers do not depend on them. */
const TOLERANCE = 1.01;

interface Imported {
  readonly bytes: Uint8Array;
  readonly graph: GraphProto;
  readonly inputs: readonly ImportedInput[];
}

/** Of which node each value of the graph is. */
type Makers = ReadonlyMap<string, NodeProto>;

/**
 * @throws ValidationError, field `file`, naming the operator that makes too much
 * @throws RuntimeError if the model cannot be opened or run
 */
export async function expectBounded(of: Imported): Promise<void> {
  const makers = new Map(
    of.graph.node.flatMap((node) => node.output.flatMap((name) => (name === '' ? [] : [[name, node] as const]))),
  );
  const unknown = await expectKnownShapes(of, makers);
  for (const rows of TRIAL_ROWS) await expectComputedSizes(of, rows, MOST.trial);
  await expectTrials(of, makers, unknown);
  await expectComputedSizes(of, REQUEST_ROWS, MOST.request);
}

/** What the runtime infers of shapes, without a run. Resolves with the names of the tensors of which it does not know all. */
async function expectKnownShapes(of: Imported, makers: Makers): Promise<readonly string[]> {
  const names = [...makers.keys()];
  const [one, many] = [await shapesFor(of, names, 1), await shapesFor(of, names, REQUEST_ROWS)];
  const unknown: string[] = [];
  for (const [name, node] of makers) {
    const [least, most] = [one.get(name), many.get(name)];
    if (Number.isNaN(least) || Number.isNaN(most)) unknown.push(name);
    else if (least !== undefined && most !== undefined) expectFits(node, { least, most });
  }
  return unknown;
}

function expectFits(node: NodeProto, { least, most }: { readonly least: number; readonly most: number }): void {
  if (least > MOST.trial) throw tooMany(node, least, 1, MOST.trial);
  if (most > MOST.request && most > TOLERANCE * REQUEST_ROWS * least)
    throw tooMany(node, most, REQUEST_ROWS, MOST.request);
}

/** How many elements each tensor has; NaN where its shape is not inferred. */
async function shapesFor({ bytes, inputs }: Imported, names: readonly string[], rows: number) {
  const shapes = await inferredShapes(withOutputs(bytes, inputs, { names, rows }));
  const size = (dim: number): number => (dim >= 0 ? dim : Number.NaN);
  return new Map(
    names.flatMap((name) => {
      const shape = shapes[name];
      return shape ? [[name, product(shape.map(size))] as const] : [];
    }),
  );
}

/** Operators whose result is as large as numbers say that others compute: those numbers, without the operator. */
async function expectComputedSizes({ bytes, graph, inputs }: Imported, rows: number, most: number): Promise<void> {
  for (const { node, said, data, elementsOf } of computedSizes(graph)) {
    const cut = { graph, values: said, sizes: data === undefined ? [] : [data] };
    await using session = await opened(cutTo(bytes, cut));
    const elements = elementsOf(await run(session, inputs, rows));
    if (elements > most) throw tooMany(node, elements, rows, most);
  }
}

/** The model as a whole, with few rows. */
async function expectTrials({ bytes, inputs }: Imported, makers: Makers, unknown: readonly string[]): Promise<void> {
  await using session = await opened(probeSizes(bytes, unknown));
  const found: Tensors[] = [];
  for (const rows of TRIAL_ROWS) {
    const begun = performance.now();
    found.push(await run(session, inputs, rows));
    const seconds = (performance.now() - begun) / 1000;
    if (seconds > MOST_SECONDS)
      throw refused(`it takes ${seconds.toFixed(1)} seconds for ${rows} rows; at most ${MOST_SECONDS} are served`);
  }
  for (const name of unknown) {
    const sizes = found.map((results) => toNumbers(results[sizeOutput(name)]!)[0]!);
    expectFits(makers.get(name)!, { least: sizes[0]!, most: extrapolated(sizes) });
  }
}

/** What the parabola through the sizes for 1, 2 and 4 rows has for those of a request; a higher power grows beyond it. */
function extrapolated([one = 0, two = 0, four = 0]: readonly number[]): number {
  const slope = two - one;
  const bend = ((four - two) / 2 - slope) / 3;
  return one + slope * (REQUEST_ROWS - 1) + bend * (REQUEST_ROWS - 1) * (REQUEST_ROWS - 2);
}

/** Not optimised: that would compute what follows from constants, before it is known how large that is. */
const opened = (onnx: Uint8Array): Promise<Session> => openSession(onnx, { threads: 1, optimizes: false });

const run = (session: Session, inputs: readonly ImportedInput[], rows: number): Promise<Tensors> => {
  const feeds = trialOf(inputs, rows);
  return session.run(Object.fromEntries(session.inputNames.map((name) => [name, feeds[name]!])));
};

const tooMany = (node: NodeProto, elements: number, rows: number, most: number) =>
  refused(
    `${titleOf(node)} cannot be served: it makes ${Math.round(elements)} elements of ${rows} ${rows === 1 ? 'row' : 'rows'}; at most ${most} are`,
  );
