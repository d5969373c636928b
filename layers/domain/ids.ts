import { v7, validate } from 'uuid';

/** A new UUIDv7: identifiers sort by the time at which they were created. */
export const newId = (now: number): string => v7({ msecs: now });

export const isId = (text: string): boolean => validate(text);

/** The 48 bits of time with which a UUIDv7 begins, as it is written: every id of that time or later sorts after it. */
export function idsFrom(milliseconds: number): string {
  const hex = milliseconds.toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}`;
}

/** When a UUIDv7 was created, in epoch milliseconds. */
export const timeOfId = (id: string): number => Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
