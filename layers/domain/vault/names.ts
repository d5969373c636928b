/** The names of managers, models and backups, and paths below a manager. */
import { z } from 'zod';
import { LIMITS } from '../limits.ts';

/** Names become parts of keys and of URLs, and files of an archive. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

/** The last segments of routes, which are therefore the names of no model. */
const ROUTES_OF_MODELS: readonly string[] = [
  'save',
  'copy',
  'load',
  'list',
  'search',
  'compare',
  'by-tags',
  'best',
  'uploads',
  'download',
];
const ROUTES_OF_MANAGERS: readonly string[] = ['create', 'list'];
const ROUTES_OF_BACKUPS: readonly string[] = ['create', 'list', 'restore', 'upload', 'uploads', 'drill'];

const RULE = 'must have only letters, digits, and . _ -, and begin with a letter or digit';

const nameOf = (reserved: readonly string[]) =>
  z
    .string()
    .min(1, { abort: true })
    .max(LIMITS.vault.name, { abort: true })
    .regex(NAME, { error: RULE, abort: true })
    .refine((name) => !reserved.includes(name), {
      error: ({ input }) => `must not be ${reserved.join(', ')}, which are routes; got ${JSON.stringify(input)}`,
    })
    .meta({ not: { enum: reserved } });

export const managerId = nameOf(ROUTES_OF_MANAGERS).meta({ example: 'manager_prod' });
export const modelName = nameOf(ROUTES_OF_MODELS).meta({ example: 'classifier_v2.1' });
export const backupName = nameOf(ROUTES_OF_BACKUPS).meta({ example: 'daily_backup_20250115' });

const PATH = /^(?:\.\/)?[A-Za-z0-9_-][A-Za-z0-9._ -]*(?:\/[A-Za-z0-9_-][A-Za-z0-9._ -]*)*$/;

/** A name that looks like a path, such as `./models/production`: never one of a machine. */
export const pathBelow = z
  .string()
  .min(1, { abort: true })
  .max(LIMITS.vault.modelPath, { abort: true })
  .regex(
    PATH,
    'must be a relative path of plain names, such as ./models/production: no .., no leading /, and no \\ or :',
  );
