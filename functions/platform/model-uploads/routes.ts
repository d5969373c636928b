import type { Route } from '#functions/http/route.ts';
import type { ImportServices } from '../models/create-imported.ts';
import { abortModelImport } from './abort.ts';
import { completeModelImport } from './complete.ts';
import { readModelImport } from './read.ts';
import { startModelImport } from './start.ts';

export const modelUploadRoutes: readonly Route<ImportServices>[] = [
  startModelImport,
  readModelImport,
  completeModelImport,
  abortModelImport,
];
