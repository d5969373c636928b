import type { Route } from '#functions/http/route.ts';
import { list } from './list.ts';
import { read } from './read.ts';
import { start } from './start.ts';
import { stop } from './stop.ts';

export const sweepRoutes: readonly Route[] = [start, list, read, stop];
