/** Spellings that people use, one column each: what its type is, what is missing, and what is said about it. */
import type { ColumnProfile } from '#domain/datasets/profile.ts';

export const repeated = (cells: readonly string[], rows = 40): string[] =>
  Array.from({ length: rows }, (_, i) => cells[i % cells.length]!);
export const many = (cell: (i: number) => string, rows = 60): string[] =>
  Array.from({ length: rows }, (_, i) => cell(i));

export interface ExpectedColumn extends Partial<ColumnProfile> {
  /** The codes of the warnings about it. */
  readonly said?: readonly string[];
  readonly left?: boolean;
}

export const COLUMNS: Readonly<
  Record<string, readonly [cells: readonly string[], expected: ExpectedColumn, name?: string]>
> = {
  'decimal commas': [repeated(['1,5', '2,25', '10']), { type: 'number', min: 1.5, max: 10 }],
  'points between thousands, decimal commas': [
    repeated(['1.234,50', '12,75']),
    { type: 'number', min: 12.75, max: 1234.5 },
  ],
  'commas between thousands, decimal points': [
    repeated(['1,234.50', '12.75']),
    { type: 'number', min: 12.75, max: 1234.5 },
  ],
  'commas between thousands alone': [
    repeated(['1,234', '12,750']),
    { type: 'number', max: 12_750, said: ['decimal_ambiguous'] },
  ],
  'blanks between thousands': [
    repeated(['1 234,5', '12\u00a0345,25', '7\u202f000']),
    { type: 'number', min: 1234.5, max: 12_345.25 },
  ],
  'apostrophes between thousands': [repeated(["1'234.50", '12’000']), { type: 'number', min: 1234.5, max: 12_000 }],
  'lakhs and crores': [repeated(['1,23,456', '12,34,56,789.5']), { type: 'number', min: 123_456, max: 123_456_789.5 }],
  'dollars, and losses in parentheses': [
    repeated(['$1,200.00', '($45.50)', '-$3']),
    { type: 'number', min: -45.5, max: 1200 },
  ],
  'euros after the number': [repeated(['1.200,00 €', '45,5€']), { type: 'number', min: 45.5, max: 1200 }],
  'codes of currencies': [repeated(['CHF 12.50', 'CHF 3.75']), { type: 'number', min: 3.75, max: 12.5 }],
  'two currencies': [repeated(['$12.50', '€3.75']), { type: 'number', said: ['mixed_units'] }],
  'numbers with a unit': [repeated(['12 kg', '13.5 kg', '9kg']), { type: 'number', min: 9, max: 13.5 }],
  'numbers with two units': [repeated(['12 kg', '800 g']), { type: 'number', said: ['mixed_units'] }],
  temperatures: [repeated(['21.5 °C', '-3 °C']), { type: 'number', min: -3, max: 21.5 }],
  'numbers of houses': [repeated(['12 A', '14 B', '7 a', '9']), { type: 'category' }],
  'losses in parentheses, with commas between thousands': [
    repeated(['(1,234)', '2,345', '(17)']),
    { type: 'number', min: -1234, max: 2345, said: ['decimal_ambiguous'] },
  ],
  'powers of ten with decimal commas': [repeated(['1,5E+03', '2,25E-02']), { type: 'number', min: 0.0225, max: 1500 }],
  'signs before all numbers': [repeated(['+5', '+12', '-3']), { type: 'number', min: -3, max: 12 }],
  'days of Excel since 1900': [many((i) => `${45_000 + i * 3}`), { type: 'number', min: 45_000 }],
  'seconds since 1970': [many((i) => `${1_700_000_000 + i * 3600}`), { type: 'number' }],
  'days without marks': [repeated(['20240531', '20240601']), { type: 'number' }],
  'a number below what can be measured': [
    repeated(['<0.1', '0.5', '0.7', '1.2', '0.9']),
    { type: 'number', missing: 8, said: ['values_unreadable'] },
  ],
  'numbers, of which many have the mark of a footnote': [
    many((i) => (i % 9 === 4 ? `${i}*` : `${i}.25`)),
    { type: 'text', left: true, said: ['text_left_out'] },
  ],
  'addresses of computers': [repeated(['192.168.100.101', '192.168.100.102', '10.0.0.1']), { type: 'category' }],
  'addresses of computers, with three digits everywhere': [
    repeated(['192.168.100.101', '192.168.100.102']),
    { type: 'category' },
  ],
  'ranges of ages': [repeated(['18-25', '26-35', '36-50']), { type: 'category' }],
  'school marks': [repeated(['1', '2-', '3+', '2']), { type: 'category' }],
  fractions: [repeated(['1/2', '3/4']), { type: 'category' }],
  durations: [repeated(['1:30:00', '0:45:10']), { type: 'category' }],
  quarters: [repeated(['2024-Q1', '2024-Q2']), { type: 'category' }],
  'what Excel makes of the names of genes': [repeated(['1-Mar', '2-Sep', 'TP53']), { type: 'category' }],
  'a mark or nothing': [repeated(['x', '', '']), { type: 'category', missing: 26 }],
  'words of databases for no value': [
    repeated(['NULL', '\\N', 'nan', '?', '1', '2', '3', '4']),
    { type: 'number', missing: 20, unreadable: 0, said: ['missing_words'] },
  ],
  'addresses of mail': [
    many((i) => `user${i}@example.com`),
    { type: 'text', left: true, said: ['identifier_left_out'] },
  ],
  percent: [repeated(['12 %', '3.5%']), { type: 'number', min: 3.5, max: 12 }],
  'percent, and shares without it': [repeated(['12%', '0.5']), { type: 'number', said: ['mixed_units'] }],
  'a minus sign of typography': [repeated(['−5', '3']), { type: 'number', min: -5, max: 3 }],
  'powers of ten': [repeated(['1e3', '2.5E-2']), { type: 'number', min: 0.025, max: 1000 }],
  'errors of a spreadsheet': [
    ['1', '2', '3', '4', '#DIV/0!', '#VALUE!', '5'],
    { type: 'number', missing: 2, unreadable: 0, said: ['missing_words'] },
  ],
  'a word for not known in a third of the numbers': [
    repeated(['1.5', '2.5', 'unknown']),
    { type: 'number', missing: 13, unreadable: 13, said: ['values_unreadable'] },
  ],
  'a few odd values among many numbers': [
    many((i) => (i % 20 === 7 ? `about ${i}` : `${i}.25`)),
    { type: 'number', unreadable: 3, said: ['values_unreadable'] },
  ],
  infinity: [['1', '2', 'inf', '4', '5'], { type: 'number', unreadable: 1, max: 5, said: ['values_unreadable'] }],
  'a few numbers among words': [repeated(['red', 'green', '7']), { type: 'category' }],
  'grades with a plus and a minus': [
    repeated(['+', '-', '+']),
    { type: 'category', missing: 13, said: ['missing_words'] },
  ],
  'postal codes': [repeated(['01234', '10115', '04109']), { type: 'category', said: ['codes'], distinct: 3 }],
  'an article number with zeros among others': [
    repeated(
      many((i) => (i % 5 === 0 ? `00${i}` : `${i * 100}`), 20),
      60,
    ),
    { type: 'category', said: ['codes'] },
  ],
  'one number with zeros among many': [
    many((i) => (i === 30 ? '0031' : `${i * 11}`)),
    { type: 'number', said: ['leading_zeros'] },
  ],
  'numbers of more digits than a double has': [
    repeated(['12345678901234567', '12345678901234568', '5']),
    { type: 'number', said: ['digits_lost'] },
  ],
  'numbers, of which some are -999, far below all others': [
    many((i) => (i % 10 === 3 ? '-999.0' : `${i % 30}.5`)),
    { type: 'number', min: -999, said: ['sentinel_values'] },
  ],
  'numbers, of which some are -999, and some 9999': [
    many((i) => (i % 10 === 3 ? '-999' : i % 10 === 7 ? '9999' : `${i % 30}.5`)),
    { type: 'number', said: ['sentinel_values', 'sentinel_values'] },
  ],
  'amounts, of which some are 9999, as others nearly are': [
    many((i) => (i % 10 === 3 ? '9999' : `${i * 150}.5`)),
    { type: 'number' },
  ],
  'numbers, of which one is -999': [many((i) => (i === 3 ? '-999' : `${i % 30}.5`)), { type: 'number' }],
  'temperatures of a sensor that says 32767 where it has none': [
    many((i) => (i % 20 === 3 ? '32767' : `${i % 30}`)),
    { type: 'number', said: ['sentinel_values'] },
  ],
  'truth in any case': [repeated(['TRUE', 'false', 'True']), { type: 'boolean', distinct: 3 }],
  'truth in French': [repeated(['oui', 'Non', 'OUI']), { type: 'boolean' }],
  'truth in German': [repeated(['ja', 'Nein', 'JA']), { type: 'boolean' }],
  switches: [repeated(['on', 'off']), { type: 'boolean' }],
  'truth of two kinds': [repeated(['yes', 'true', 'no']), { type: 'category' }],
  'days before months': [
    repeated(['31.05.2024', '01.02.2024']),
    { type: 'timestamp', max: Date.UTC(2024, 4, 31), min: Date.UTC(2024, 1, 1) },
  ],
  'days before months, with slashes': [
    repeated(['31/05/2024', '01/02/2024']),
    { type: 'timestamp', min: Date.UTC(2024, 1, 1) },
  ],
  'months before days': [repeated(['05/31/2024', '01/02/2024']), { type: 'timestamp', min: Date.UTC(2024, 0, 2) }],
  'days and months that nothing tells apart': [
    repeated(['05/04/2024', '01/02/2024']),
    { type: 'timestamp', min: Date.UTC(2024, 0, 2), said: ['date_order_ambiguous'] },
  ],
  'dates with points, which have the day first': [
    repeated(['05.04.2024', '01.02.2024']),
    { type: 'timestamp', min: Date.UTC(2024, 1, 1), said: [] },
  ],
  'years of two digits': [
    repeated(['31.12.99', '01.02.24']),
    { type: 'timestamp', min: Date.UTC(1999, 11, 31), max: Date.UTC(2024, 1, 1) },
  ],
  'years of two digits that may stand in front': [
    many((i) => `24/05/${String((i % 28) + 1).padStart(2, '0')}`),
    {
      type: 'timestamp',
      min: Date.UTC(2024, 4, 1),
      max: Date.UTC(2024, 4, 28),
      said: ['date_order_ambiguous'],
    },
  ],
  'years of two digits that may stand at the end': [
    many((i) => `${String((i % 28) + 1).padStart(2, '0')}/05/24`),
    {
      type: 'timestamp',
      min: Date.UTC(2024, 4, 1),
      max: Date.UTC(2024, 4, 28),
      said: ['date_order_ambiguous'],
    },
  ],
  'years of two digits in front': [
    repeated(['99/12/31', '24/05/31']),
    { type: 'timestamp', min: Date.UTC(1999, 11, 31), max: Date.UTC(2024, 4, 31) },
  ],
  'names of months': [
    repeated(['31 May 2024', 'Feb 1, 2024', '3-Mar-2024']),
    { type: 'timestamp', max: Date.UTC(2024, 4, 31) },
  ],
  'times of twelve hours': [
    repeated(['05/31/2024 7:30 PM', '06/01/2024 12:00 AM']),
    { type: 'timestamp', min: Date.UTC(2024, 4, 31, 19, 30) },
  ],
  'times of mail': [
    repeated(['Fri, 31 May 2024 19:30:00 GMT', 'Sat, 1 Jun 2024 01:00:00 +0200']),
    { type: 'timestamp', min: Date.UTC(2024, 4, 31, 19, 30) },
  ],
  'times with the name of a zone': [
    repeated(['2024-05-31 19:30:00 CEST', '2024-01-31 19:30:00 CET']),
    { type: 'timestamp', min: Date.UTC(2024, 0, 31, 18, 30), max: Date.UTC(2024, 4, 31, 17, 30) },
  ],
  'times with a place': [
    repeated(['2024-05-31T19:30:00+02:00[Europe/Berlin]', '2024-06-01T19:30:00+02:00[Europe/Berlin]']),
    { type: 'timestamp', min: Date.UTC(2024, 4, 31, 17, 30) },
  ],
  'times with a zone': [
    repeated(['2024-05-31 19:30:00 UTC', '2024-05-31T19:30:00+02:00']),
    { type: 'timestamp', min: Date.UTC(2024, 4, 31, 17, 30) },
  ],
  'dates, of which some are none': [
    many((i) => (i % 30 === 5 ? '0000-00-00' : `2024-03-${String((i % 28) + 1).padStart(2, '0')}`)),
    { type: 'timestamp', unreadable: 2, said: ['values_unreadable'] },
  ],
  'versions, which are no dates': [repeated(['1.2.3', '1.10.0', '2.0.0']), { type: 'category' }],
  'times of day, which are no dates': [
    many((i) => `${i % 24}:${String((i * 7) % 60).padStart(2, '0')}`),
    { type: 'text', left: true, said: ['identifier_left_out'] },
  ],
  'telephone numbers': [repeated(['+49 170 1234567', '+49 30 7654321']), { type: 'category' }],
  hashes: [many((i) => `f${(i * 7919).toString(16)}b`), { type: 'text', left: true, said: ['identifier_left_out'] }],
  'free text': [many((i) => `the text of row ${i}`), { type: 'text', left: true, said: ['text_left_out'] }],
  'a running number that is called one': [
    many((i) => `${i + 1}`),
    { type: 'number', role: 'id', left: true, said: ['identifier_left_out'] },
    'customerId',
  ],
  'whole numbers of eighteen digits, each another one': [
    many((i) => `7000000000000${String(i * 64).padStart(5, '0')}`),
    { type: 'number', role: 'id', left: true, said: ['identifier_left_out'] },
  ],
  'a running number that is called otherwise': [
    many((i) => `${i + 1}`),
    { type: 'number', role: 'feature', said: [] },
    'week',
  ],
  'a key that occurs again and again': [
    repeated(['17', '18', '19']),
    { type: 'number', role: 'feature' },
    'customer_id',
  ],
  'words of which each is another one': [many((i) => `w${i}`, 20), { type: 'category', said: ['unique_values'] }],
  'one value': [repeated(['7']), { type: 'number', said: ['constant_column'] }],
  nothing: [repeated(['', 'NA']), { type: 'text', left: true, said: ['text_left_out'] }],
  'blanks around values': [repeated(['  red ', 'red', ' blue']), { type: 'category', distinct: 2 }],
  'words in upper and lower case': [
    repeated(['Male', 'male', 'Female']),
    { type: 'category', said: ['case_variants'] },
  ],
  'numbers as floats and as whole numbers': [repeated(['1', '1.0', '2']), { type: 'number', min: 1, max: 2 }],
  'numbers with footnotes, that occur again and again': [
    many((i) => (i % 3 ? `${i % 12}` : `${i % 12}*`)),
    { type: 'category', said: ['numbers_as_words'] },
  ],
  'codes that a spreadsheet takes for powers of ten': [
    repeated(['1E3', '2E5', '7E1']),
    { type: 'number', max: 200_000, said: ['like_codes'] },
  ],
  'telephone numbers without blanks': [
    many((i) => `+49171${(1_234_567 + i * 91) % 10_000_000}`),
    { type: 'number', said: ['like_codes'] },
  ],
  'versions of two parts': [repeated(['1.1', '1.10', '1.2', '1.9']), { type: 'number', said: ['equal_numbers'] }],
  'times of day': [
    many((i) => `${i % 24}:${String((i * 15) % 60).padStart(2, '0')}`),
    { type: 'category', said: ['numbers_in_words'] },
  ],
  'durations in words': [repeated(['1h 30m', '2h 45m', '3h 5m']), { type: 'category', said: ['numbers_in_words'] }],
  'durations of ISO 8601': [repeated(['PT1H30M', 'PT45M', 'P1DT2H']), { type: 'category', said: ['numbers_in_words'] }],
  'thousands and millions': [
    repeated(['1.5k', '2M', '300k', '4.2M']),
    { type: 'category', said: ['numbers_in_words'] },
  ],
  'numbers with an error': [
    repeated(['1.5±0.1', '2.5±0.2', '3.5 +/- 0.1']),
    { type: 'category', said: ['numbers_in_words'] },
  ],
  'numbers above what can be measured, of which many': [
    many((i) => (i % 3 ? `${i % 12}` : `> ${i % 12}`)),
    { type: 'category', said: ['numbers_as_words'] },
  ],
  'cells that were merged': [
    many((i) => (i % 10 ? '' : `region ${i % 3}`)),
    { type: 'category', missing: 54, said: ['mostly_empty'] },
  ],
  'dates, of which some are for ever': [
    many((i) => (i % 10 === 3 ? '9999-12-31' : `2024-03-${String((i % 28) + 1).padStart(2, '0')}`)),
    { type: 'timestamp', said: ['sentinel_values'] },
  ],
  'dates, of which some are the first that a program knows': [
    many((i) => (i % 10 === 3 ? '01.01.1900' : `${(i % 28) + 1}.03.2024`)),
    { type: 'timestamp', said: ['sentinel_values'] },
  ],
  'words with hyphens, underscores and blanks': [
    repeated(['New York', 'new_york', 'New-York', 'Berlin']),
    { type: 'category', said: ['spelling_variants'] },
  ],
  'words that were read in another encoding': [
    repeated(['KÃ¶ln', 'Köln', 'Bonn']),
    { type: 'category', said: ['garbled_words'] },
  ],
  'errors of a spreadsheet in German': [
    many((i) => (i % 9 === 4 ? ['#BEZUG!', '#ZAHL!', '#ÜBERLAUF!'][i % 3]! : `${i}.5`)),
    { type: 'number', unreadable: 0, said: ['missing_words'] },
  ],
  'a dash for minus': [repeated(['–5', '3']), { type: 'number', min: -5, max: 3 }],
  'a minus behind the number, as SAP writes it': [
    repeated(['1.234,50-', '12,75']),
    { type: 'number', min: -1234.5, max: 12.75 },
  ],
  'digits of Arabic': [repeated(['٣٫٥', '١٢', '٧']), { type: 'number', min: 3.5, max: 12 }],
  'digits of full width': [repeated(['１２', '３．５', '－７']), { type: 'number', min: -7, max: 12 }],
  'a number in several spellings among words': [
    repeated(['red', 'blue', 'grey', '1', '1.0']),
    { type: 'category', said: ['number_variants'] },
  ],
  'accents that are composed otherwise': [
    repeated(['Köln', 'Köln', 'Bonn'].map((word, i) => word.normalize(i % 2 ? 'NFD' : 'NFC'))),
    { type: 'category', distinct: 2 },
  ],
};
