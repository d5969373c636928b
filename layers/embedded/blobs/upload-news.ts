/**
 * Tells whoever follows an upload, in any thread of this process, that a part of it was stored, or that it has ended. Only
 * that something has changed: what it is, is in the database.
 */
import { BroadcastChannel } from 'node:worker_threads';

const listeners = new Map<string, Set<() => void>>();
let channel: BroadcastChannel | undefined;

/** Keeps no thread alive. */
function open(): BroadcastChannel {
  if (channel) return channel;
  channel = new BroadcastChannel('trainyard uploads').unref();
  channel.onmessage = ({ data }) => tellHere(String(data));
  return channel;
}

function tellHere(upload: string): void {
  for (const listener of listeners.get(upload) ?? []) listener();
}

export function tellOfUpload(upload: string): void {
  tellHere(upload);
  open().postMessage(upload);
}

/** Returns a function that ends it. */
export function listenToUpload(upload: string, listener: () => void): () => void {
  open();
  const those = listeners.get(upload) ?? new Set();
  listeners.set(upload, those.add(listener));
  return () => {
    those.delete(listener);
    if (those.size === 0) listeners.delete(upload);
  };
}
