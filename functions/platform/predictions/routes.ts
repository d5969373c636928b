import type { Route } from '#functions/http/route.ts';
import { cancel } from './cancel.ts';
import { list } from './list.ts';
import { read } from './read.ts';
import { remove } from './remove.ts';
import { start } from './start.ts';

/** Those of the main function: another one streams the download. */
export const batchRoutes: readonly Route[] = [start, list, read, cancel, remove];
