/**
 * The messages between the host and a worker thread. A call takes one turn, or two if the function asks for a body that
 * had not arrived with the call. In between, while the body is being received, other calls have their turns.
 *
 *     host     call ────►                   body ────►
 *     worker            ◄──── bodyRequest            ◄──── result
 */
import type { ReadOptions, Received } from '#domain/request-body.ts';
import type { Settings } from '#domain/settings.ts';
import type { EmbeddedOptions } from '#embedded/adapters.ts';
import type { NativeGate } from '#engine/native-gate.ts';
import type { FunctionName } from '../../topology.ts';
import type { LogTarget } from '../logger.ts';

export interface WorkerSetup {
  readonly name: FunctionName;
  /** Without the base URL, which each call brings. */
  readonly embedded: Omit<EmbeddedOptions, 'baseUrl'>;
  readonly settings: Settings;
  readonly log: LogTarget;
}

/** What the program of a thread is started with. */
export interface ThreadSetup extends WorkerSetup {
  readonly nativeGate: NativeGate;
}

interface Turn {
  /** The number of the call: a thread may have several in hand. */
  readonly call: number;
  /** The time limit of this turn. */
  readonly milliseconds: number;
}

export interface CallMessage extends Turn {
  readonly kind: 'call';
  readonly event: unknown;
  readonly requestId: string;
  /** The beginning of URLs that are presigned during the call. */
  readonly baseUrl: string;
  readonly body?: { readonly contentLength: number | undefined; readonly arrived: Uint8Array | undefined };
}

export interface BodyMessage extends Turn {
  readonly kind: 'body';
  readonly received:
    | Exclude<Received, { kind: 'complete' }>
    | { readonly kind: 'complete'; readonly bytes: Uint8Array };
}

export type TurnMessage = CallMessage | BodyMessage;

/** The thread is about to be terminated: the turns in progress can still clean up. */
export interface CloseMessage {
  readonly kind: 'close';
}

export type HostMessage = TurnMessage | CloseMessage;

export type Reply =
  | { readonly kind: 'result'; readonly result: unknown }
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'bodyRequest'; readonly options: ReadOptions }
  /** The thread in which the call began has been replaced. */
  | { readonly kind: 'unknown' };

/** The end of a turn of that call. */
export type ReplyMessage = Reply & { readonly call: number };
