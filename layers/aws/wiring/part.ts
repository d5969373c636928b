import type { Adapters } from '#domain/ports/adapters.ts';
import type { Table } from '#domain/ports/table/port.ts';
import type { ClientOptions } from '../client-options.ts';
import type { Variables } from './variables.ts';

export interface Wiring {
  readonly variables: Variables;
  readonly options: ClientOptions;
  readonly now: () => number;
  readonly table: () => Table;
}

/** Makes some of the adapters, with the clients that they need. A part is a file, so that a bundle has what it uses. */
export type Part = (wiring: Wiring) => Partial<Adapters>;
