/** Queue `vault`: backups, restores and rotations that did not end within their request. */
import type { Context, SQSEvent } from 'aws-lambda';
import { vaultMessage } from '#domain/messages.ts';
import type { Adapters } from '#domain/ports/adapters.ts';
import type { Settings } from '#domain/settings.ts';
import type { Log } from '#functions/http/contract.ts';
import { resumeJob } from '#functions/manager/jobs/resume.ts';
import { quantizing } from '#functions/manager/models/quantizing.ts';
import { consumer } from './batch.ts';

/** Of a function's time, for the last step and to hand on. */
const MARGIN_MS = 120_000;

export function makeHandler(adapters: Adapters, options: { readonly settings: Settings; readonly logger: Log }) {
  const services = { adapters, ...options, ...quantizing };
  const queue = adapters.queues.vault;
  return (event: SQSEvent, context: Pick<Context, 'getRemainingTimeInMillis'>) =>
    consumer({ schema: vaultMessage, queue, logger: options.logger }, (message) =>
      resumeJob(services, message, context.getRemainingTimeInMillis() - MARGIN_MS),
    )(event);
}
