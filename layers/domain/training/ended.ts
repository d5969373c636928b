import { indexes } from '../keys.ts';

/** Where an ended job stands in the index, for its expiry. */
export const endedPlace = (endedAt: string) => ({ ipk: indexes.endedJobs, isk: endedAt });
