/** The messages between whoever has a file that arrives, and the thread that reads it: see `arriving.ts`. */
import type { DatasetProfile } from '#domain/datasets/profile.ts';
import type { ProfileOptions } from './profile.ts';

export type ToReader =
  | {
      readonly kind: 'file';
      /** Of all of it. */
      readonly size: number;
      readonly options: ProfileOptions;
      readonly threads: number;
    }
  /** In memory of their own, which is passed on. */
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'end' }
  /** The first of the pieces that are not written yet was written. */
  | { readonly kind: 'written' }
  /** All of them are stored, or cannot be. */
  | { readonly kind: 'stored'; readonly failed: boolean };

export type FromReader =
  /** So many bytes were used up. */
  | { readonly kind: 'used'; readonly bytes: number }
  /** What is recorded of the columns is to be stored: pieces in memory that is used again once they are written. */
  | { readonly kind: 'recording' }
  | { readonly kind: 'piece'; readonly piece: Uint8Array }
  | { readonly kind: 'recorded' }
  /** There is nothing to store after all. */
  | { readonly kind: 'discarded' }
  /** The end. `undefined`: it is nothing that can be read while it arrives, or has a fault. */
  | { readonly kind: 'profile'; readonly profile: DatasetProfile | undefined };
