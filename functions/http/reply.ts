/** What a handler returns, before it is turned into a response of Lambda's proxy integration. */
import type { Readable } from 'node:stream';
import type { z } from 'zod';

export type Headers = Readonly<Record<string, string>>;

/** Bytes that are not JSON: text, a file in memory, or a stream. */
export type Content = string | Uint8Array | Readable;

/** One of a route's responses: JSON with a schema, other content with its media type, or no body at all. */
export type ResponseDeclaration = {
  readonly description: string;
  readonly headers?: Readonly<Record<string, string>>;
} & (
  | {
      readonly schema: z.ZodType;
      readonly example?: unknown;
      /** A media type that the same response may have instead: then its body is bytes. */
      readonly orContent?: string;
      readonly content?: never;
    }
  | { readonly content: string; readonly schema?: never }
  | { readonly schema?: never; readonly content?: never }
);

export type Responses = Readonly<Record<number, ResponseDeclaration>>;

type BodyOf<D> = D extends { readonly schema: infer Z extends z.ZodType }
  ? { readonly body: z.input<Z> | (D extends { readonly orContent: string } ? Uint8Array : never) }
  : D extends { readonly content: string }
    ? { readonly body: Content }
    : { readonly body?: never };

/** One of the responses that a route declares: the status determines the body's type. */
export type ReplyOf<R extends Responses> = {
  [S in keyof R & number]: { readonly status: S; readonly headers?: Headers } & BodyOf<R[S]>;
}[keyof R & number];

/** Any response, untyped. */
export interface Reply {
  readonly status: number;
  readonly headers?: Headers | undefined;
  readonly body?: unknown;
}
