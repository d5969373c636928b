import { platformCases } from './cases/index.ts';
import { useHost } from './use-host.ts';

// There are more cases, each with an account of its own, than an address may register in an hour by default.
platformCases(useHost('--anonymous-requests-per-hour', '1000'));
