import { describe, expect, test } from '@jest/globals';
import { bytesInMemory } from '#learning/files/file-bytes.ts';
import { openZip } from '#learning/files/zip.ts';
import { faults } from '../chunks.ts';
import { type Packed, zipped } from './archive.ts';

const open = (entries: readonly Packed[]) => openZip(bytesInMemory(zipped(entries)));

async function contents(entries: readonly Packed[]): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const entry of await open(entries)) {
    const chunks: Buffer[] = [];
    for await (const chunk of entry.open()) chunks.push(chunk);
    found[entry.name] = Buffer.concat(chunks).toString();
  }
  return found;
}

const BOMB = Buffer.alloc(32 * 1_048_576);

describe('a ZIP archive', () => {
  test('gives its files by name, packed or stored, without folders and hidden files', async () => {
    const entries = [
      { name: 'folder/', mode: 0o040755 },
      { name: 'folder/a.csv', content: 'a,b\n' },
      { name: 'b.csv', content: 'stored', stored: true },
      { name: '__MACOSX/b.csv', content: 'x' },
      ...['.DS_Store', '._a.csv', '.gitkeep', 'Thumbs.db', 'desktop.ini'].map((name) => ({
        name: `folder/${name}`,
        content: 'x',
      })),
    ];
    expect(await contents(entries)).toEqual({ 'folder/a.csv': 'a,b\n', 'b.csv': 'stored' });
  });

  test.each<[string, Packed[], string]>([
    [
      'a name that leaves the folder',
      [{ name: 'a.csv' }, { name: '../evil.csv' }],
      'entry "../evil.csv" of the ZIP must lie in the archive: its name must be relative and without ".."',
    ],
    ['an absolute name', [{ name: '/etc/passwd' }], 'entry "/etc/passwd" of the ZIP must lie in the archive'],
    [
      'a name of Windows that leaves it',
      [{ name: 'a\\..\\..\\b' }],
      'entry "a/../../b" of the ZIP must lie in the archive',
    ],
    ['a drive', [{ name: 'C:\\a.csv' }], 'entry "C:/a.csv" of the ZIP must lie in the archive'],
    ['a control character in a name', [{ name: 'a\0.csv' }], 'must have a name without control characters'],
    [
      'a link',
      [{ name: 'link', content: '/etc/passwd', mode: 0o120777 }],
      'entry "link" of the ZIP must be a file; got a link',
    ],
    ['a device', [{ name: 'tty', mode: 0o020666 }], 'entry "tty" of the ZIP must be a file; got a device'],
    ['an encrypted entry', [{ name: 'secret.csv', flags: 1 }], 'entry "secret.csv" of the ZIP must not be encrypted'],
    ['strong encryption', [{ name: 'strong.csv', flags: 0x41 }], 'entry "strong.csv" of the ZIP must not be encrypted'],
    [
      'an unknown method',
      [{ name: 'a', method: 93 }],
      'entry "a" of the ZIP must be stored or deflated; got the compression method 93',
    ],
    [
      'a bomb',
      [{ name: 'bomb', content: BOMB }],
      'entry "bomb" of the ZIP must unpack to at most 500 times its packed size; got 33554432 bytes of ',
    ],
    [
      'entries that share their bytes',
      [
        { name: 'one', content: 'x' },
        { name: 'two', content: 'x', offset: 0 },
      ],
      'must not overlap',
    ],
  ])('with %s is refused with the name of the entry', async (_, entries, message) => {
    expect((await faults(() => open(entries))).join()).toContain(message);
  });

  test.each<[string, Packed, string]>([
    ['another checksum', { name: 'a', content: 'abc', sum: 1 }, 'entry "a" of the ZIP is damaged: its checksum'],
    ['more bytes than it says', { name: 'a', content: 'abcdef', size: 3 }, 'entry "a" of the ZIP is damaged'],
    ['fewer bytes than it says', { name: 'a', content: 'abc', size: 6 }, 'entry "a" of the ZIP is damaged'],
  ])('whose entry has %s is refused when that is read', async (_, entry, message) => {
    expect((await faults(() => contents([entry]))).join()).toContain(message);
  });

  test('that is cut off is refused', async () => {
    const cut = zipped([{ name: 'a', content: 'abc' }]).subarray(0, -5);
    expect(await faults(() => openZip(bytesInMemory(cut)))).toEqual([
      expect.stringContaining('must be a whole ZIP archive'),
    ]);
  });
});
