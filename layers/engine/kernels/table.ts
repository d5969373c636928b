import type { Device } from '../run.ts';
import type { DType } from '../type.ts';
import recorded from './table.json' with { type: 'json' };

/** For each type constraint of an operator, the types that a kernel accepts. */
export type Kernel = Readonly<Record<string, readonly DType[]>>;

/** An operator of the emitted opset, and the kernels that each device has for it. */
export interface Operator extends Readonly<Record<Device, readonly Kernel[]>> {
  /** An element type, or the name of a constraint; `...` if it may repeat. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

interface Table {
  readonly opsets: Readonly<Record<string, number>>;
  readonly operators: Readonly<Record<string, Operator>>;
}

/** Written by `record.py`. The compiler sees its element types as strings. */
export const kernelTable = recorded as Table;
