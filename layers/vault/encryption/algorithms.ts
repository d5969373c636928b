import { aes } from './aes.ts';
import { chacha } from './chacha.ts';
import type { Cipher } from './cipher.ts';

/** The names that a manager's `encryption_algorithm` may have, as in the API's document. */
export const ALGORITHMS = ['AES-256-GCM', 'ChaCha20Poly1305'] as const;

export type Algorithm = (typeof ALGORITHMS)[number];

export const ciphers: Readonly<Record<Algorithm, Cipher>> = { 'AES-256-GCM': aes, ChaCha20Poly1305: chacha };
