/** Fields of several surfaces. */
import { z } from 'zod';

/** One line of visible text. */
export const line = (max: number) =>
  z
    .string()
    .min(1, { abort: true })
    .max(max, { abort: true })
    .regex(
      // The first part is white space without control characters.
      /^[ \xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff]*[^\s\p{Cc}]\P{Cc}*$/u,
      'must have a visible character and no control characters',
    );

/** One line of text, or none. */
export const optionalLine = (max: number) =>
  z
    .string()
    .max(max, { abort: true })
    .regex(/^\P{Cc}*$/u, 'must have no control characters');

/**
 * A name: a line that looks like what it is. Characters that turn the direction of text around can make one name look like
 * another, and so can those that nobody sees. The joiners stay, which Persian, Hindi and emoji need, and the marks of
 * direction of a single character.
 */
export const nameLine = (max: number) =>
  line(max).regex(
    /^[^\u200b\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff]*$/u,
    'must have no invisible characters and none that change the direction of text',
  );

/** A line without white space around it. */
export const trimmedLine = (max: number) =>
  z
    .string()
    .min(1, { abort: true })
    .max(max, { abort: true })
    .regex(
      /^[^\s\p{Cc}](?:\P{Cc}*[^\s\p{Cc}])?$/u,
      'must not begin or end with white space, and must have no control characters',
    );

/** Text that may have several lines, or be empty. */
export const paragraph = (max: number) =>
  z
    .string()
    .max(max)
    .regex(/^(?:\P{Cc}|[\t\n\r])*$/u, 'must have no control characters but tabs and line breaks');

export const time = z.iso.datetime().meta({ example: '2026-01-01T00:00:00.000Z' });

/** Anything that JSON can say. */
export const anyJson = z.unknown().meta({ description: 'Any JSON value' });
