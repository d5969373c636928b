const ENTRY = Buffer.from('PK\x01\x02', 'latin1');
/** Of the checksum, in the line of an entry in the directory. */
const AT = 16;

/** A zip as `torch.save` writes it after `torch.serialization.set_crc32_options(False)`: its bytes may be changed. */
export function withoutChecksums(zip: Uint8Array): Buffer {
  const changed = Buffer.from(zip);
  for (let at = changed.indexOf(ENTRY); at >= 0; at = changed.indexOf(ENTRY, at + 1)) changed.writeUInt32LE(0, at + AT);
  return changed;
}
