import type { Part } from './part.ts';

export const bootstrap: Part = ({ variables: { TRAINYARD_BOOTSTRAP_SECRET: secret }, options }) =>
  secret === undefined
    ? {}
    : { bootstrapToken: async () => (await import('../bootstrap-token.ts')).bootstrapToken(options, secret) };
