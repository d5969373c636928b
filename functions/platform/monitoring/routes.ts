/** The log of predictions, feedback on them, and drift. */
import type { Route } from '#functions/http/route.ts';
import { accuracy } from './accuracy.ts';
import { drift } from './drift.ts';
import { feedback } from './feedback.ts';
import { logFiles } from './log-files.ts';

export const monitoringRoutes: readonly Route[] = [logFiles, feedback, accuracy, drift];
