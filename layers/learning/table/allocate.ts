/** Memory for the values of columns and of encoded rows. */
export type Allocate = (bytes: number) => ArrayBuffer | SharedArrayBuffer;

export const allocated: Allocate = (bytes) => new ArrayBuffer(bytes);

/** That other threads read and write as well. */
export const shared: Allocate = (bytes) => new SharedArrayBuffer(bytes);
