/** Which limit is exceeded. */
export type QuotaScope = 'client' | 'host';

/** The bytes of one body. */
export interface Reservation {
  /** Adds received bytes, or returns the limit that they would exceed. */
  add(bytes: number): QuotaScope | undefined;
  /** The body has been received: it is not aborted any more. */
  complete(): void;
  /** Releases all bytes. Calling it again does nothing. */
  release(): void;
}

interface Entry {
  bytes: number;
  /** Set while the body is being received. */
  abort: (() => void) | undefined;
}

interface Client {
  bytes: number;
  readonly entries: Set<Entry>;
}

/**
 * Limits the bytes of request bodies on the host: per client, and in total. Only received bytes count, and nothing waits
 * for them. When the total is used up, a body of the client that uses most is aborted, so that a client with many bytes
 * cannot keep out those with few.
 */
export class BodyQuota {
  readonly #clientBytes: number;
  readonly #totalBytes: number;
  readonly #clients = new Map<string, Client>();
  #bytes = 0;

  constructor({ clientBytes, totalBytes }: { clientBytes: number; totalBytes: number }) {
    this.#clientBytes = clientBytes;
    this.#totalBytes = totalBytes;
  }

  /** @param abort stops receiving the body, whose bytes count as released from then on */
  open(name: string, abort: () => void): Reservation {
    const client = this.#clients.get(name) ?? { bytes: 0, entries: new Set() };
    const entry: Entry = { bytes: 0, abort };
    this.#clients.set(name, client);
    client.entries.add(entry);
    return {
      add: (bytes) => this.#add(client, entry, bytes),
      complete: () => {
        entry.abort = undefined;
      },
      release: () => {
        this.#clear(client, entry);
        client.entries.delete(entry);
        if (client.entries.size === 0 && this.#clients.get(name) === client) this.#clients.delete(name);
      },
    };
  }

  #add(client: Client, entry: Entry, bytes: number): QuotaScope | undefined {
    const wanted = client.bytes + bytes;
    if (wanted > this.#clientBytes) return 'client';
    while (this.#bytes + bytes > this.#totalBytes) {
      const largest = this.#largest();
      if (largest === undefined || largest.client.bytes <= wanted) return 'host';
      const { abort } = largest.entry;
      this.#clear(largest.client, largest.entry);
      largest.entry.abort = undefined;
      abort?.();
    }
    entry.bytes += bytes;
    client.bytes += bytes;
    this.#bytes += bytes;
    return undefined;
  }

  /** The largest body that is being received, of the client that uses most. */
  #largest(): { client: Client; entry: Entry } | undefined {
    let found: { client: Client; entry: Entry } | undefined;
    for (const client of this.#clients.values()) {
      if (found !== undefined && client.bytes < found.client.bytes) continue;
      for (const entry of client.entries) {
        if (entry.abort === undefined || entry.bytes === 0) continue;
        if (found?.client !== client || entry.bytes > found.entry.bytes) found = { client, entry };
      }
    }
    return found;
  }

  #clear(client: Client, entry: Entry): void {
    client.bytes -= entry.bytes;
    this.#bytes -= entry.bytes;
    entry.bytes = 0;
  }
}
