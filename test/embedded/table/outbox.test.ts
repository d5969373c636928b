import { outboxConformance } from '../../conformance/outbox.ts';
import { openTableSubject } from './table-subject.ts';

outboxConformance('SQLite', openTableSubject);
