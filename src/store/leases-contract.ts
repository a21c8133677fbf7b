/** Who holds a lease: enough to name it to an operator, and to tell whether it still lives. */
export interface LeaseOwner {
  /** Unique to one holding, so that two in one process keep each other out, too. */
  readonly id: string;
  readonly pid: number;
  /** When the process began, as the system tells it: a pid that was given out again is another owner. */
  readonly startedAt: string;
  /** For an operator to find it. */
  readonly host: string;
  /** Identity of the running kernel; empty where the system does not say, as the next. */
  readonly boot: string;
  /** Identity of the namespace that the pid counts in. */
  readonly pidNamespace: string;
}

/** The lease is ours, under this number; or somebody else's since then. */
export type LeaseAnswer =
  | { readonly fence: number }
  | { readonly heldBy: LeaseOwner & { readonly since: Date } };

/** One thing at a time per name: who may work on it, and until when. Each method is one write. */
export interface Leases {
  /**
   * Take a lease that is free, has expired, or whose owner lives no more. Each holding of a name has a
   * higher fence than those before it. A lease from the future, as a clock that was set back makes it, is
   * dated now: it lasts as long again as it was taken for, and not until that future.
   *
   * @param isAlive asked inside the write about an owner whose lease has not expired; synchronous, and
   *   perhaps asked again
   */
  acquire(
    name: string,
    owner: LeaseOwner,
    now: Date,
    expiresAt: Date,
    isAlive: (owner: LeaseOwner) => boolean,
  ): Promise<LeaseAnswer>;
  /** Hold a lease longer; `false` when another has taken it over: stop working on the name. */
  renew(name: string, id: string, fence: number, expiresAt: Date): Promise<boolean>;
  /** Give a lease back; `false` when another has taken it over. */
  release(name: string, id: string, fence: number): Promise<boolean>;
  /** Who holds a name, expired or not. */
  holder(name: string): Promise<(LeaseOwner & { readonly since: Date }) | undefined>;
  /** Take a name from its holder by hand; `false` when that one does not hold it any more. */
  free(name: string, id: string): Promise<boolean>;
}
