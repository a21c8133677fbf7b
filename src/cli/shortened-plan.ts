import { formatTime } from '../base/format-time.ts';
import type { Job } from '../scheduler/job.ts';
import { maxSteps } from '../scheduler/plan.ts';
import { formatSpan } from './expiry.ts';

/** How often a job of one kind is shown for a name, before it is only counted. */
const MAX_SHOWN = 3;

/** A plan that a person reads: a certificate of minutes has thousands of renewals in a month. */
export interface ShortenedPlan {
  /** By time. */
  readonly shown: readonly Job[];
  /** What is not shown: a sentence for a name and kind of job. */
  readonly notes: readonly string[];
}

/** Show the first jobs of each kind for each name, and count the others. @param jobs by time */
export function shortenPlan(jobs: readonly Job[]): ShortenedPlan {
  const groups = [...Map.groupBy(jobs, ({ name, kind }) => `${name} ${kind}`).values()];
  const left = groups.filter((group) => group.length > MAX_SHOWN + 1);
  const hidden = new Set(left.flatMap((group) => group.slice(MAX_SHOWN)));
  const ofName = Map.groupBy(jobs, ({ name }) => name);
  const notes = left.flatMap((group) => {
    const [first] = group;
    // No more were looked for, of any kind.
    const goesOn = first !== undefined && (ofName.get(first.name)?.length ?? 0) >= maxSteps;
    return noteOf(group, goesOn);
  });
  return { shown: jobs.filter((job) => !hidden.has(job)), notes };
}

function noteOf(group: readonly Job[], goesOn: boolean): readonly string[] {
  const [first, last] = [group[0], group.at(-1)];
  if (first === undefined || last === undefined) return [];
  const count = group.length;
  const every = formatSpan((last.at.getTime() - first.at.getTime()) / (count - 1));
  return [
    `${first.kind} "${first.name}": then about every ${every}, ` +
      (goesOn
        ? `${count} times until ${formatTime(last.at)}, and on`
        : `${count} times in all, the last at ${formatTime(last.at)}`),
  ];
}
