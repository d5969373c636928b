/** The one hash of the library: a bundle has no other. */
export { createSHA256 } from 'hash-wasm';
