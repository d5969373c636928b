/** All attacks, the ones that need no account first. */
import type { Attack } from '../target.ts';
import { files, headers, json, queries } from './bodies.ts';
import { idleConnections, slowBodies, slowHeaders, unreadAnswers } from './connections.ts';
import { forgedTokens, logins, registrations, resets } from './credentials.ts';
import { catalog, derivations, predictions, streams, texts, trainings, webhooks } from './work.ts';

export const attacks: readonly Attack[] = [
  slowHeaders,
  slowBodies,
  idleConnections,
  unreadAnswers,
  logins,
  registrations,
  forgedTokens,
  resets,
  json,
  queries,
  headers,
  files,
  predictions,
  trainings,
  webhooks,
  streams,
  derivations,
  texts,
  catalog,
];
