/** What a handler answers, before it is turned into what Lambda's proxy integration wants. */
import type { Readable } from 'node:stream';
import type { z } from 'zod';

export type Headers = Readonly<Record<string, string>>;

/** Bytes that are not JSON: text, a file in memory, or a stream. */
export type Content = string | Uint8Array | Readable;

/** One of a route's answers: JSON by a schema, other content by its media type, or no body at all. */
export type ResponseDeclaration = {
  readonly description: string;
  readonly headers?: Readonly<Record<string, string>>;
} & (
  | { readonly schema: z.ZodType; readonly example?: unknown; readonly content?: never }
  | { readonly content: string; readonly schema?: never }
  | { readonly schema?: never; readonly content?: never }
);

export type Responses = Readonly<Record<number, ResponseDeclaration>>;

type BodyOf<D> = D extends { readonly schema: infer Z extends z.ZodType }
  ? { readonly body: z.input<Z> }
  : D extends { readonly content: string }
    ? { readonly body: Content }
    : { readonly body?: never };

/** One of the answers that a route has declared: the status decides what the body may be. */
export type ReplyOf<R extends Responses> = {
  [S in keyof R & number]: { readonly status: S; readonly headers?: Headers } & BodyOf<R[S]>;
}[keyof R & number];

/** Any answer, once its type is forgotten. */
export interface Reply {
  readonly status: number;
  readonly headers?: Headers | undefined;
  readonly body?: unknown;
}
