import { makeCaller } from './caller.ts';

/** What requests need to know of an account, on either side of a comparison. */
export interface Account {
  readonly username: string;
  readonly password: string;
  /** A training that has ended. */
  readonly jobId: string;
}

/** Logs in, and resolves with the access token. */
export async function logIn(base: string, { username, password }: Omit<Account, 'jobId'>): Promise<string> {
  return (await makeCaller(base)('/auth/login', { username, password })).access_token!;
}
