/** The time of a simulated host: days later than on the clock of the machine, also in its trainers. */
import { laterBy } from '../e2e/upgrade/clock.ts';

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

/** Variables for the host's process, which its threads and the processes that it starts inherit. */
export const environmentAt = (milliseconds: number): Readonly<Record<string, string>> => ({
  NODE_OPTIONS: laterBy(milliseconds).join(' '),
});
