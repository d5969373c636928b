/**
 * A fake of AWS Batch: four operations over HTTP, and the state changes that Batch publishes to the account's bus. A
 * job is a process here, with the exit code that a container would have. The retry rules of the deployment's job
 * definition decide what happens then.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { constants } from 'node:os';
import { createInterface } from 'node:readline';
import { json } from 'node:stream/consumers';
import type { EventBridgeEvent } from 'aws-lambda';
import { DEFINITION, type Ending, isRetried, type RetryStrategy } from './batch-rules.ts';

type Status = 'RUNNABLE' | 'STARTING' | 'RUNNING' | 'SUCCEEDED' | 'FAILED';

export interface BatchJob {
  readonly jobId: string;
  readonly jobName: string;
  readonly share: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutSeconds: number;
  status: Status;
  /** How often its program was started. */
  starts: number;
}

interface Running extends BatchJob {
  retries: RetryStrategy;
  process?: ChildProcess;
  /**
   * How Batch will report the container's end, if the program did not end by itself; final if there must be no retry.
   */
  ending?: { readonly reason: string; readonly isFinal: boolean };
  /** Ended earlier. */
  readonly attempts: object[];
}

export interface BatchServerOptions {
  /** The program of the job's container. */
  readonly command: (job: BatchJob) => {
    command: string;
    args: readonly string[];
    env: Readonly<Record<string, string>>;
  };
  /** Receives each "Batch Job State Change". */
  readonly onChange: (event: EventBridgeEvent<string, unknown>) => Promise<void>;
  readonly onLine?: (job: BatchJob, line: string) => void;
  /** How many milliseconds a second of Batch takes: its shortest time limit is a minute. Default: 1000. */
  readonly secondMilliseconds?: number;
}

/** Between SIGTERM and SIGKILL. */
const GRACE_SECONDS = 30;
const HOST_RECLAIMED = 'Host EC2 (instance i-0123456789abcdef0) terminated.';
const EXITED = 'Essential container in task exited';

