import { platformCases } from './cases/index.ts';
import { useHost } from './use-host.ts';

platformCases(useHost());
