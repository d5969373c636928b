import { setImmediate as nextTurn } from 'node:timers/promises';
import { throughNativeGate } from './native-gate.ts';
import { OnnxError } from './onnx/decode.ts';
import { findOutside } from './onnx/outside.ts';
import * as ort from './runtime.ts';
import type { Tensor, Tensors } from './tensor.ts';
import { type DType, formatShape, type HalfType } from './type.ts';

// Errors are thrown as well, and whoever catches them reports them.
ort.env.logLevel = 'fatal';

export type Device = 'cpu' | 'cuda';

export interface SessionOptions {
  /** Threads within an operator. If absent, the runtime uses all cores. */
  readonly threads?: number;
  readonly device?: Device;
  /**
   * Whether the runtime plans the memory of a whole run in advance. Default: true. Without this, a large network takes
   * about a quarter less memory, and a step takes up to a tenth longer.
   */
  readonly plansMemory?: boolean;
  /**
   * The files with a model's external weights, by their names in the model. Needed if the model itself is not a file.
   */
  readonly external?: Readonly<Record<string, Uint8Array>>;
  /** Whether the runtime optimises the graph, for which it computes what follows from constants. Default: true. */
  readonly optimizes?: boolean;
  /** A file to which the runtime writes the optimized graph, for inspection. */
  readonly optimizedModelPath?: string;
}

/** The runtime refused a model or a run. The message is the runtime's, and adds the place if it is known. */
export class RuntimeError extends Error {
  override readonly name = 'RuntimeError';
}

/** A loaded model. A run blocks the thread and cannot be cancelled. */
export interface Session extends AsyncDisposable {
  readonly device: Device;
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  /**
   * @param wanted the outputs to compute. Default: all
   * @param into tensors to which outputs are written; others are copied from the runtime's memory
   * @throws RuntimeError
   */
  run(feeds: Tensors, wanted?: readonly string[], into?: Tensors): Promise<Tensors>;
  /** The same at once: `run` lets what waits in the event loop go first. */
  runAtOnce(feeds: Tensors, wanted?: readonly string[], into?: Tensors): Tensors;
  dispose(): Promise<void>;
}

/**
 * Adam's moments decay into denormal numbers, with which a CPU is many times slower. Every session asks for it, even one that
 * never runs: the runtime sets the calling thread's mode by the first session of a process and ignores all others'
 * (`std::call_once` in its inference_session.cc, seen with 1.30.0).
 */
const DENORMAL_AS_ZERO = { set_denormal_as_zero: '1' };

/**
 * How long a thread that has nothing to do looks for work before it sleeps: those that spin for much longer than a loop's step takes
 * keep working threads from the processor. One text of 124 tokens by MiniLM took 38 ms of processor time, with 1000 µs 44 (latency
 * 1.06 times as long), with the runtime's own limit 57 (1.35 times), on two cores that had other work.
 */
const SPIN_MICROSECONDS = '100';

/**
 * For a model of bytes: a message of ONNX, whatever it begins with. Should it name a file after all, the runtime looks for
 * that below a file, where there is none, and not below the folder that the process runs in.
 */
const OF_BYTES = {
  load_model_format: 'ONNX',
  model_external_initializers_file_folder_path: process.execPath,
};

/**
 * Loads a model, from bytes or from a file. One of bytes has its data within, or in `external`: it never makes the runtime
 * read a file.
 * @throws RuntimeError if the model is invalid or the device does not exist: there is no silent fallback
 */
export async function openSession(model: Uint8Array | string, options: SessionOptions = {}): Promise<Session> {
  const { threads, device = 'cpu', plansMemory = true, external = {} } = options;
  const { optimizes = true, optimizedModelPath } = options;
  const isFile = typeof model === 'string';
  const settings: ort.InferenceSession.SessionOptions = {
    executionProviders: [device],
    graphOptimizationLevel: optimizes ? 'all' : 'disabled',
    executionMode: 'sequential',
    interOpNumThreads: 1,
    enableMemPattern: plansMemory,
    extra: {
      session: {
        ...DENORMAL_AS_ZERO,
        ...(isFile ? {} : OF_BYTES),
        intra_op: { spin_duration_us: SPIN_MICROSECONDS },
      },
    },
    logSeverityLevel: 4,
    ...(threads === undefined ? {} : { intraOpNumThreads: threads }),
    externalData: Object.entries(external).map(([path, data]) => ({ path, data })),
    ...(optimizedModelPath === undefined ? {} : { optimizedModelFilePath: optimizedModelPath }),
  };
  if (!isFile) expectInside(model, external);
  await nextTurn();
  return sessionOf(new NativeSession(model, settings), device);
}

