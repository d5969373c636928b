/** Asking for encoders, and what is known of them. */
import { ENCODERS, encoderNamed, isUploaded } from '#domain/encoders/catalogue.ts';
import { askForEncoder } from '#domain/encoders/change.ts';
import { findEncoder } from '#domain/encoders/read.ts';
import { keys } from '#domain/keys.ts';
import { sendEncoder } from '#domain/messages.ts';
import type { Settings } from '#domain/settings.ts';
import { isoTime } from '#domain/times.ts';
import type { Services } from '#functions/http/route.ts';
import { ModelNotFoundError } from '../errors.ts';

export const ENCODER_NAMES = Object.keys(ENCODERS);

const PUBLIC_HUB = 'huggingface.co';

/** For people: the hub's name, or the address of another one. */
export function sourceOf({ hubUrl }: Pick<Settings, 'hubUrl'>): string {
  const { host } = new URL(hubUrl);
  return host === PUBLIC_HUB ? 'Hugging Face' : host;
}

/** Throws `ModelNotFoundError` for the first name that is none of an encoder. */
export function expectEncoders(names: readonly string[]): void {
  const unknown = names.find((name) => !encoderNamed(name) || isUploaded(name));
  if (unknown === undefined) return;
  throw new ModelNotFoundError(
    `Model ${unknown} not found; ${ENCODER_NAMES.join(', ')} can be loaded, and encoders of the hub by owner/name`,
  );
}

/** Loads those that are not loaded. Where one is loading its message may have been lost, so that it is sent again. */
export async function load(services: Services, names: readonly string[]): Promise<void> {
  const { table, queues, now } = services.adapters;
  for (const name of new Set(names)) {
    await askForEncoder(table, name, sourceOf(services.settings), isoTime(now()));
    if ((await findEncoder(table, keys.encoder(name)))?.status === 'loaded') continue;
    await sendEncoder(queues.encoders, { encoder: name });
  }
}
