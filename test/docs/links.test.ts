/** Links between the documents lead to files and headings that there are. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, test } from '@jest/globals';

const pages = new Map(
  [...globSync('docs/*.md'), ...globSync('*.md')].map((file) => [file, readFileSync(file, 'utf8')]),
);

/** As GitHub makes an anchor of a heading. */
const anchorOf = (heading: string): string =>
  heading
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}_\- ]/gu, '')
    .replaceAll(' ', '-');

const withoutCode = (page: string): string => page.replace(/^```[\s\S]*?^```/gm, '');
const anchors = new Map(
  Array.from(pages, ([file, page]) => [
    file,
    new Set(Array.from(withoutCode(page).matchAll(/^#+ (.*)$/gm), ([, heading]) => anchorOf(heading!))),
  ]),
);

test.each([...pages])('those of %s', (file, page) => {
  const links = Array.from(withoutCode(page).matchAll(/\]\(([^)#\s]*)(?:#([^)\s]*))?\)/g), ([, path, anchor]) => ({
    path: path!,
    anchor,
  })).filter(({ path }) => !/^[a-z]+:/.test(path));
  const broken = links.filter(({ path, anchor }) => {
    const target = path === '' ? file : normalize(join(dirname(file), path));
    return !existsSync(target) || (anchor !== undefined && anchors.get(target)?.has(anchor) === false);
  });
  expect(broken).toEqual([]);
});
