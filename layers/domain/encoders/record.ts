/**
 * How far a pretrained encoder is loaded. One of a hub is loaded once for all accounts; one that was uploaded is its
 * account's, and loaded when it has all files:
 *
 *     (none) ──► loading ──► loaded
 *                  │  ▲
 *                  ▼  │ asked for again
 *                failed
 */
import { z } from 'zod';
import { ENCODER_FAILURES } from './failures.ts';

export const ENCODER_STATUSES = ['loading', 'loaded', 'failed'] as const;

const sizes = z.array(z.number().int().min(0));

export const encoderState = z.object({
  name: z.string(),
  status: z.enum(ENCODER_STATUSES),
  /** Where it is loaded from, for people. */
  source: z.string(),
  /** Of all files: how much there is, and how much of it has been written. */
  total_bytes: z.number().int().default(0),
  loaded_bytes: z.number().int().default(0),
  /** Files that are complete. */
  files: z
    .array(
      z.object({
        file: z.string(),
        size: z.number().int(),
        sha256: z.string(),
        /** The sizes of its parts. Absent for a file in one piece, as earlier releases stored them all. */
        parts: sizes.exactOptional(),
      }),
    )
    .default([]),
  /** Files of which there are the first parts, and what tells them from another version of the file. */
  partial: z
    .array(z.object({ file: z.string(), size: z.number().int(), sha256: z.string().exactOptional(), parts: sizes }))
    .default([]),
  /** Of an upload: where its files lie, and how often it has changed. */
  prefix: z.string().exactOptional(),
  /** What of it is in the account's usage: none of what came to earlier releases. */
  counted_bytes: z.number().int().default(0),
  revision: z.number().int().default(0),
  /** Why it has failed, in one line that says what could be done. */
  failure: z.string().exactOptional(),
  /** The same for programs; earlier releases had none. */
  failure_code: z.enum(ENCODER_FAILURES).exactOptional(),
  /** When it was asked for, and when something last happened. */
  asked_at: z.string(),
  updated_at: z.string(),
});

export type EncoderState = z.infer<typeof encoderState>;
export type EncoderFile = EncoderState['files'][number];
export type PartialFile = EncoderState['partial'][number];
