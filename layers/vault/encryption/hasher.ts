/** SHA-256 of bytes; of what is in encrypted frames, of which nothing is kept; and of frames as they are encrypted. */
import type { CipherGCM, DecipherGCM, Hash } from 'node:crypto';
import type { FrameCipher, SealedFrame } from './hash-messages.ts';

type Make<C> = (algorithm: 'aes-256-gcm', key: Uint8Array, iv: Uint8Array) => C;

export interface Crypto {
  readonly createHash: (algorithm: 'sha256') => Hash;
  readonly createCipheriv: Make<CipherGCM>;
  readonly createDecipheriv: Make<DecipherGCM>;
}

export interface Hasher {
  update(bytes: Uint8Array): void;
  /** What follows is a frame that is encrypted: what was in it is hashed. */
  open(frame: FrameCipher): void;
  /** The end of that frame, with its tag. */
  close(tag: Uint8Array): void;
  /** What follows is a frame to be encrypted: its ciphertext is hashed. */
  begin(frame: FrameCipher): void;
  /** The end of that frame, whose tag is hashed as well. */
  seal(): SealedFrame;
  /** `undefined`: a frame was not authentic. */
  digest(): string | undefined;
}

/** A thread is given it as text, so it uses nothing but its arguments. */
export function makeHasher({ createHash, createCipheriv, createDecipheriv }: Crypto): Hasher {
  /** As `release.ts` has it. */
  const pieceBytes = 262_144;
  const hash = createHash('sha256');
  let decipher: DecipherGCM | undefined;
  let cipher: CipherGCM | undefined;
  let ciphertext: Uint8Array[] = [];
  let isAuthentic = true;
  return {
    update(bytes) {
      const frame = decipher ?? cipher;
      if (frame === undefined) return void hash.update(bytes);
      for (let at = 0; at < bytes.length; at += pieceBytes) {
        const made = frame.update(bytes.subarray(at, at + pieceBytes));
        hash.update(made);
        if (frame === cipher) ciphertext.push(made);
        else (made.buffer as ArrayBuffer).transfer(0);
      }
    },
    open({ key, iv, additionalData }) {
      decipher = createDecipheriv('aes-256-gcm', key, iv);
      decipher.setAAD(additionalData);
    },
    close(tag) {
      try {
        decipher!.setAuthTag(tag);
        decipher!.final();
      } catch {
        isAuthentic = false;
      }
      decipher = undefined;
    },
    begin({ key, iv, additionalData }) {
      cipher = createCipheriv('aes-256-gcm', key, iv);
      cipher.setAAD(additionalData);
    },
    seal() {
      cipher!.final();
      const sealed = { ciphertext, tag: cipher!.getAuthTag() };
      hash.update(sealed.tag);
      cipher = undefined;
      ciphertext = [];
      return sealed;
    },
    digest: () => (isAuthentic ? hash.digest('hex') : undefined),
  };
}
