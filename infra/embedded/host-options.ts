/** What a one-machine host is started with. */
import type { Registration } from '#domain/settings.ts';
import type { GatewayLimits } from './gateway/limits.ts';
import type { TrustedProxies } from './gateway/trusted-proxies.ts';
import type { Caps } from './installation-options.ts';
import type { LogTarget } from './logger.ts';
import type { ManagerEnvironment } from './manager-environment.ts';

export interface HostOptions {
  readonly dataDir: string;
  /** The address to bind. Default: 127.0.0.1. */
  readonly host?: string;
  /** Added to every port of the topology; `'free'` takes free ones. Default: 0. */
  readonly portOffset?: number | 'free';
  /** Whether webhooks may be delivered to this machine. Default: no. */
  readonly webhooksToLoopback?: boolean;
  /** Who may register. Default: anybody. */
  readonly registration?: Registration;
  /** Requests an hour of each account, and of each address without one. */
  readonly rates?: { readonly authenticatedPerHour: number; readonly anonymousPerHour: number };
  /** What may be at once. Default: see `layers/domain/settings.ts`. */
  readonly caps?: Partial<Caps>;
  /** Of one trainer. Default: three quarters of the machine's memory. */
  readonly trainerMegabytes?: number;
  /** Days for which the records of ended jobs are stored; 0: for ever. */
  readonly jobDays?: number;
  readonly historyDays?: number;
  /** Whose pages may call from a browser. Default: all, or for a host on loopback those on loopback. */
  readonly corsOrigins?: readonly string[];
  /** Reverse proxies whose `X-Forwarded-…` headers are trusted. Default: none. */
  readonly trustedProxies?: TrustedProxies;
  /** Where callers reach the host. Default: where a trusted proxy says, otherwise where each caller is connected to. */
  readonly publicUrl?: string;
  readonly log?: LogTarget;
  /** Whether the process moves into an empty folder: it is the host's alone. Default: no. */
  readonly ownsProcess?: boolean;
  /** Whether missing keys are made anew although there are accounts. Default: no, the host does not start. */
  readonly newKeys?: boolean;
  /** A user whose account calls without credentials are taken for, where their surface allows them. Default: the first. */
  readonly operator?: string;
  /** API keys of the operator. */
  readonly apiKeys?: readonly string[];
  /** What is to be known at the start. */
  readonly warnings?: readonly string[];
  /** A folder for the second location of the vault's backups. Default: none. */
  readonly backupCopies?: string;
  /** What the environment says of the vault of models. */
  readonly manager?: ManagerEnvironment;
  /** From where pretrained encoders are loaded. Default: Hugging Face, without a token. */
  readonly hub?: { readonly url?: string; readonly token?: string; readonly tokenFor?: readonly string[] };
  /** A folder with encoders as a hub has them, which is looked at first. */
  readonly encoderFolder?: string;
  /** Overrides of the settings that handlers get. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Overrides of the gateway's limits. */
  readonly limits?: Partial<GatewayLimits>;
}
