import { z } from 'zod';

/** How far a backup is that somebody asked for: models that are done, of how many. */
export const backupProgress = z.object({ id: z.string(), created_at: z.string(), done: z.int(), total: z.int() });
export type BackupProgress = z.infer<typeof backupProgress>;
