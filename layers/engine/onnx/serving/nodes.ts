/** A graph's nodes by what they make and read. */
import { decodeTensor } from '../decode.ts';
import type { GraphProto, NodeProto } from '../proto.ts';

export class Nodes {
  readonly all: readonly NodeProto[];
  readonly #makers = new Map<string, NodeProto>();
  readonly #readers = new Map<string, NodeProto[]>();
  readonly #constants: ReadonlyMap<string, GraphProto['initializer'][number]>;
  readonly #outputs: ReadonlySet<string>;

  constructor({ node: nodes, initializer, output }: GraphProto) {
    this.all = nodes;
    this.#constants = new Map(initializer.map((proto) => [proto.name ?? '', proto]));
    this.#outputs = new Set(output.map(({ name }) => name));
    for (const node of nodes) {
      for (const name of node.output) this.#makers.set(name, node);
      for (const name of node.input) this.#readers.set(name, [...(this.#readers.get(name) ?? []), node]);
    }
  }

  /** The node that makes a value, if it is of this type. */
  maker(value: string | undefined, opType: string): NodeProto | undefined {
    const found = this.#makers.get(value ?? '');
    return found?.opType === opType ? found : undefined;
  }

  /** The only node that reads what another makes, if it is of this type. */
  reader({ output: [made] }: NodeProto, opType: string): NodeProto | undefined {
    const [found, ...others] = this.#readers.get(made!) ?? [];
    return others.length === 0 && found?.opType === opType ? found : undefined;
  }

  /** Numbers that the file has, in whatever shape. */
  constant(value: string | undefined): readonly number[] | undefined {
    const found = this.#constants.get(this.maker(value, 'Reshape')?.input[0] ?? value ?? '');
    return found && Array.from(decodeTensor(found, `initialiser '${value}'`).data, Number);
  }

  /** Whether nothing but these nodes reads what one of them makes. */
  isInner(node: NodeProto, within: ReadonlySet<NodeProto>): boolean {
    return node.output.every(
      (name) => !this.#outputs.has(name) && (this.#readers.get(name) ?? []).every((one) => within.has(one)),
    );
  }
}

/** The order of axes that a Transpose makes, such as `0,2,1,3`. */
export const orderOf = ({ attribute }: NodeProto): string =>
  (attribute.find(({ name }) => name === 'perm')?.ints ?? []).join();
