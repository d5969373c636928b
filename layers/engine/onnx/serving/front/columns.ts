/**
 * What the nodes between a table's inputs and its network compute, column by column: from [rows, 1] a feature to [rows, width].
 * Nodes of other forms than an export of ours has are not read.
 *
 *     mass ─┬─ Sub ─ Div ─┐                        number, mean and deviation
 *           └─ IsNaN ─── Where ─ Cast ─┐
 *     sex ─ LabelEncoder ─ Gather ─ Equal ─ Cast ─ Concat ─▶
 *                                                  a column for each code
 */
import { Attributes } from '../../decode.ts';
import { dataType, type NodeProto } from '../../proto.ts';
import type { Nodes } from '../nodes.ts';

/** Codes of words; `unknown` for others. */
interface Coded {
  readonly input: string;
  readonly codes: ReadonlyMap<string, number>;
  readonly unknown: number;
}

export type Column =
  | { readonly kind: 'cell' | 'missing'; readonly input: string }
  | { readonly kind: 'centred'; readonly input: string; readonly mean: number }
  /** `number` is 0 where the cell is missing. */
  | {
      readonly kind: 'standard' | 'number';
      readonly input: string;
      readonly mean: number;
      readonly deviation: number;
    }
  | ({ readonly kind: 'code' } & Coded)
  | ({ readonly kind: 'equal'; readonly code: number } & Coded);

export interface Columns {
  readonly of: readonly Column[];
  /** Of the file's types. */
  readonly dtype: number;
}

type Read = (name: string | undefined) => Columns | undefined;
type Rule = (node: NodeProto, read: Read, nodes: Nodes) => Columns | undefined;

/** What a node makes, where its form is known. */
export const columnsOf: Rule = (node, read, nodes) => rules[node.opType]?.(node, read, nodes);

const rules: Readonly<Record<string, Rule>> = {
  Concat: (node, read) => {
    const parts = node.input.map(read);
    const [first] = parts;
    if (new Attributes(node).int('axis', 0) !== 1 || !first) return undefined;
    return parts.every((part) => part?.dtype === first.dtype)
      ? { of: parts.flatMap((part) => part!.of), dtype: first.dtype }
      : undefined;
  },
  IsNaN: ({ input: [x] }, read) =>
    mapped(read(x), dataType.bool, (one) => one.kind === 'cell' && { kind: 'missing', input: one.input }),
  Sub: ({ input: [x, y] }, read, nodes) => {
    const means = nodes.constant(y);
    return mapped(
      read(x),
      dataType.float64,
      (one, i) => one.kind === 'cell' && means !== undefined && { ...one, kind: 'centred', mean: means[i]! },
      means?.length,
    );
  },
  Div: ({ input: [x, y] }, read, nodes) => {
    const deviations = nodes.constant(y);
    return mapped(
      read(x),
      dataType.float64,
      (one, i) =>
        one.kind === 'centred' && deviations !== undefined && { ...one, kind: 'standard', deviation: deviations[i]! },
      deviations?.length,
    );
  },
  Where: ({ input: [condition, x, y] }, read, nodes) => {
    const [missing, zero] = [read(condition), nodes.constant(x)];
    if (zero?.length !== 1 || zero[0] !== 0) return undefined;
    return mapped(
      read(y),
      dataType.float64,
      (one, i) => one.kind === 'standard' && isMissing(missing?.of[i], one.input) && { ...one, kind: 'number' },
      missing?.of.length,
    );
  },
  Cast: (node, read) => {
    const [x, to] = [read(node.input[0]), new Attributes(node).int('to', 0)];
    return x && (to === dataType.float32 || to === dataType.int64) ? { ...x, dtype: to } : undefined;
  },
  LabelEncoder: (node, read) => {
    const attributes = new Attributes(node);
    const [words, codes] = [attributes.strings('keys_strings'), attributes.ints('values_int64s')];
    const unknown = attributes.int('default_int64', -1);
    if (!words || codes?.length !== words.length) return undefined;
    // Of a word that is there twice the first code counts.
    const byWord = new Map(words.map((word, i) => [word, codes[i]!] as const).toReversed());
    return mapped(
      read(node.input[0]),
      dataType.int64,
      (one) => one.kind === 'cell' && { kind: 'code', input: one.input, codes: byWord, unknown },
    );
  },
  Gather: (node, read, nodes) => {
    const axis = new Attributes(node).int('axis', 0);
    const [table, positions] = node.input.map((name) => nodes.constant(name));
    const [x, places] = node.input.map(read);
    if (axis === 1 && x && positions?.every((at) => x.of[at] !== undefined)) {
      return { of: positions.map((at) => x.of[at]!), dtype: x.dtype };
    }
    if (axis !== 0 || !table) return undefined;
    return mapped(places, dataType.int64, (one) => {
      if (one.kind !== 'code') return false;
      const codes = new Map(Array.from(one.codes, ([word, place]) => [word, table[place]!]));
      const unknown = table[one.unknown];
      return (
        unknown !== undefined && [...codes.values()].every((code) => code !== undefined) && { ...one, codes, unknown }
      );
    });
  },
  Slice: ({ input: [x, ...bounds] }, read, nodes) => {
    const [from, to, axes, steps] = bounds.map((name) => nodes.constant(name));
    if (axes?.length !== 1 || axes[0] !== 1 || (steps && steps[0] !== 1) || !from || !to) return undefined;
    const all = read(x);
    return all && { ...all, of: all.of.slice(from[0], to[0]) };
  },
  // Of one column, whose axis goes and comes back.
  Squeeze: ({ input: [x] }, read) => single(read(x)),
  Unsqueeze: ({ input: [x, axes] }, read, nodes) =>
    nodes.constant(axes)?.join() === '1' ? single(read(x)) : undefined,
  Equal: ({ input: [x, y] }, read, nodes) => {
    const [of, codes] = [single(read(x))?.of[0], nodes.constant(y)];
    if (of?.kind !== 'code' || !codes) return undefined;
    return { of: codes.map((code) => ({ ...of, kind: 'equal', code })), dtype: dataType.bool };
  },
};

/** Each column as `change` makes it; nothing where it makes nothing of one, or there are not so many. */
function mapped(
  x: Columns | undefined,
  dtype: number,
  change: (one: Column, at: number) => Column | false,
  count = x?.of.length,
): Columns | undefined {
  const of = x?.of.map(change).filter((one) => one !== false);
  return of?.length === x?.of.length && of?.length === count && of ? { of, dtype } : undefined;
}

const single = (x: Columns | undefined): Columns | undefined => (x?.of.length === 1 ? x : undefined);

const isMissing = (one: Column | undefined, input: string): boolean => one?.kind === 'missing' && one.input === input;
