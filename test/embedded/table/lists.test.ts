import { listsConformance } from '../../conformance/lists/index.ts';
import { openTableSubject } from './table-subject.ts';

listsConformance('SQLite', openTableSubject, { runs: 20 });
