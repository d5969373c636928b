import { closeSync, constants, fstatSync, openSync, readSync, realpathSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { isAbsolute, join, sep } from 'node:path';
import { type ExternalData, OnnxError } from './decode.ts';

/** So many bytes are read or written at once: a call of the system takes at most two gibibytes. */
const PIECE = 2 ** 26;

/** Where a tensor starts in a file of weights: a multiple of a page, so that a runtime can map it into memory. */
const ALIGNMENT = 4096;

/** Constants of fewer bytes stay in the model. */
export const EXTERNAL_FROM = 65_536;

/** Constants that lie beside a model: where each will be, and its bytes, which are not copied. */
export class ExternalWeights {
  /** The file's name, as the model has it. */
  readonly location: string;
  readonly #from: number;
  readonly #pieces: { readonly offset: number; readonly bytes: Uint8Array }[] = [];
  #end = 0;

  /** @param from constants of at least so many bytes lie outside */
  constructor(location: string, from = EXTERNAL_FROM) {
    this.location = location;
    this.#from = from;
  }

  get isEmpty(): boolean {
    return this.#pieces.length === 0;
  }

  /** Takes a constant in, and says where it is, as ONNX says it; undefined if it is to stay in the model. */
  take(bytes: Uint8Array): { key: string; value: string }[] | undefined {
    if (bytes.byteLength < this.#from || bytes.byteLength === 0) return undefined;
    const offset = Math.ceil(this.#end / ALIGNMENT) * ALIGNMENT;
    this.#pieces.push({ offset, bytes });
    this.#end = offset + bytes.byteLength;
    const entries = { location: this.location, offset: `${offset}`, length: `${bytes.byteLength}` };
    return Object.entries(entries).map(([key, value]) => ({ key, value }));
  }

  /** Writes the file, a piece at a time. */
  async write(path: string): Promise<void> {
    await using file = await open(path, 'w');
    for (const { offset, bytes } of this.#pieces) {
      for (let at = 0; at < bytes.byteLength; ) {
        const length = Math.min(PIECE, bytes.byteLength - at);
        at += (await file.write(bytes, at, length, offset + at)).bytesWritten;
      }
    }
    await file.sync();
  }
}

/**
 * The files of a folder as a model's external data. A model may come from anyone, so what it names must be a plain file
 * that lies in the folder, also once links are followed.
 */
export function externalFolder(folder: string): ExternalData {
  return (location, offset, length) => {
    const path = within(folder, location);
    const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const stat = fstatSync(file);
      if (!stat.isFile()) throw new OnnxError(`external data '${location}' is no plain file`);
      if (offset + length > stat.size)
        throw new OnnxError(
          `external data '${location}' has ${stat.size} bytes; wanted ${length} from ${offset} to ${offset + length}`,
        );
      const bytes = new Uint8Array(length);
      for (let at = 0; at < length; ) {
        const count = readSync(file, bytes, at, Math.min(PIECE, length - at), offset + at);
        if (count === 0) throw new OnnxError(`external data '${location}' ended while it was read`);
        at += count;
      }
      return bytes;
    } finally {
      closeSync(file);
    }
  };
}

function within(folder: string, location: string): string {
  const steps = location.split(/[/\\]/);
  if (location === '' || isAbsolute(location) || location.includes('\0') || steps.includes('..'))
    throw new OnnxError(`external data must lie in the model's folder; got '${location}'`);
  const path = real(join(folder, location), location);
  if (!path.startsWith(real(folder, folder) + sep))
    throw new OnnxError(`external data must lie in the model's folder; '${location}' leads out of it`);
  return path;
}

function real(path: string, named: string): string {
  try {
    return realpathSync(path);
  } catch (cause) {
    throw new OnnxError(`external data '${named}' is not there`, { cause });
  }
}
