/** SHA-256 of bytes, and of what is in encrypted frames, of which nothing is kept. */
import type { DecipherGCM, Hash } from 'node:crypto';
import type { EncryptedFrame } from './hash-messages.ts';

export interface Crypto {
  readonly createHash: (algorithm: 'sha256') => Hash;
  readonly createDecipheriv: (algorithm: 'aes-256-gcm', key: Uint8Array, iv: Uint8Array) => DecipherGCM;
}

export interface Hasher {
  update(bytes: Uint8Array): void;
  /** What follows is a frame. */
  begin(frame: EncryptedFrame): void;
  /** Of the frame. */
  end(tag: Uint8Array): void;
  /** `undefined`: a frame was not authentic. */
  digest(): string | undefined;
}

/** A thread is given it as text, so it uses nothing but its arguments. */
export function makeHasher({ createHash, createDecipheriv }: Crypto): Hasher {
  /** As `release.ts` has it. */
  const pieceBytes = 262_144;
  const hash = createHash('sha256');
  let decipher: DecipherGCM | undefined;
  let isAuthentic = true;
  return {
    update(bytes) {
      if (decipher === undefined) return void hash.update(bytes);
      for (let at = 0; at < bytes.length; at += pieceBytes) {
        const plain = decipher.update(bytes.subarray(at, at + pieceBytes));
        hash.update(plain);
        const memory = plain.buffer as ArrayBuffer;
        if (memory.byteLength === plain.length) memory.transfer(0);
      }
    },
    begin({ key, iv, additionalData }) {
      decipher = createDecipheriv('aes-256-gcm', key, iv);
      decipher.setAAD(additionalData);
    },
    end(tag) {
      try {
        decipher!.setAuthTag(tag);
        decipher!.final();
      } catch {
        isAuthentic = false;
      }
      decipher = undefined;
    },
    digest: () => (isAuthentic ? hash.digest('hex') : undefined),
  };
}
