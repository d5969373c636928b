/** Files that are refused: what each is, its content, and what is said of it. */
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { zipped } from './archive.ts';

export const CSV = `a,y\n${Array.from({ length: 40 }, (_, i) => `${i}.5,${i % 2 ? 'u' : 'v'}`).join('\n')}\n`;
/** Written by pandas. */
const nested = readFileSync(new URL('../../fixtures/tables/nested.parquet', import.meta.url));
const packed = gzipSync(CSV);
const tar = Buffer.concat([Buffer.alloc(1024), Buffer.from(CSV)]);
tar.write('a.csv', 0);
tar.write('ustar', 257);

/** A file that begins with these bytes. */
const foreign = (beginning: string, encoding: BufferEncoding = 'latin1') =>
  Buffer.concat([Buffer.from(beginning, encoding), Buffer.alloc(300)]);

export const BAD_FILES: readonly (readonly [what: string, content: string | Buffer, message: string])[] = [
  [
    'a record without a key',
    '{"a":1,"y":"u"}\n{"a":2}\n',
    'row 2 (line 2) must have the keys of the first record; "y" is missing',
  ],
  [
    'a record with another key',
    '[{"a":1,"y":"u"},{"a":2,"y":"v","z":3}]',
    'row 2 must have the keys of the first record; got "z" as well',
  ],
  ['a key twice', '{"a":1,"y":"u"}\n{"a":2,"a":3,"y":"v"}\n', 'row 2 (line 2) must have each key once; got "a" twice'],
  [
    'a nested value',
    '{"a":1,"y":"u"}\n\n{"a":{"b":2},"y":"v"}\n',
    'row 2 (line 3) must have text, a number, true, false or null for "a"; got an object',
  ],
  [
    'an array that is too short',
    '[["a","y"],[1,"u"],[2]]',
    'row 2 must have 2 values, as many as the first array; got 1',
  ],
  ['arrays without names', '[[1,"u"],[2,"v"]]', 'row 1 must be the names of the columns'],
  ['a JSON array that ends early', '[{"a":1,"y":"u"},{"a":2', 'must be a whole JSON array; it ends within row 2'],
  ['a comma too many', '{"a":1,"y":"u",}\n', 'row 1 (line 1) must be JSON'],
  ['an array of numbers', '[1,2,3]', 'row 1 must be an object or an array of values; got "1,2,3]"'],
  [
    'half of a character in JSON',
    '{"a":"\\ud83d","y":"u"}\n',
    'row 1 (line 1) must have whole characters; got \\ud83d in a text, which is half of one',
  ],
  [
    'a NUL character in JSON',
    '{"a":"x\\u0000","y":"u"}\n',
    'row 1 (line 1) must not contain NUL characters; got \\u0000',
  ],
  [
    'JSON in UTF-16',
    Buffer.from('\ufeff[{"a":1,"y":"u"}]', 'utf16le'),
    'must be JSON text in UTF-8; got UTF-16 text (by its first bytes): save it as UTF-8',
  ],
  [
    'JSON in UTF-16 without a mark',
    Buffer.from('[{"a":1,"y":"u"}]', 'utf16le'),
    'must be JSON text in UTF-8; got UTF-16 text',
  ],
  ['gzip within gzip', gzipSync(packed), 'must be packed once; got gzip within gzip: unpack it'],
  ['gzip within a ZIP', zipped([{ name: 'a.csv.gz', content: packed }]), 'must be packed once; got gzip within ZIP'],
  ['a tar archive', gzipSync(tar), 'must be one table; got a tar archive: upload a file of it'],
  ['gzip that ends early', packed.subarray(0, -20), 'must be a whole gzip file; it ends early, after '],
  [
    'gzip that is damaged',
    Buffer.concat([packed.subarray(0, -8), Buffer.alloc(8)]),
    'must be a gzip file; it is damaged: its checksum is not that of its contents',
  ],
  [
    'a ZIP of two files',
    zipped([
      { name: 'a.csv', content: CSV },
      { name: 'b.csv', content: CSV },
    ]),
    'must be a ZIP with one file in it; got 2: "a.csv", "b.csv"',
  ],
  [
    'a ZIP with a prefix',
    Buffer.concat([Buffer.from('MZ\0\0'), zipped([{ name: 'a.csv', content: CSV }])]),
    'must begin with its data; got a ZIP archive with other bytes before it: upload the archive alone',
  ],
  [
    'an Excel workbook',
    zipped([
      { name: 'xl/workbook.xml', content: 'x' },
      { name: 'b', content: 'x' },
    ]),
    'must be a table; got an Excel workbook: save it as CSV',
  ],
  ['a Parquet file of nested columns', nested, 'column "tags" must have one value in each row; got lists'],
  ['a Parquet file of four bytes', 'PAR1', 'must be a whole Parquet file'],
  ['a Parquet file that is cut off', Buffer.from('PAR1 and then nothing'), 'must be a whole Parquet file'],
  [
    'an OpenDocument spreadsheet',
    zipped([
      { name: 'mimetype', content: 'application/vnd.oasis.opendocument.spreadsheet' },
      { name: 'content.xml', content: '<x/>' },
    ]),
    'must be a table; got an OpenDocument spreadsheet: save it as CSV',
  ],
  ['an old Excel workbook', foreign('d0cf11e0a1b11ae1', 'hex'), 'must be CSV text in UTF-8; got an old Excel workbook'],
  ['a table of a web page, saved as .xls', '<html><table><tr><td>a</td></tr></table></html>', 'got an HTML page'],
  ['XML', '<?xml version="1.0"?><a/>', 'must be CSV text; got XML'],
  ['an Arrow (Feather) file', foreign('ARROW1\0\0'), 'got an Arrow (Feather) file (by its first bytes)'],
  ['an ORC file', foreign('ORC\x08\x03'), 'got an ORC file (by its first bytes)'],
  ['an Avro file', foreign('Obj\x01'), 'got an Avro file (by its first bytes)'],
  ['an HDF5 file', foreign('894844460d0a1a0a', 'hex'), 'got an HDF5 file (by its first bytes)'],
  ['a 7-Zip archive', foreign('377abcaf271c', 'hex'), 'got a 7-Zip archive (by its first bytes)'],
  ['a RAR archive', foreign('Rar!\x1a\x07\x01\0'), 'got a RAR archive (by its first bytes)'],
  ['a file packed by bzip2', foreign('BZh91AY&SY'), 'got bzip2-compressed (by its first bytes)'],
  ['a Stata file', foreign('<stata_dta><header>'), 'got a Stata file (by its first bytes)'],
  ['an SPSS file', foreign('$FL2@(#) SPSS DATA FILE'), 'got an SPSS file (by its first bytes)'],
  ['a NumPy array', foreign('\x93NUMPY\x01\0'), 'got a NumPy array (by its first bytes)'],
  ['a pickle of Python', foreign('80049500', 'hex'), 'got a pickle of Python (by its first bytes)'],
  ['an R workspace', foreign('RDX3\nX\n'), 'got an R workspace (by its first bytes)'],
  [
    'CSV in Latin-1',
    Buffer.from('größe,y\n1,u\n', 'latin1'),
    'must be UTF-8 text; got the byte 0xF6 at line 1 (byte 3)',
  ],
  [
    'CSV in UTF-16, which Excel calls Unicode text',
    Buffer.from('\ufeffa\tb\n1\t2\n', 'utf16le'),
    'must be CSV text in UTF-8; got UTF-16 text (by its first bytes): save it as UTF-8',
  ],
  ['cells that are padded with NUL', 'a,y\n1\0\0,u\n', 'must not contain NUL bytes; got one at line 2 (byte 6)'],
  [
    'a key twice in the first record',
    '{"a":1,"a":2,"y":"u"}\n{"a":2,"y":"v"}\n',
    'column names must differ; got "a" for columns 1 and 2',
  ],
  [
    'names in two lines, the first with merged cells',
    'Person,,Body,\nname,age,height,y\nx,1,2,u\n',
    'column 2 of the header must have a name; got ""',
  ],
  [
    'a row with too few cells',
    'a,b,y\n1,2,u\n3,4\n',
    'row 2 (line 3) must have 3 values, as many as the header; got 2',
  ],
  [
    'a note below the table',
    'a,b,y\n1,2,u\n3,4,v\n\nSource: an office\n',
    'row 3 (line 5) must have 3 values, as many as the header; got 1',
  ],
  [
    'rows that end with a delimiter below a header that does not',
    'a,b,y\n1,2,u,\n3,4,v,\n',
    'row 1 (line 2) must have 3 values, as many as the header; got 4',
  ],
  [
    'a quote that is never closed',
    'a,b,y\n"1,2,u\n3,4,v\n',
    'a quoted value must end with "; got the end of the file at line 3',
  ],
  [
    'formulas that keep zeros',
    'a,b,y\n="0012",2,u\n',
    'a value that contains " must be enclosed in quotes; got an open one at line 2',
  ],
  ['blanks between cells', 'a b y\n1 2 u\n3 4 v\n', 'must have between 2 and 2000 columns'],
  ['a header and nothing else', 'a,b,y\n', 'must have at least 1 row after the header; got 0'],
  [
    'records within an object',
    '{"data":[{"a":1,"y":"u"}]}',
    'row 1 (line 1) must have text, a number, true, false or null for "data"; got an array',
  ],
  [
    'JSON by columns, as pandas writes it unless told otherwise',
    '{"a":{"0":1,"1":2},"y":{"0":"u","1":"v"}}',
    'row 1 (line 1) must have text, a number, true, false or null for "a"; got an object',
  ],
  ['JSON with apostrophes', "[{'a':1,'y':'u'}]", 'row 1 must be JSON'],
  [
    'JSON Lines with commas between',
    '{"a":1,"y":"u"},\n{"a":2,"y":"v"}\n',
    'row 1 (line 1) must be one record; got "," after it',
  ],
];
