import type { Label } from '../base/label.ts';

/** What can be in a file of a deployment. */
export type OutputKind =
  | 'key'
  | 'cert'
  | 'chain'
  | 'fullchain'
  | 'combined'
  | 'pkcs12'
  | 'der'
  | 'ca';

/** One file a deployment writes. */
export interface OutputFile {
  readonly kind: OutputKind;
  /** Absolute; no two deployments have the same. */
  readonly path: string;
}

/** The service that is told of new files, and how it is reached. */
export type DeployTarget =
  | {
      readonly type: 'nginx' | 'lighttpd' | 'proftpd' | 'apache';
      /** The file in which the server writes its process number. */
      readonly pidFile: string;
      /** The server's program; absent: its usual name in the usual places. */
      readonly program?: string;
      /** Its configuration; absent: where the program itself looks. */
      readonly config?: string;
    }
  | {
      readonly type: 'haproxy';
      /** Its runtime API, with level admin. */
      readonly socket: string;
      /** What its configuration calls the certificate file; absent: the path of `combined`. */
      readonly entry?: string;
    }
  | { readonly type: 'systemd'; readonly unit: string; readonly program?: string }
  | {
      readonly type: 'strongswan';
      /** Of charon's VICI, absolute: certificate, key and the connections of peers go there, and no files are needed. */
      readonly socket: string;
      /** Connections of others whose IKE_SAs are authenticated anew with each certificate; absent: none. */
      readonly reauthenticates?: readonly string[];
    };

/** Where to look whether a service uses what was deployed. */
export interface DeployProbe {
  readonly host: string;
  readonly port: number;
  /** Name to ask for (SNI); absent: none. */
  readonly serverName?: string;
  /** The protocol in which TLS is begun; absent: TLS from the first octet. */
  readonly starttls?: 'ftp';
}

/** Files of a certificate for one service, in place of those in the cert-store location. */
export interface Deployment {
  /** Label of this deployment, unique to the certificate. */
  readonly label: Label;
  /** At least one, each kind once; of `strongswan` none. */
  readonly files: readonly OutputFile[];
  /** User name or number; absent: as the present file, else whoever writes it. */
  readonly owner?: string;
  readonly group?: string;
  /** Permission bits of files without a key; absent: as the present file, else 0644. */
  readonly mode?: number;
  /** Permission bits of files with the key; absent: as the present file, else 0600. */
  readonly keyMode?: number;
  /** Where the password of `pkcs12` is, never the password itself: `file:PATH`, `env:NAME` or `cred:NAME`. */
  readonly password?: string;
  readonly target?: DeployTarget;
  readonly probe?: DeployProbe;
}

/** How far a deployment has come. */
export type DeploymentState =
  /** Done: nothing is left to do for this certificate. */
  | 'deployed'
  /** Files stand and the service was told, but it serves something else. */
  | 'unused'
  /** Something failed, and is tried again. */
  | 'pending';

/** How it went with a deployment last. */
export interface DeploymentStatus {
  readonly state: DeploymentState;
  /** The certificate it was about. */
  readonly certificateId: number;
  readonly at: Date;
  /** Why it is not done. */
  readonly error?: string;
}

/** A deployment as it is stored. */
export interface DeploymentRecord extends Deployment {
  /** It was made for IPsec peers, and goes with the last of them. */
  readonly isForPeers?: true;
  /** Absent while nothing was ever deployed. */
  readonly status?: DeploymentStatus;
}

/** A program that is run after each delivery of a certificate. */
export interface Hook {
  /** The program, absolute, and its arguments; no shell comes near them. */
  readonly command: readonly [program: string, ...args: string[]];
  readonly timeoutSeconds: number;
  /** Name or number of the user it is run as; that of the process when absent. */
  readonly user?: string;
}

/** One run of a hook. */
export interface HookRun {
  /** What it was told: `issued`, `renewed`, `restored`, `test`. */
  readonly event: string;
  readonly startedAt: Date;
  readonly endedAt: Date;
  readonly result:
    | { readonly type: 'exited'; readonly exitCode: number }
    | { readonly type: 'killed'; readonly signal: string }
    | { readonly type: 'timed-out' }
    | { readonly type: 'not-started'; readonly text: string };
  /** The end of what it wrote, both streams as they came. */
  readonly output: Uint8Array;
}

/** That a certificate is deployed to an IKE daemon. */
export interface CharonDeployment {
  readonly name: Label;
  readonly socket: string;
}

/**
 * Where the certificates of a name go, by name. What is put here is to be deployed: the current
 * certificate of the name is pending from then on, in the same write.
 */
export interface Deployments {
  /** By label. */
  list(name: string): Promise<readonly DeploymentRecord[]>;
  /**
   * Set a deployment, in place of one of the same label.
   *
   * @throws {CertError} CONFIG_INVALID naming a file that another deployment writes
   */
  put(name: Label, deployment: Deployment): Promise<void>;
  /** Its files stay; the certificate is pending when it was the last. @returns `false` when there was none */
  remove(name: string, label: string): Promise<boolean>;
  /** Forget how far the deployments of a name have come, or the one of a label: that is to be done again. */
  restart(name: string, label?: string): Promise<void>;
  /** Write how it went; what is not there any more is passed over. */
  report(name: string, label: string, status: DeploymentStatus): Promise<void>;
  /** Those to IKE daemons, by socket and name. */
  charons(): Promise<readonly CharonDeployment[]>;
  /** The names that have a deployment or a hook, whether there are certificates of them or not. */
  names(): Promise<readonly Label[]>;
  hook(name: string): Promise<Hook | undefined>;
  putHook(name: Label, hook: Hook): Promise<void>;
  removeHook(name: string): Promise<boolean>;
  /** Keep a run, and drop the oldest over the limit. */
  recordRun(name: string, run: HookRun): Promise<void>;
  /** The runs kept, newest first. */
  runs(name: string): Promise<readonly HookRun[]>;
}
