/** `node test/learning/tables/write-document.ts`: writes docs/table-cases.md. */
import { writeFileSync } from 'node:fs';
import { casesDocument } from './document.ts';

writeFileSync('docs/table-cases.md', casesDocument());
