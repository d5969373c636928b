/**
 * What a member of an account or an API key may do. Each scope includes the ones before it.
 *
 * - `read`: look at everything, predict, load
 * - `train`: also upload, save, start and stop
 * - `admin`: also delete, and manage members, keys and webhooks
 */
export const SCOPES = ['read', 'train', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];

/** Whether the scope `has` includes the scope `needed`. */
export const includes = (has: Scope, needed: Scope): boolean => SCOPES.indexOf(has) >= SCOPES.indexOf(needed);

/** The role of a user in their account. */
export const ROLES = ['viewer', 'trainer', 'admin'] as const;
export type Role = (typeof ROLES)[number];

const SCOPE_OF: Readonly<Record<Role, Scope>> = { viewer: 'read', trainer: 'train', admin: 'admin' };
export const scopeOf = (role: Role): Scope => SCOPE_OF[role];
