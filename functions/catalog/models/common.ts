/** What all routes of the catalog declare. */
export const common = {
  method: 'POST',
  tags: ['Models'],
  authentication: 'operator',
  cost: 'request',
} as const;
