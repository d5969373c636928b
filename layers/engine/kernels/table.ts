import type { Device } from '../run.ts';
import type { DType } from '../type.ts';
import recorded from './table.json' with { type: 'json' };

/** For each constraint of an operator's types, those that a kernel takes. */
export type Kernel = Readonly<Record<string, readonly DType[]>>;

/** An operator as of the emitted opset, and the kernels that each device has for it. */
export interface Operator extends Readonly<Record<Device, readonly Kernel[]>> {
  /** An element type, or the name of a constraint; `...` if it may repeat. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

interface Table {
  readonly opsets: Readonly<Record<string, number>>;
  readonly operators: Readonly<Record<string, Operator>>;
}

/** What `record.py` wrote: the compiler sees strings where element types are. */
export const kernelTable = recorded as Table;