export async function startBatchServer(options: BatchServerOptions) {
  const jobs = new Map<string, Running>();
  const deliveries: Promise<void>[] = [];
  const { secondMilliseconds = 1000 } = options;
  let stopped = false;

  function report(job: Running, status: Status, statusReason?: string, container: object = {}): void {
    job.status = status;
    const { jobId, jobName, attempts } = job;
    const arn = `arn:aws:batch:us-east-1:000000000000:job/${jobId}`;
    deliveries.push(
      options.onChange({
        version: '0',
        id: randomUUID(),
        'detail-type': 'Batch Job State Change',
        source: 'aws.batch',
        account: '000000000000',
        time: new Date().toISOString(),
        region: 'us-east-1',
        resources: [arn],
        detail: {
          jobArn: arn,
          jobId,
          jobName,
          jobQueue: 'queue',
          status,
          attempts: [...attempts],
          ...(statusReason && { statusReason }),
          container,
        },
      }),
    );
  }

  /** Starts the container, and again as long as the rules say so. */
  async function run(job: Running): Promise<void> {
    for (;;) {
      const ending = await runOnce(job);
      const { statusReason, exitCode } = ending;
      const container = exitCode === undefined ? {} : { exitCode };
      if (exitCode === 0 && !ending.isFinal) return report(job, 'SUCCEEDED', statusReason, container);
      if (stopped || !isRetried(job.retries, job.starts, ending)) return report(job, 'FAILED', statusReason, container);
      job.attempts.push({ statusReason, container });
      delete job.ending;
      report(job, 'RUNNABLE', statusReason);
    }
  }

  async function runOnce(job: Running): Promise<Ending> {
    const { command, args, env } = options.command(job);
    report(job, 'STARTING');
    job.starts += 1;
    const child = spawn(command, [...args], {
      env: { ...env, ...job.environment, AWS_BATCH_JOB_ATTEMPT: String(job.starts) },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    job.process = child;
    report(job, 'RUNNING');
    createInterface(child.stdout).on('line', (line) => options.onLine?.(job, line));
    const timer = setTimeout(
      () => end(job, 'Job attempt duration exceeded timeout', true),
      job.timeoutSeconds * secondMilliseconds,
    );
    const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
    clearTimeout(timer);
    const { reason = EXITED, isFinal = false } = job.ending ?? {};
    // A container that was lost with its host has no exit code.
    const exitCode = reason === HOST_RECLAIMED ? {} : { exitCode: code ?? 128 + constants.signals[signal!] };
    return { statusReason: reason, isFinal, ...exitCode };
  }

  /** SIGTERM, and SIGKILL after the grace period. */
  function end(job: Running, reason: string, isFinal: boolean): void {
    if (job.status === 'SUCCEEDED' || job.status === 'FAILED') return;
    job.ending ??= { reason, isFinal };
    const { process } = job;
    process?.kill('SIGTERM');
    setTimeout(() => process?.kill('SIGKILL'), GRACE_SECONDS * secondMilliseconds).unref();
  }

  const named = (jobName: string, ...statuses: Status[]): Running => {
    const job = [...jobs.values()].find((one) => one.jobName === jobName && statuses.includes(one.status));
    if (!job) throw new Error(`no job ${jobName} is ${statuses.join(' or ')}`);
    return job;
  };

  const operations: Readonly<Record<string, (input: Input) => object>> = {
    '/v1/submitjob': (input) => {
      const environment = input.containerOverrides?.environment ?? [];
      const job: Running = {
        jobId: randomUUID(),
        jobName: input.jobName ?? '',
        share: input.shareIdentifier ?? '',
        environment: Object.fromEntries(environment.map(({ name, value }) => [name, value])),
        retries: input.retryStrategy ?? DEFINITION,
        timeoutSeconds: input.timeout?.attemptDurationSeconds ?? 86_400,
        status: 'RUNNABLE',
        starts: 0,
        attempts: [],
      };
      jobs.set(job.jobId, job);
      deliveries.push(run(job));
      return { jobId: job.jobId, jobName: job.jobName };
    },
    '/v1/listjobs': (input) => {
      const names = input.filters?.find(({ name }) => name === 'JOB_NAME')?.values;
      const wanted = ({ jobName, status }: Running): boolean =>
        names ? names.includes(jobName) : status === (input.jobStatus ?? 'RUNNING');
      const found = [...jobs.values()].filter(wanted);
      return { jobSummaryList: found.map(({ jobId, jobName, status }) => ({ jobId, jobName, status, createdAt: 1 })) };
    },
    '/v1/describejobs': (input) => ({
      jobs: (input.jobs ?? []).flatMap((id) => {
        const job = jobs.get(id);
        return job ? [{ jobId: id, jobName: job.jobName, jobQueue: 'queue', status: job.status }] : [];
      }),
    }),
    '/v1/terminatejob': (input) => {
      const job = jobs.get(input.jobId ?? '');
      if (job) end(job, input.reason ?? '', true);
      return {};
    },
  };

  const server = createServer(async (request, response) => {
    const operation = operations[request.url ?? ''];
    const input = (await json(request)) as Input;
    if (request.url === '/v1/submitjob' && !/^[A-Za-z0-9]{1,255}$/.test(input.shareIdentifier ?? '')) {
      response.writeHead(400, { 'content-type': 'application/json', 'x-amzn-errortype': 'ClientException' });
      response.end(JSON.stringify({ message: 'a job of a queue with a fair-share policy needs a share identifier' }));
      return;
    }
    response.writeHead(operation ? 200 : 404, { 'content-type': 'application/json' });
    response.end(JSON.stringify(operation?.(input) ?? { message: 'no such operation' }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    jobs: () => [...jobs.values()] as readonly BatchJob[],
    /** Reclaims the host of the job of that name: with notice, which sends SIGTERM first, or without. */
    reclaim: (jobName: string, { notice = false } = {}): void => {
      const job = named(jobName, 'RUNNING');
      end(job, HOST_RECLAIMED, false);
      if (!notice) job.process?.kill('SIGKILL');
    },
    /** Batch does not retry what is running now. */
    exhaust: (jobName: string): void => {
      const job = named(jobName, 'RUNNABLE', 'STARTING', 'RUNNING');
      job.retries = { ...job.retries, attempts: job.starts };
    },
    stop: async () => {
      stopped = true;
      for (const job of jobs.values()) job.process?.kill('SIGKILL');
      server.closeAllConnections();
      server.close();
      while (deliveries.length > 0) await Promise.allSettled(deliveries.splice(0));
    },
  };
}

export type BatchServer = Awaited<ReturnType<typeof startBatchServer>>;

interface Input {
  readonly jobName?: string;
  readonly shareIdentifier?: string;
  readonly jobId?: string;
  readonly reason?: string;
  readonly jobStatus?: string;
  readonly jobs?: readonly string[];
  readonly filters?: readonly { readonly name: string; readonly values: readonly string[] }[];
  readonly containerOverrides?: { readonly environment?: readonly { readonly name: string; readonly value: string }[] };
  readonly timeout?: { readonly attemptDurationSeconds?: number };
  readonly retryStrategy?: RetryStrategy;
}
