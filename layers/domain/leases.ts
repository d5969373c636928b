/**
 * The attributes of records that are times until which somebody has something for himself, or at which something is due
 * again. A store whose clock goes back moves them, so that nothing stays taken for as long as the clock was wrong.
 */
export const LEASES = ['reader_until', 'worker_until', 'lease_until', 'claimed_until', 'due_at'] as const;
