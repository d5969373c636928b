/** An ECDSA signature as ASN.1 DER, `SEQUENCE { r INTEGER, s INTEGER }`, from the form r‖s that JSON Web Signatures use. */
export function derOf(signature: Uint8Array): Uint8Array {
  const half = signature.length / 2;
  const body = Buffer.concat([integer(signature.subarray(0, half)), integer(signature.subarray(half))]);
  // P-256 and P-384 stay below 128 bytes, so that a length is one byte; nothing else comes in this form.
  return Buffer.concat([Uint8Array.of(0x30, body.length), body]);
}

/** The shortest form: no leading zeros but one that keeps the number positive. */
function integer(bytes: Uint8Array): Uint8Array {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start += 1;
  const digits = bytes.subarray(start);
  const padded = digits[0]! >= 0x80 ? Buffer.concat([Uint8Array.of(0), digits]) : digits;
  return Buffer.concat([Uint8Array.of(0x02, padded.length), padded]);
}
