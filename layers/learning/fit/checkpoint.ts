/**
 * A checkpoint file of an unfinished fit. Its tensors are the engine's state and the best epoch's parameters. Its
 * metadata hold everything else that the rest of the fit depends on. A fit that is resumed from it continues as if it
 * had not been interrupted.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { canonicalJson } from '#domain/canonical-json.ts';
import { FileFormatError } from '#engine/safetensors.ts';
import type { Tensors } from '#engine/tensor.ts';
import { parameterKey, type State } from '#engine/training/state.ts';
import { readStateFile, writeStateFile } from '#engine/training/state-file.ts';
import { stoppingRecord } from './early-stopping.ts';

const VERSION = 1;

const total = z.number().min(0);

/** The position of a fit. */
const position = z.strictObject({
  /** The current epoch, from 1. When all epochs are done, it is one more than their number. */
  epoch: z.int().min(1),
  /** Batches of the current epoch that are done. */
  step: z.int().min(0),
  /** Sums over those batches. */
  totals: z.strictObject({ loss: z.number(), weight: total, correct: total }),
  /** Each metric by epoch, for the epochs that are done. */
  history: z.record(z.string(), z.array(z.number())),
  stopping: stoppingRecord,
});
export type Position = z.infer<typeof position>;

/** What identifies a fit. A fit can only use its own checkpoints. */
const identity = z.strictObject({
  family: z.string(),
  hyperparameters: z.string(),
  early_stopping: z.string(),
  data: z.string(),
  /** SHA-256 of the compiled step, which may differ between versions of Trainyard. */
  program: z.string(),
});
export type Identity = z.infer<typeof identity>;

const metadata = z.strictObject({ version: z.literal(VERSION), of: identity, at: position });

export interface Checkpoint {
  readonly at: Position;
  readonly state: State;
  /** The best epoch's parameters, by the keys of a state. Absent before the first epoch is done. */
  readonly best?: State;
}

/** This fit cannot continue from the checkpoint. The message completes the sentence "the checkpoint is not used: …". */
export class CheckpointRefused extends Error {
  override readonly name = 'CheckpointRefused';
}

export function identityOf(of: {
  readonly family: string;
  readonly hyperparameters: object;
  readonly earlyStopping: object;
  readonly data: string;
  readonly program: Uint8Array;
}): Identity {
  return {
    family: of.family,
    hyperparameters: canonicalJson(of.hyperparameters),
    early_stopping: canonicalJson(of.earlyStopping),
    data: of.data,
    program: createHash('sha256').update(of.program).digest('hex'),
  };
}

const STATE = 'state/';
const BEST = 'best/';
const METADATA = 'checkpoint';

/** Returns the file as consecutive pieces. */
export function writeCheckpoint(of: Identity, { at, state, best = {} }: Checkpoint): Uint8Array[] {
  const words: z.infer<typeof metadata> = { version: VERSION, of, at };
  return writeStateFile({ ...prefixed(STATE, state), ...prefixed(BEST, best) }, { [METADATA]: JSON.stringify(words) });
}

/**
 * Reads a checkpoint for a fit.
 * @param stepsPerEpoch of that fit
 * @throws CheckpointRefused if the file is damaged or belongs to another fit
 */
export function readCheckpoint(file: Uint8Array, of: Identity, stepsPerEpoch: number): Checkpoint {
  const { tensors, metadata: words } = readFile(file);
  const parsed = metadata.safeParse(parse(words[METADATA]));
  if (!parsed.success) {
    const [fault] = parsed.error.issues;
    throw new CheckpointRefused(`its metadata cannot be read: ${fault?.path.join('.')} ${fault?.message}`);
  }
  const { of: its, at } = parsed.data;
  for (const name of Object.keys(of) as (keyof Identity)[]) {
    if (its[name] !== of[name]) throw new CheckpointRefused(`it is of another ${name}: ${its[name]}, not ${of[name]}`);
  }
  if (at.step > stepsPerEpoch) throw new CheckpointRefused(`step must be at most ${stepsPerEpoch}; got ${at.step}`);
  const [state, best] = [unprefixed(STATE, tensors), unprefixed(BEST, tensors)];
  if (at.epoch === 1) return { at, state };
  const missing = Object.keys(state).find((key) => key.startsWith(parameterKey('')) && !(key in best));
  if (missing !== undefined) throw new CheckpointRefused(`it lacks '${missing}' of the best epoch`);
  return { at, state, best };
}

function readFile(file: Uint8Array) {
  try {
    return readStateFile(file);
  } catch (error) {
    if (error instanceof FileFormatError) throw new CheckpointRefused(`the file is damaged: ${error.message}`);
    throw error;
  }
}

function parse(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
}

const prefixed = (prefix: string, tensors: Tensors): Tensors =>
  Object.fromEntries(Object.entries(tensors).map(([name, t]) => [prefix + name, t]));

const unprefixed = (prefix: string, tensors: Tensors): Tensors =>
  Object.fromEntries(
    Object.entries(tensors).flatMap(([name, t]) => (name.startsWith(prefix) ? [[name.slice(prefix.length), t]] : [])),
  );
