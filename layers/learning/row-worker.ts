/** The program of a thread that works on rows beside a trainer's own; see `row-thread.ts`. */
import { parentPort } from 'node:worker_threads';
import { type Scored, type ScoreMessage, scoreShare } from './assess/class-scores-share.ts';
import { type Filled, WindowFiller, type WindowMessage } from './fit/window-filler.ts';
import { type Encoded, type EncodeMessage, encodeShare } from './table/encode-share.ts';
import { type Loaded, type LoadMessage, LoadShare } from './table/load-share.ts';

export type RowMessage =
  | WindowMessage
  | LoadMessage
  | EncodeMessage
  | ScoreMessage
  /** What it had to do, nobody needs any more. */
  | { readonly kind: 'end' };

/** Windows come whenever they are filled; all others are answers, one to each question. */
export type RowReply = Filled | Loaded | Encoded | Scored | { readonly kind: 'ended' };

const reply = (message: RowReply): void => parentPort!.postMessage(message);
const loading = new LoadShare();
const filler = new WindowFiller(reply);

parentPort!.on('message', (message: RowMessage) => {
  switch (message.kind) {
    case 'load':
    case 'group':
    case 'loaded':
      reply(loading.answer(message));
      break;
    case 'fit':
    case 'encode':
      reply(encodeShare(message));
      break;
    case 'scores':
      reply(scoreShare(message));
      break;
    case 'end':
      filler.end();
      reply({ kind: 'ended' });
      // Where it may: the rows that both threads had are given back when neither has them any more.
      globalThis.gc?.();
      break;
    default:
      filler.take(message);
  }
});
