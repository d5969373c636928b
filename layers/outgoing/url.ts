/** Which URLs a user may choose for requests of ours. Where a name leads is checked when it is called; see `post.ts`. */
import { type AddressRules, isAddress, isLoopback, refusal } from './addresses.ts';

/** Names of this machine (RFC 6761). */
export const isLocalName = (host: string): boolean => /^(.+\.)?localhost\.?$/.test(host);

/** Why the URL cannot be called; `undefined` if it can, as far as its text shows. */
export function urlFault(text: string, rules: AddressRules): string | undefined {
  if (/[\s\p{Cc}]/u.test(text) || !URL.canParse(text)) return 'must be a URL without spaces and control characters';
  const url = new URL(text);
  const host = hostOf(url);
  const isLocal = isLocalName(host) || isLoopback(host);
  if (isLocal && !rules.loopback) return 'must not lead to this machine';
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLocal)) {
    const expected = rules.loopback ? 'https, or http to a loopback address' : 'https';
    return `must be ${expected}; got ${url.protocol.slice(0, -1)}`;
  }
  if (url.username !== '' || url.password !== '') return 'must not contain a user name or password';
  if (text.includes('#')) return 'must not have a fragment';
  if (url.port === '0') return 'must have a port from 1 to 65535; got 0';
  const refused = isAddress(host) ? refusal(host, rules) : undefined;
  return refused === undefined ? undefined : `must lead to a public address; got one of another kind: ${refused}`;
}

/** Without the brackets of an IPv6 address. The URL's parser has written every form of an IPv4 address in the usual one. */
export const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[(.*)\]$/, '$1');