/**
 * The shapes of a model's outputs as far as the runtime infers them, without a run: a dimension that it does not know is
 * below 0. Outputs that are no tensors are left out.
 * @throws RuntimeError if the model is invalid
 */
export async function inferredShapes(model: Uint8Array): Promise<Readonly<Record<string, readonly number[]>>> {
  expectInside(model, {});
  await nextTurn();
  // Optimising would compute what follows from constants.
  const session = new NativeSession(model, {
    graphOptimizationLevel: 'disabled',
    intraOpNumThreads: 1,
    logSeverityLevel: 4,
    extra: { session: { ...DENORMAL_AS_ZERO, ...OF_BYTES } },
  });
  try {
    return session.outputShapes;
  } finally {
    session.dispose();
  }
}

/** The runtime looks for a file below the folder that the process runs in. Throws `RuntimeError`. */
function expectInside(model: Uint8Array, external: SessionOptions['external'] & object): void {
  for (const { name, locations } of outsideOf(model)) {
    const unknown = locations.find((one) => !Object.hasOwn(external, one));
    if (locations.length > 0 && unknown === undefined) continue;
    const where = unknown === undefined ? 'another file' : `file ${JSON.stringify(unknown)}`;
    throw new RuntimeError(`tensor '${name}' has its data in ${where}, which was not given`);
  }
}

function outsideOf(model: Uint8Array) {
  try {
    return findOutside(model);
  } catch (error) {
    throw error instanceof OnnxError ? new RuntimeError(error.message, { cause: error }) : error;
  }
}

function sessionOf(session: NativeSession, device: Device): Session {
  const { inputNames, outputNames } = session;
  const runAtOnce: Session['runAtOnce'] = (feeds, wanted, into = {}) => runSession(session, feeds, wanted, into);
  const dispose = async () => session.dispose();
  return {
    device,
    inputNames,
    outputNames,
    run: async (feeds, wanted, into) => {
      await nextTurn();
      return runAtOnce(feeds, wanted, into);
    },
    runAtOnce,
    dispose,
    [Symbol.asyncDispose]: dispose,
  };
}

class NativeSession {
  readonly #native: ort.Binding.InferenceSession;
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  readonly outputShapes: Readonly<Record<string, readonly number[]>>;
  /** All of them, into memory of the runtime. */
  readonly #all: Outputs;

  /** @throws RuntimeError */
  constructor(model: Uint8Array | string, settings: ort.InferenceSession.SessionOptions) {
    const { native, inputs, outputs } = translated(() => loaded(model, settings));
    this.#native = native;
    this.inputNames = inputs.map(({ name }) => name);
    this.outputNames = outputs.map(({ name }) => name);
    this.#all = Object.fromEntries(this.outputNames.map((name) => [name, null]));
    this.outputShapes = Object.fromEntries(
      outputs.flatMap((one) => (one.isTensor ? [[one.name, one.shape] as const] : [])),
    );
  }

