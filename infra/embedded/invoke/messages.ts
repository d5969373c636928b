/** The messages between the host and a worker thread. */

import type { Settings } from '#domain/settings.ts';
import type { EmbeddedOptions } from '#embedded/adapters.ts';
import type { FunctionName } from '../../topology.ts';
import type { LogTarget } from '../logger.ts';

export interface WorkerSetup {
  readonly name: FunctionName;
  readonly embedded: EmbeddedOptions;
  readonly settings: Settings;
  readonly log: LogTarget;
}

export interface CallMessage {
  readonly event: unknown;
  readonly requestId: string;
  /** Epoch milliseconds. */
  readonly deadline: number;
}

export type ReplyMessage =
  | { readonly ok: true; readonly result: unknown }
  | { readonly ok: false; readonly message: string };
