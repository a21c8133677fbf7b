/** What is looked at, in the order it is told. */
export type DoctorCheck =
  | 'files'
  | 'disk'
  | 'store'
  | 'store key'
  | 'backup'
  | 'agent'
  | 'CA'
  | 'clock'
  | 'certificate'
  | 'job'
  | 'delivery'
  | 'hook'
  | 'service'
  | 'staple'
  | 'serving'
  | 'responder'
  | 'tunnel'
  | 'notifications'
  | 'next';

/** How bad it is: `error` stops something now, `warning` will if nobody acts; a `note` is only to be known. */
export type Severity = 'ok' | 'note' | 'warning' | 'error';

/** One thing that was looked at. */
export interface DoctorFinding {
  readonly check: DoctorCheck;
  /** Name of a certificate, label of a CA, or path it is about. */
  readonly about?: string;
  readonly severity: Severity;
  /** What was found; lower case, no final period. */
  readonly text: string;
  /** What to do about it, as one imperative sentence; what is not well has one. */
  readonly remedy?: string;
}

/** Tell whether a finding is one that somebody has to act on. */
export function needsAction({ severity }: DoctorFinding): boolean {
  return severity === 'warning' || severity === 'error';
}
