/** Text of users in Markdown: nothing in it may become markup. */
export const line = (text: string): string => text.replace(/\s+/g, ' ').replace(/[\\`*_[\]<>#|]/g, '\\$&');
export const cell = line;
export const code = (text: string): string =>
  `\`${text.replace(/\s+/g, ' ').replace(/`/g, 'ˋ').replace(/\|/g, '\\|')}\``;
