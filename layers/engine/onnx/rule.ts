import { type Builder, constantOp, type Value } from '../graph.ts';
import { type Tensor, toNumbers } from '../tensor.ts';
import type { Dim } from '../type.ts';
import { type Attributes, OnnxError } from './decode.ts';

/** Integers that are known before the graph runs, symbolic dimensions among them: what shapes are computed with. */
export interface Known {
  readonly values: readonly Dim[];
  readonly scalar: boolean;
}

/** One node of a file, as the rules see it. */
export class NodeContext {
  readonly b: Builder;
  readonly opType: string;
  readonly attributes: Attributes;
  readonly opset: number;
  readonly outputs: number;
  readonly #inputs: readonly (Value | undefined)[];
  readonly #known: readonly (Known | undefined)[];

  constructor(
    b: Builder,
    node: {
      readonly opType: string;
      readonly attributes: Attributes;
      readonly opset: number;
      readonly outputs: number;
    },
    inputs: readonly (Value | undefined)[],
    known: readonly (Known | undefined)[],
  ) {
    this.b = b;
    this.opType = node.opType;
    this.attributes = node.attributes;
    this.opset = node.opset;
    this.outputs = node.outputs;
    this.#inputs = inputs;
    this.#known = known;
  }

  /** @throws OnnxError if the input is absent */
  input(i: number): Value {
    const value = this.#inputs[i];
    if (!value) throw this.error(`wants input ${i}`);
    return value;
  }

  optional(i: number): Value | undefined {
    return this.#inputs[i];
  }

  inputs(): Value[] {
    return this.#inputs.flatMap((value) => value ?? []);
  }

  known(i: number): Known | undefined {
    return this.#known[i];
  }

  /**
   * An input that must be known: a shape, axes, pads.
   * @throws OnnxError if it is absent or computed from data
   */
  dims(i: number): readonly Dim[] {
    this.input(i);
    const known = this.#known[i];
    if (!known) throw this.error(`wants input ${i} to be known before the graph runs`);
    return known.values;
  }

  /** As `dims`, numbers only. */
  ints(i: number): readonly number[] {
    return this.dims(i).map((dim) => {
      if (typeof dim === 'number') return dim;
      throw this.error(`wants numbers for input ${i}; got ${dim}`);
    });
  }

  /** As `ints`; undefined if the input is absent. */
  optionalInts(i: number): readonly number[] | undefined {
    return this.optional(i) && this.ints(i);
  }

  /** As `ints`, exactly one. */
  int(i: number): number {
    const [value, ...others] = this.ints(i);
    if (value === undefined || others.length > 0) throw this.error(`wants one number for input ${i}`);
    return value;
  }

  /** @throws OnnxError unless the attribute is absent or has the only value that is read */
  expectInt(name: string, wanted: number, absent = wanted): void {
    const got = this.attributes.int(name, absent);
    if (got !== wanted) throw this.error(`wants ${name} of ${wanted}; got ${got}`);
  }

  /**
   * An attribute that is 0 or 1.
   * @throws OnnxError if it is something else
   */
  flag(name: string, absent = false): boolean {
    const got = this.attributes.int(name, absent ? 1 : 0);
    if (got !== 0 && got !== 1) throw this.error(`wants ${name} of 0 or 1; got ${got}`);
    return got === 1;
  }

  /**
   * An attribute that is one of some words; the first if it is absent.
   * @throws OnnxError if it is another
   */
  word<W extends string>(name: string, words: readonly [W, ...W[]]): W {
    const got = this.attributes.string(name, words[0]);
    const word = words.find((one) => one === got);
    if (word === undefined) throw this.error(`wants ${name} of ${words.join(' or ')}; got ${got}`);
    return word;
  }

  /**
   * An input that must be a constant number.
   * @throws OnnxError
   */
  number(i: number): number {
    const { node } = this.input(i);
    // The attributes of a Constant are its tensor.
    const [value] = node?.op === constantOp ? toNumbers(node.attrs as Tensor) : [];
    if (value === undefined) throw this.error(`wants input ${i} to be a constant number`);
    return value;
  }

  /** Axes or the like, from an attribute or, in later opsets, an input. */
  intsFrom(name: string, i: number): readonly number[] | undefined {
    return this.attributes.ints(name) ?? this.optionalInts(i);
  }

  /** An error that names the node. */
  error(message: string, cause?: unknown): OnnxError {
    const place = this.b.place === '' ? '' : ` at ${this.b.place}`;
    return new OnnxError(`${this.opType}${place}: ${message}`, { cause });
  }
}

/** What a node becomes. */
export type Rule = (c: NodeContext) => Value | readonly Value[];
export type Rules = Readonly<Record<string, Rule>>;
