import { formatTime } from '../base/format-time.ts';
import type { FailingJob } from '../scheduler/next-job.ts';
import type { Fields } from './certificate-fields.ts';
import { formatDistance } from './expiry.ts';
import type { Json } from './json.ts';

/** Say what does not work about a name: since when, why, and when it is tried again. */
export function failingFields(failing: readonly FailingJob[], now: Date): Fields {
  return failing.map((each) => ['failing', failingText(each, now)] as const);
}

function failingText({ job, count, firstAt, code, text, nextAt }: FailingJob, now: Date): string {
  const often = count === 1 ? 'once, at' : `${count} times since`;
  return `${job}, ${often} ${formatTime(firstAt)}: ${text} (${code}); ${againText(nextAt, now)}`;
}

function againText(nextAt: Date | undefined, now: Date): string {
  if (nextAt === undefined) return 'not tried again by itself';
  return nextAt > now
    ? `tried again at ${formatTime(nextAt)} (${formatDistance(nextAt, now)})`
    : 'tried again now';
}

/** The same in JSON; undefined when everything works. */
export function failingJson(failing: readonly FailingJob[]): Json | undefined {
  if (failing.length === 0) return undefined;
  return failing.map(({ job, kind, count, firstAt, lastAt, code, text, nextAt }) => ({
    job,
    kind,
    count,
    since: formatTime(firstAt),
    last: formatTime(lastAt),
    code,
    text,
    ...(nextAt && { nextAt: formatTime(nextAt) }),
  }));
}
