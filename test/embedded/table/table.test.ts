import { tableConformance } from '../../conformance/table/index.ts';
import { openTableSubject } from './table-subject.ts';

tableConformance('SQLite', openTableSubject);
