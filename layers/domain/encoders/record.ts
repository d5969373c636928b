/**
 * How far a pretrained encoder is loaded. It is loaded once for all accounts:
 *
 *     (none) ──► loading ──► loaded
 *                  │  ▲
 *                  ▼  │ asked for again
 *                failed
 */
import { z } from 'zod';

export const ENCODER_STATUSES = ['loading', 'loaded', 'failed'] as const;

export const encoderState = z.object({
  name: z.string(),
  status: z.enum(ENCODER_STATUSES),
  /** Where it is loaded from, for people. */
  source: z.string(),
  /** Of all files: how much there is, and how much of it has been written. */
  total_bytes: z.number().int().default(0),
  loaded_bytes: z.number().int().default(0),
  /** Files that are complete. */
  files: z.array(z.object({ file: z.string(), size: z.number().int(), sha256: z.string() })).default([]),
  /** Why it has failed, in one line that says what could be done. */
  failure: z.string().optional(),
  /** When it was asked for, and when something last happened. */
  asked_at: z.string(),
  updated_at: z.string(),
});

export type EncoderState = z.infer<typeof encoderState>;
