import { listsConformance } from '../../conformance/lists.ts';
import { openTableSubject } from './table-subject.ts';

listsConformance('SQLite', openTableSubject, { runs: 20 });
