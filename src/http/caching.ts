/** Headers of a response, by lower-case name. */
type Headers = Readonly<Record<string, string>>;

/** Longest ETag that is kept and sent back: those in use have less than a hundred octets. */
const MAX_ETAG = 256;

/** RFC 9111 section 1.2.2: larger ones count as this. */
const MAX_SECONDS = 2 ** 31;

/** Take the ETag of a response, to ask by it for what has changed (RFC 9110 section 8.8.3). */
export function etagOf(headers: Headers): string | undefined {
  const etag = headers['etag'];
  if (etag === undefined || etag.length > MAX_ETAG) return undefined;
  return /^(?:W\/)?"[\x21\x23-\x7e]*"$/.test(etag) ? etag : undefined;
}

/**
 * Say until when a response is fresh for HTTP (RFC 9111 section 4.2; RFC 5019 section 6.2): by max-age less its age, or by
 * Expires less Date. What may not be stored, or is to be asked for each time, is not.
 *
 * @param now when it came
 */
export function freshUntilOf(headers: Headers, now: Date): Date | undefined {
  const directives = (headers['cache-control'] ?? '').toLowerCase();
  if (/(?:^|[\s,])no-(?:store|cache)\b/.test(directives)) return undefined;
  const maxAge = /(?:^|[\s,])max-age\s*=\s*"?(\d{1,12})/.exec(directives)?.[1];
  const age = Number(/^\d{1,12}$/.exec(headers['age'] ?? '')?.[0] ?? 0);
  const seconds =
    maxAge === undefined
      ? expirySeconds(headers, now)
      : Math.min(Number(maxAge), MAX_SECONDS) - age;
  if (seconds === undefined || seconds <= 0) return undefined;
  return new Date(now.getTime() + seconds * 1000);
}

/** By the clock of whoever sent it: ours may differ. */
function expirySeconds(headers: Headers, now: Date): number | undefined {
  const expires = timeOf(headers['expires']);
  if (expires === undefined) return undefined;
  const date = timeOf(headers['date']) ?? now;
  return Math.min((expires.getTime() - date.getTime()) / 1000, MAX_SECONDS);
}

/** Read Retry-After: seconds, or a time (RFC 9110 section 10.2.3). */
export function retryAfterOf(headers: Headers, now: Date): Date | undefined {
  const text = headers['retry-after'];
  if (text === undefined) return undefined;
  const seconds = /^\d{1,12}$/.exec(text.trim())?.[0];
  if (seconds === undefined) return timeOf(text);
  return new Date(now.getTime() + Math.min(Number(seconds), MAX_SECONDS) * 1000);
}

function timeOf(text: string | undefined): Date | undefined {
  if (text === undefined || !/\bGMT$/.test(text.trim())) return undefined;
  const time = new Date(text);
  return Number.isNaN(time.getTime()) ? undefined : time;
}
