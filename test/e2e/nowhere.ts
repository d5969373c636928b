/** The URL of a receiver with a name that no resolver knows (RFC 6761). */
export const NOWHERE = 'https://receiver.invalid/hook';
