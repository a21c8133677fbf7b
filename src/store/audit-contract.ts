/** Who acted: a person at a command line, or the agent by itself. */
export interface AuditActor {
  readonly type: 'user' | 'agent';
  /** Login name, or the number of the user when it has none. */
  readonly user?: string;
  /** The terminal; absent without one. */
  readonly tty?: string;
  readonly pid: number;
  readonly host: string;
}

/** Something that changes what is stored, or what the world sees, about to be done. */
export interface AuditAct {
  readonly at: Date;
  readonly actor: AuditActor;
  /** Words of the command, or of the act: `cert import`, `renew`. */
  readonly what: string;
  /** By parameter, in order; of a secret only where it came from. */
  readonly arguments: readonly (readonly [parameter: string, value: string])[];
}

/** What became of an act. */
export interface AuditResult {
  readonly at: Date;
  readonly exitCode: number;
  /** Code of the error, where it ended with one. */
  readonly code?: string;
  /** Message of the error. */
  readonly text?: string;
}

/** An act with what is known of its end. */
export interface AuditRecord extends AuditAct {
  readonly id: number;
  /** Absent while it goes on, and for ever when its process was killed. */
  readonly result?: AuditResult;
}

/**
 * Who changed what. Only added to: an act is written before it is done, its result in a line of its own; of the
 * oldest ones those go that are over the limit, the setting `audit-limit`.
 */
export interface Audit {
  /** @returns the number that `end` wants */
  begin(act: AuditAct): Promise<number>;
  end(id: number, result: AuditResult): Promise<void>;
  /** Newest first. */
  list(limit?: number): Promise<readonly AuditRecord[]>;
}