  /**
   * @param outputs those to compute; null: into memory of the runtime. Default: all
   * @throws RuntimeError
   */
  run(feeds: Feeds, outputs: Outputs = this.#all): Readonly<Record<string, ort.Tensor>> {
    if (outputs !== this.#all) {
      const { outputNames } = this;
      const unknown = Object.keys(outputs).find((name) => !outputNames.includes(name));
      if (unknown !== undefined)
        throw new RuntimeError(`there is no output '${unknown}'; got ${outputNames.join(', ')}`);
    }
    // Without options, which the runtime would copy for each run.
    const run = this.#native.run as unknown as (feeds: Feeds, outputs: Outputs) => Readonly<Record<string, ort.Tensor>>;
    return translated(() => run.call(this.#native, feeds, outputs));
  }

  dispose(): void {
    throughNativeGate(() => this.#native.dispose());
  }
}

function loaded(model: Uint8Array | string, settings: ort.InferenceSession.SessionOptions) {
  ort.initOrt();
  const native = new ort.binding.InferenceSession();
  if (typeof model === 'string') native.loadModel(model, settings);
  else native.loadModel(model.buffer as ArrayBuffer, model.byteOffset, model.byteLength, settings);
  return { native, inputs: native.inputMetadata, outputs: native.outputMetadata };
}

function runSession(
  session: NativeSession,
  feeds: Tensors,
  wanted: readonly string[] | undefined,
  into: Tensors,
): Tensors {
  const inputs: Record<string, Feed> = {};
  for (const name of session.inputNames) {
    const feed = feeds[name];
    if (feed === undefined) throw new RuntimeError(`input '${name}' is missing; got ${Object.keys(feeds).join(', ')}`);
    inputs[name] = toRuntime(feed);
  }
  if (wanted === undefined && Object.keys(into).length === 0) {
    const results = session.run(inputs);
    return Object.fromEntries(session.outputNames.map((name) => [name, fromRuntime(results[name]!)]));
  }
  const names = wanted ?? session.outputNames;
  const outputs: Record<string, Feed | null> = {};
  for (const name of names) outputs[name] = into[name] ? toRuntime(into[name]) : null;
  const results = session.run(inputs, outputs);
  return Object.fromEntries(names.map((name) => [name, into[name] ?? fromRuntime(results[name]!)]));
}

function translated<T>(call: () => T): T {
  try {
    return throughNativeGate(call);
  } catch (error) {
    throw new RuntimeError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

/** As much of the runtime's tensor as its native part reads: making one checks again what ours has checked. */
type Feed = Pick<ort.Tensor, 'type' | 'dims' | 'data' | 'location'>;
type Feeds = Readonly<Record<string, Feed>>;
type Outputs = Readonly<Record<string, Feed | null>>;

function toRuntime({ dtype, shape, data }: Tensor): Feed {
  if (dtype === 'float16' || dtype === 'bfloat16')
    throw new RuntimeError(`cannot feed ${dtype}${formatShape(shape)}: feed float32 and cast in the graph`);
  // The runtime reads the texts and changes none.
  return { type: dtype, dims: shape, data: data as ort.Tensor['data'], location: 'cpu' };
}

/** 16-bit floats stay inside graphs, because the binding does not support them. */
type FromRuntime = { readonly [D in Exclude<DType, HalfType>]: (t: ort.TypedTensor<D>) => Tensor };

/** Their sizes need no check: the runtime has made them. */
const fromTyped: FromRuntime = {
  float32: ({ dims: shape, data }) => ({ dtype: 'float32', shape, data }),
  float64: ({ dims: shape, data }) => ({ dtype: 'float64', shape, data }),
  int64: ({ dims: shape, data }) => ({ dtype: 'int64', shape, data }),
  int32: ({ dims: shape, data }) => ({ dtype: 'int32', shape, data }),
  bool: ({ dims: shape, data }) => ({ dtype: 'bool', shape, data }),
  string: ({ dims: shape, data }) => ({ dtype: 'string', shape, data }),
};

function fromRuntime(t: ort.Tensor): Tensor {
  switch (t.type) {
    case 'float32':
      return fromTyped.float32(t as ort.TypedTensor<'float32'>);
    case 'float64':
      return fromTyped.float64(t as ort.TypedTensor<'float64'>);
    case 'int64':
      return fromTyped.int64(t as ort.TypedTensor<'int64'>);
    case 'int32':
      return fromTyped.int32(t as ort.TypedTensor<'int32'>);
    case 'bool':
      return fromTyped.bool(t as ort.TypedTensor<'bool'>);
    case 'string':
      return fromTyped.string(t as ort.TypedTensor<'string'>);
    default:
      throw new RuntimeError(`cannot read an output of type ${t.type}${formatShape(t.dims)}`);
  }
}
