/** Addresses and names of this machine. */
export const LOOPBACK = /^(127\.|::1$|localhost$)/;

/** Of pages that this machine serves, on any port. */
export const LOOPBACK_ORIGINS: readonly string[] = ['http', 'https'].flatMap((scheme) =>
  ['localhost', '127.0.0.1', '[::1]'].flatMap((host) => [`${scheme}://${host}`, `${scheme}://${host}:*`]),
);
