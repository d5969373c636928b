/** A whole number of 1 to 8 bytes, little-endian, as pickles have their lengths. */
export const wholeNumber = (bytes: Buffer): number =>
  bytes.length <= 6 ? bytes.readUIntLE(0, bytes.length) : Number(bytes.readBigUInt64LE());
