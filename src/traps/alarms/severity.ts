/** How bad something is, by the words of RFC 3877 (ItuPerceivedSeverity); `cleared` is that it is over. */
export type Severity = 'cleared' | 'indeterminate' | 'critical' | 'major' | 'minor' | 'warning';

/** The severity of something that stands. */
export type Urgency = 'critical' | 'major' | 'minor' | 'warning';

/** From what can wait to what cannot; what only reports goes last. */
const order: readonly Severity[] = [
  'cleared',
  'indeterminate',
  'warning',
  'minor',
  'major',
  'critical',
];

/** Compare two severities: positive when the first is worse. */
export function compareSeverity(a: Severity, b: Severity): number {
  return order.indexOf(a) - order.indexOf(b);
}
