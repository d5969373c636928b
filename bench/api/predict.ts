import type { Bench } from '../bench.ts';
import { startPredictServer } from '../peers/predict.ts';
import { compare } from './comparison.ts';
import { HERE } from './host/host.ts';
import { startLoad } from './load/load.ts';
import { modelFile } from './model-file.ts';
import { type Ours, openOurs } from './ours.ts';
import { predict, predictMany, type Request } from './requests.ts';

const SLICES = 5;
const SECONDS = 30;
const MODELS = 20;

interface Row {
  readonly name: string;
  readonly clients: number;
  readonly request: (of: Ours['account']) => Request;
}

const rows: readonly Row[] = [
  { name: 'one-row/1', clients: 1, request: predict },
  { name: 'one-row/32', clients: 32, request: predict },
  { name: 'hundred-rows/8', clients: 8, request: (of) => predictMany(of, 100) },
];

/** Beside FastAPI with ONNX Runtime and the same file, which asks for no token and counts nothing; and another checkout's host. */
const benchOf = ({ name, clients, request }: Row): Bench => ({
  name: `api/predict/${name}`,
  unit: 'requests/s',
  run: async ({ seconds = SECONDS, versus, cpuProfile } = {}) => {
    await using stack = new AsyncDisposableStack();
    const load = stack.use(startLoad());
    const ours = stack.use(await openOurs({ checkout: HERE, models: MODELS, cpuProfile }));
    const asked = { ...request(ours.account), weight: 1 };
    const plan = { clients, seconds, slices: SLICES };
    const side = { ...ours, kinds: [asked] };
    const earlier = versus === undefined ? undefined : stack.use(await openOurs({ checkout: versus, models: MODELS }));
    const before = earlier && { ...earlier, kinds: [{ ...request(earlier.account), weight: 1 }] };
    const { file } = stack.use(await modelFile(ours));
    const peer = stack.use(await startPredictServer(file));
    const { token: _, ...withoutToken } = asked;
    return await compare(load, plan, side, peer && { ...peer, kinds: [withoutToken] }, before);
  },
});

export const benches: readonly Bench[] = rows.map(benchOf);
