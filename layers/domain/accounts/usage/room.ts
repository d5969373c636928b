import type { Condition } from '../../ports/table/port.ts';

/**
 * Resolves with the condition on the account's record under which there still is room, for the transaction that counts
 * what was stored; asked again for each try of it. Throws `StorageLimitError`.
 */
export type Room = () => Promise<Condition>;
