import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import { CertError } from '../../src/base/errors.ts';
import { poll } from '../../src/lifecycle/poll.ts';
import {
  expectUntouched,
  playScene,
  saidIn,
  scenes,
  setScene,
  type Came,
  type SceneName,
  type Trial,
} from './fault-scenes.ts';
import { refusals, survivals, type RefusalTrial } from './fault-trials.ts';
import { bodies, named } from './site.ts';

/** Take apart a table into a row for each scene. */
function eachScene<T extends { readonly scenes: readonly SceneName[] }>(
  trials: readonly T[],
): readonly (T & { readonly where: SceneName })[] {
  return trials.flatMap((trial) => trial.scenes.map((where) => ({ ...trial, where })));
}

/** What the CA itself says wrongly ends a transaction that waits; what anyone else says does not. */
function isBelieved(code: RefusalTrial['code']): boolean {
  return code === 'CMP_BODY_UNEXPECTED' || code === 'CMP_RESPONSE_INVALID' || code === 'refused';
}

function endingOf(where: SceneName, code: RefusalTrial['code']): readonly string[] {
  if (code === 'refused') return ['refused'];
  if (where.includes('oll') && !isBelieved(code)) return [];
  return [where.includes('pkiconf') ? 'unconfirmed' : 'failed'];
}

/** Name what came of an operation: a code, or the type of the result. */
function nameOf({ error, result }: Came): string | undefined {
  return error instanceof CertError ? error.code : result?.type;
}

/** Poll once more if the transaction still waits, now that nothing is wrong any more. */
async function goOn({ site }: Trial, name: string): Promise<string> {
  const waiting = await site.store.transactions.outstanding();
  if (waiting.length === 0) return 'it is over';
  return (await poll(site.context, { name: named(name), waitSeconds: 60 })).type;
}

/** Bodies an end entity sends in no such case; after implicitConfirm no certConf either (RFC 9483 section 3.6.1). */
function forbiddenIn(sent: readonly Uint8Array[], fault: string): readonly string[] {
  return bodies(sent).filter(
    (body) => body === 'error' || (body === 'certConf' && fault === 'other-key-confirmed'),
  );
}

describe('the client refuses an answer, changes nothing it relies on, and counts one failure:', () => {
  it.each(eachScene(refusals))('$fault in a $where $rows', async (row) => {
    const { fault, where, code, says } = row;
    const scene = scenes[where];
    const site = await setScene(scene);
    const sentBefore = site.sent.length;
    site.lab.inject(`${fault}@${scene.answer}`);
    const trial = await playScene(scene, site);

    expectUntouched(trial);
    const { came, ended, errors } = trial;
    expect(nameOf(came)).toBe(code);
    expect(saidIn(came)).toContain(says);
    expect(errors).toBe(code === 'refused' ? 0 : 1);
    expect(ended).toEqual(endingOf(where, code));
    expect(forbiddenIn(site.sent.slice(sentBefore), fault)).toEqual([]);
    expect(await goOn(trial, scene.name)).toBe(ended.length > 0 ? 'it is over' : 'issued');
  });
});

describe('the client survives an answer:', () => {
  it.each(eachScene(survivals))('$fault in a $where $rows', async ({ fault, where, ends }) => {
    const scene = scenes[where];
    const site = await setScene(scene);
    site.lab.inject(`${fault}@${scene.answer}`);
    const { came, errors, before, after } = await playScene(scene, site);

    expect(came.error).toBeUndefined();
    expect(came.result).toMatchObject({ type: ends });
    expect(errors).toBe(0);
    expect(after.profiles).toEqual(before.profiles);
    const isSame = isDeepStrictEqual(after.certificates, before.certificates);
    expect(isSame).toBe(ends === 'rejected');
  });
});
