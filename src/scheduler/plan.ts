import type { Label } from '../base/label.ts';
import { renewalWindow } from '../lifecycle/renewal-time.ts';
import { due, type ScheduleFacts, type Surroundings } from './due.ts';
import type { Job } from './job.ts';

/** More steps of one name than anybody reads, or than a certificate of minutes has in a day. */
export const maxSteps = 1000;

/**
 * Tell what will be done until a moment, if all goes well: what `due` says under a clock that moves on, with each
 * renewal taken for granted, for as long a life as the last one had.
 */
export function planAhead(
  names: ReadonlyMap<Label, ScheduleFacts>,
  around: Surroundings,
  now: Date,
  until: Date,
): readonly Job[] {
  const jobs = [...names.values()].flatMap((facts) => planOne(facts, around, now, until));
  return jobs.toSorted((a, b) => a.at.getTime() - b.at.getTime());
}

/** Tell what will be done first, however far ahead. */
export function firstAhead(
  names: ReadonlyMap<Label, ScheduleFacts>,
  around: Surroundings,
  now: Date,
): Job | undefined {
  const jobs = [...names.values()].flatMap((facts) => due(facts, around, now));
  return jobs.toSorted((a, b) => a.at.getTime() - b.at.getTime())[0];
}

function planOne(
  facts: ScheduleFacts,
  around: Surroundings,
  now: Date,
  until: Date,
): readonly Job[] {
  const jobs: Job[] = [];
  let [state, clock] = [facts, now];
  for (let step = 0; step < maxSteps; step++) {
    const [next] = due(state, around, clock).toSorted((a, b) => a.at.getTime() - b.at.getTime());
    if (next === undefined || next.at > until) break;
    const at = next.at > clock ? next.at : clock;
    jobs.push({ ...next, at });
    const after = done(state, next, at);
    if (after === undefined) break;
    [state, clock] = [after, at];
  }
  return jobs;
}

/** What a name is after a job that went well; undefined when nobody can tell. */
function done(facts: ScheduleFacts, { kind }: Job, at: Date): ScheduleFacts | undefined {
  const { certificate, failing, alarmsAt: _now, stapleAt, ...rest } = facts;
  const { [kind]: _, ...others } = failing;
  switch (kind) {
    case 'update': {
      if (certificate === undefined) return undefined;
      const { notBefore, notAfter } = certificate;
      const length = notAfter.getTime() - notBefore.getTime();
      const next = {
        ...certificate,
        version: certificate.version + 1,
        notBefore: at,
        notAfter: new Date(at.getTime() + length),
      };
      // One that is renewed as it comes would be refused.
      if (renewalWindow(next, facts.renewDays).ms >= length) return undefined;
      // What is told of a certificate that is renewed in time is nothing.
      return { ...rest, certificate: next, failing: others };
    }
    case 'deploy':
      return (
        certificate && {
          ...facts,
          certificate: { ...certificate, delivery: 'done' },
          failing: others,
        }
      );
    case 'enrol':
    case 'poll':
      // What the CA will decide, and when, is known to nobody.
      return undefined;
    case 'notify':
      return {
        ...rest,
        failing: others,
        ...(stapleAt && { stapleAt }),
        ...(certificate && { certificate }),
      };
    case 'staple': {
      // When the next one comes depends on the responder.
      const { stapleAt: _done, ...without } = facts;
      return { ...without, failing: others };
    }
    case 'fetch':
    case 'track':
      return undefined;
  }
}
