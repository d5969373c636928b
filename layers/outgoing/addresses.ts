/**
 * Which addresses a URL that a user chose may lead to: the public internet's. Everything else is refused: this machine,
 * its networks, a cloud's metadata service, and the forms of IPv6 in which an IPv4 address is embedded.
 */
import ipaddr from 'ipaddr.js';

export interface AddressRules {
  /** Whether this machine's own addresses may be called too. */
  readonly loopback: boolean;
}

/** Only these are in use as public addresses of IPv6 (RFC 4291). */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3');

/** A cloud's own service for its machines, at an address that looks public: Azure's. Those of others are link-local. */
const METADATA = ['168.63.129.16'];

/** Why the address must not be called; `undefined` if it may be. The address is one of a resolver, or a URL's literal. */
export function refusal(address: string, rules: AddressRules): string | undefined {
  if (!ipaddr.isValid(address)) return 'it is not an address';
  const parsed = ipaddr.parse(address);
  const range = parsed.range();
  if (range === 'loopback') return rules.loopback ? undefined : 'loopback';
  if (range !== 'unicast') return range;
  if (METADATA.includes(parsed.toString())) return 'metadata service';
  return parsed instanceof ipaddr.IPv6 && !parsed.match(GLOBAL_UNICAST) ? 'unassigned' : undefined;
}

/** Whether it is an address as a URL's parser writes it, not a name. */
export const isAddress = (host: string): boolean => host.includes(':') || /^[\d.]+$/.test(host);

/** Whether the host is an address of this machine's own. */
export const isLoopback = (host: string): boolean =>
  isAddress(host) && ipaddr.isValid(host) && ipaddr.parse(host).range() === 'loopback';
