import type { Services } from '#functions/http/route.ts';

/** What the work of the vault needs, for a request or for a schedule. */
export type VaultServices = Pick<Services, 'adapters' | 'settings' | 'logger'>;
