/**
 * Scale the count of an expensive test by `CERTKEEPER_EFFORT` (a number, 1 if unset): `scaled(200)` cases
 * on a laptop, ten times as many in a nightly run. Never fewer than one.
 */
export function scaled(count: number): number {
  return Math.max(1, Math.round(count * effort()));
}

function effort(): number {
  const text = process.env['CERTKEEPER_EFFORT'] ?? '1';
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value <= 0) {
    throw new Error(`Cannot use CERTKEEPER_EFFORT=${JSON.stringify(text)}: not a positive number`);
  }
  return value;
}
