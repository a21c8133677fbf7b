/** Where a command or the agent says what it is doing; never given a secret. */
export interface Log {
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
}

/** A log for callers that want none. */
export const silentLog: Log = { debug() {}, info() {}, warn() {} };
