/** Origins whose pages may call from a browser. */

/** What each must be. */
export const ORIGIN = 'an origin such as https://app.example.com, without a path, or *';

/** An origin as a browser sends it, or *. `undefined` if the text is neither. */
export function originOf(text: string): string | undefined {
  if (text === '*') return text;
  const url = URL.parse(text);
  if (url === null || url.origin === 'null' || !/^https?:$/.test(url.protocol)) return undefined;
  return url.href === `${url.origin}/` && !/[?#]$/.test(text) ? url.origin : undefined;
}
