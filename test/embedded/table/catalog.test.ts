import { catalogConformance } from '../../conformance/catalog.ts';
import { openTableSubject } from './table-subject.ts';

catalogConformance('SQLite', openTableSubject);
