import { v7, validate } from 'uuid';

/** A new identifier: UUIDv7, so that identifiers sort by the time at which they were made. */
export const newId = (now: number): string => v7({ msecs: now });

export const isId = (text: string): boolean => validate(text);
