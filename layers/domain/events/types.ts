/** Every type of event that the platform publishes about an account's records; the bus's rules and webhooks know these. */
export const EVENT_TYPES = [
  'training.started',
  'training.progress',
  'training.completed',
  'training.failed',
  'training.stopped',
  'dataset.processed',
  'dataset.failed',
  'model.created',
  'model.deleted',
  'model.alias.moved',
  'model.drift',
  'prediction.batch.completed',
  'prediction.batch.failed',
  'prediction.batch.cancelled',
] as const;

export type EventType = (typeof EVENT_TYPES)[number];
