/** The memory that a trainer may hold while it waits for its next task. */

/** A process that has loaded the program and trained a small model takes less. */
const LEAST_BYTES = 400e6;
/** Of the memory that a trainer may have at all. */
const SHARE = 1 / 16;

/**
 * One that has trained a large table holds more than another that begins, and trains the next one faster: what it runs is
 * compiled.
 * @param memoryBytes that it may have while it trains
 */
export const mostWaitingBytes = (memoryBytes: number): number => Math.max(LEAST_BYTES, memoryBytes * SHARE);
