/** All addresses of a name, IPv4 first. */
import { Resolver } from 'node:dns/promises';
import { isLocalName } from './url.ts';

/** For one question to one server, in milliseconds, and how often it is asked. */
const TIMEOUT_MS = 3000;
const TRIES = 2;

/**
 * Asks the name servers, not the system's resolver: that one occupies a thread of the pool for as long as a server takes,
 * and a user chooses the name. Throws if the name has no address.
 */
export async function resolveName(name: string): Promise<readonly string[]> {
  if (isLocalName(name)) return ['127.0.0.1', '::1'];
  const resolver = new Resolver({ timeout: TIMEOUT_MS, tries: TRIES });
  const families = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)]);
  const addresses = families.flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
  const [failed] = families.flatMap((one) => (one.status === 'rejected' ? [one.reason as Error] : []));
  if (addresses.length === 0 && failed) throw failed;
  return addresses;
}
