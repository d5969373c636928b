import type { Item, Key } from '../ports/table/port.ts';

/** A record as an item: as JSON has it, without members that are undefined at any depth. */
export const itemOf = (key: Key, record: object): Item => ({ ...JSON.parse(JSON.stringify(record)), ...key });
