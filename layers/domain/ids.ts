import { v7, validate } from 'uuid';

/** A new UUIDv7: identifiers sort by the time at which they were created. */
export const newId = (now: number): string => v7({ msecs: now });

export const isId = (text: string): boolean => validate(text);
