/** Small files as programs and people write them: what is read of each, and what is said about it. */
export interface Export {
  readonly text: string;
  /** Its columns and their types, the target last. */
  readonly columns: Readonly<Record<string, string>>;
  readonly rows: number;
  /** `code column first-value`. */
  readonly said: readonly string[];
}

const ROWS = 40;
const rows = (line: (i: number) => string, newline = '\n'): string =>
  Array.from({ length: ROWS }, (_, i) => line(i) + newline).join('');
const yesNo = (i: number): string => (i % 2 ? 'yes' : 'no');
const usual = (newline = '\n') => rows((i) => `${i},${i % 7}.5,${yesNo(i)}`, newline);
const USUAL = { a: 'number', b: 'number', y: 'boolean' } as const;

const withUsual = (text: string, said: readonly string[] = [], count = ROWS): Export => ({
  ...{ text, columns: USUAL, said },
  rows: count,
});

export const EXPORTS: Readonly<Record<string, Export>> = {
  'Excel in German: `sep=;`, a byte-order mark, decimal commas, narrow blanks between thousands': {
    text: `\ufeffsep=;\r\nMenge;Preis;Aktiv\r\n${rows((i) => `${i};"1\u202f${100 + i},50 €";${i % 2 ? 'ja' : 'nein'}`, '\r\n')}`,
    columns: { Menge: 'number', Preis: 'number', Aktiv: 'boolean' },
    rows: ROWS,
    said: [],
  },
  'Excel in French: semicolons, `oui` and `non`': {
    text: `prix;quantité;actif\r\n${rows((i) => `${i},25;${i};${i % 2 ? 'oui' : 'non'}`, '\r\n')}`,
    columns: { prix: 'number', quantité: 'number', actif: 'boolean' },
    rows: ROWS,
    said: [],
  },
  'tabs, decimal commas, points between thousands': {
    text: `Länge\tGewicht\tSorte\n${rows((i) => `${i},5\t1.${100 + i},25\t${yesNo(i)}`)}`,
    columns: { Länge: 'number', Gewicht: 'number', Sorte: 'boolean' },
    rows: ROWS,
    said: [],
  },
  'comments before the header': withUsual(`# exported 2024-05-31\n# by lab, unit 3\na,b,y\n${usual()}`, [
    'lines_before_header null # exported 2024-05-31',
  ]),
  'a header that begins with `#`': {
    text: `#id\tb\ty\n${rows((i) => `${i % 9}\t${i}.5\t${yesNo(i)}`)}`,
    columns: { '#id': 'number', b: 'number', y: 'boolean' },
    rows: ROWS,
    said: [],
  },
  'the title of a report above the table': withUsual(`Report of May 2024\n\na,b,y\n${usual()}`, [
    'lines_before_header null Report of May 2024',
  ]),
  'the same, as Excel writes it': withUsual(`Report of May 2024,,\r\n,,\r\na,b,y\r\n${usual('\r\n')}`, [
    'lines_before_header null Report of May 2024,,',
  ]),
  'a row of totals at the end': {
    text: `region,amount,y\n${rows((i) => `r${i % 3},${i}.5,${yesNo(i)}`)}Total,800,yes\n`,
    columns: { region: 'category', amount: 'number', y: 'boolean' },
    rows: ROWS + 1,
    said: ['totals_row region Total'],
  },
  'a row of means at the end, whose name is not in its first cell': {
    text: `amount,region,y\n${rows((i) => `${i}.5,r${i % 3},${yesNo(i)}`)}20,Mean,yes\n`,
    columns: { amount: 'number', region: 'category', y: 'boolean' },
    rows: ROWS + 1,
    said: ['totals_row region Mean'],
  },
  'units in the row below the names': {
    text: `temp,speed,y\n°C,km/h,yes\n${rows((i) => `${i}.5,${i * 2},${yesNo(i)}`)}`,
    columns: { temp: 'number', speed: 'number', y: 'boolean' },
    rows: ROWS + 1,
    said: ['values_unreadable temp °C', 'values_unreadable speed km/h', 'row_of_words temp °C'],
  },
  'units in the row below the names, and none for the target': {
    text: `temp,speed,y\n°C,km/h,\n${rows((i) => `${i}.5,${i * 2},${i * i}.25`)}`,
    columns: { temp: 'number', speed: 'number', y: 'number' },
    rows: ROWS + 1,
    said: [
      'target_rows_left_out y ',
      'values_unreadable temp °C',
      'values_unreadable speed km/h',
      'row_of_words temp °C',
    ],
  },
  'numbers with the marks of footnotes, and nothing else to learn from': {
    text: `x,y\n${rows((i) => `0.${500 + i}*,${yesNo(i)}\n0.${600 + i}†,${yesNo(i)}`)}`,
    columns: { x: 'text', y: 'boolean' },
    rows: 2 * ROWS,
    said: ['numbers_in_words x 0.500*'],
  },
  'the names again in the middle, as files that were joined have them': {
    text: `a,b,y\n${usual()}a,b,yes\n${usual()}`,
    columns: USUAL,
    rows: 2 * ROWS + 1,
    said: ['values_unreadable a a', 'values_unreadable b b', 'row_of_words a a'],
  },
  'two tables, one below the other': {
    text: `a,b,y\n${usual()}\nc,d,no\n${usual()}`,
    columns: USUAL,
    rows: 2 * ROWS + 1,
    said: ['values_unreadable a c', 'values_unreadable b d', 'row_of_words a c'],
  },
  'years for names': {
    text: `country,1990,2000,2010,y\n${rows((i) => `c${i % 5},${i}.5,${i},${i % 7},${yesNo(i)}`)}`,
    columns: { 1990: 'number', 2000: 'number', 2010: 'number', country: 'category', y: 'boolean' },
    rows: ROWS,
    said: [],
  },
  'no line with names': {
    text: rows((i) => `${i},${i % 7}.5,${yesNo(i)}`),
    columns: { 0: 'number', 0.5: 'number', no: 'boolean' },
    rows: ROWS - 1,
    said: ['header_like_row 0 0'],
  },
  'a delimiter at the end of each line': {
    text: `a,b,y,\n${rows((i) => `${i},${i % 7}.5,${yesNo(i)},`)}`,
    columns: { a: 'number', b: 'number', y: 'boolean', 'Unnamed: 3': 'text' },
    rows: ROWS,
    said: ['text_left_out Unnamed: 3 null'],
  },
  'rows without anything at the end, as Excel writes them': withUsual(
    `a,b,y\n${usual()},,\n,,\n,,\n`,
    ['target_rows_left_out y '],
    ROWS + 3,
  ),
  'line breaks within quotes': {
    text: `"height\n(cm)",note,y\n${rows((i) => `${i},"one line\nline ${i % 3}",${yesNo(i)}`)}`,
    columns: { 'height\n(cm)': 'number', note: 'category', y: 'boolean' },
    rows: ROWS,
    said: [],
  },
  'line breaks of old Macs': withUsual(`a,b,y\r${usual('\r')}`),
  'line breaks of several kinds': withUsual(`a,b,y\r\n${usual().replace('\n', '\r\n')}`),
  'a byte-order mark, and names in quotes': withUsual(`\ufeff"a","b","y"\n${usual()}`),
  'blanks that do not break around numbers': withUsual(
    `a,b,y\n${rows((i) => `\u00a0${i}\u00a0,${i % 7}.5,${yesNo(i)}`)}`,
  ),
  'names that differ in case only': {
    text: `Age,age,y\n${usual()}`,
    columns: { Age: 'number', age: 'number', y: 'boolean' },
    rows: ROWS,
    said: [],
  },
  'a name three times': {
    text: `a,a,a.1,a,y\n${rows((i) => `${i},${i % 7}.5,${i % 3}.5,${i % 5}.25,${yesNo(i)}`)}`,
    columns: { a: 'number', 'a.2': 'number', 'a.1': 'number', 'a.3': 'number', y: 'boolean' },
    rows: ROWS,
    said: ['column_renamed a.2 0.5', 'column_renamed a.3 0.25'],
  },
  'JSON with the NaN of Python': {
    text: `[${Array.from({ length: ROWS }, (_, i) => `{"a":${i % 9 ? i : 'NaN'},"b":${i % 7}.5,"y":"${yesNo(i)}"}`).join(',')}]`,
    columns: USUAL,
    rows: ROWS,
    said: ['missing_words a NaN'],
  },
  'JSON whose records have their keys in any order': withUsual(
    rows((i) => (i % 2 ? `{"a":${i},"b":${i % 7}.5,"y":"yes"}` : `{"y":"no","b":${i % 7}.5,"a":${i}}`)),
  ),
};
