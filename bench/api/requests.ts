import type { Account } from './host/account.ts';
import type { Trained } from './host/prepare.ts';
import type { Kind } from './load/mix.ts';

/** An account with a token for it. */
export interface Authorized extends Account {
  readonly token: string;
}

/** A kind of request, but for how often it is made. */
export type Request = Omit<Kind, 'weight'>;

/** A penguin of the table that the model was trained on, without its species. */
const PENGUIN = ['Biscoe', 47.5, 15, 218, 4950, 'female', 2009];

export const login = ({ username, password }: Authorized): Request => ({
  name: 'login',
  method: 'POST',
  path: '/auth/login',
  body: { username, password },
});

/** The first page of models. */
export const list = ({ token }: Authorized): Request => ({ name: 'list', method: 'GET', path: '/models', token });

export const status = ({ token, jobId }: Authorized): Request => ({
  name: 'status',
  method: 'GET',
  path: `/training/status/${jobId}`,
  token,
});

export const createWebhook = ({ token }: Authorized): Request => ({
  name: 'createWebhook',
  method: 'POST',
  path: '/webhooks',
  token,
  body: { url: 'https://example.com/trainyard', events: ['training.*'], filter: 'val_accuracy < 0.9' },
});

export const predict = ({ token, modelId }: Authorized & Pick<Trained, 'modelId'>): Request => ({
  name: 'predict',
  method: 'POST',
  path: `/models/${modelId}/predict`,
  token,
  body: { input: PENGUIN },
});

/** Of so many rows in one request. */
export const predictMany = (of: Authorized & Pick<Trained, 'modelId'>, rows: number): Request => ({
  ...predict(of),
  body: { inputs: Array.from({ length: rows }, () => PENGUIN) },
});

/** What users do, in percent. */
export const mix = (of: Authorized & Trained): readonly Kind[] => [
  { ...login(of), weight: 5 },
  { ...list(of), weight: 30 },
  { ...status(of), weight: 35 },
  { ...predict(of), weight: 30 },
];
