import { expect } from 'vitest';
import { oids } from '../../src/asn1/oids.ts';
import type { LabSettings } from '../../src/ca/lab-settings.ts';
import { enroll } from '../../src/lifecycle/enroll.ts';
import { initialize } from '../../src/lifecycle/initialize.ts';
import { update } from '../../src/lifecycle/update.ts';
import { requestInfo } from '../../src/lifecycle/info.ts';
import { revoke } from '../../src/lifecycle/revoke.ts';
import type { LifecycleContext } from '../../src/lifecycle/context.ts';
import { initialized, makeSite, named, request, wanted, type Site } from './site.ts';

/** What an operation gives, as far as faults change it. */
export interface Result {
  readonly type: string;
  /** Why a certificate is refused. */
  readonly reason?: string;
}

/** An operation with an answer in it that a fault can be injected into. */
export interface Scene {
  readonly lab?: Partial<LabSettings>;
  /** Body of the answer. */
  readonly answer: 'ip' | 'cp' | 'kup' | 'pkiconf' | 'pollRep' | 'rp' | 'genp';
  /** The name its certificate goes by. */
  readonly name: string;
  /** There is a certificate already, which signs. */
  readonly isSigned: boolean;
  act(context: LifecycleContext): Promise<Result>;
}

const waitSeconds = 3600;
const first = (context: LifecycleContext): Promise<Result> =>
  initialize(context, request({ waitSeconds }));
const again = (context: LifecycleContext): Promise<Result> =>
  update(context, { current: named('gw1'), waitSeconds });
const another = (context: LifecycleContext): Promise<Result> =>
  enroll(context, {
    name: named('gw2'),
    wanted: wanted('CN=gw2,O=Test'),
    key: { type: 'generate', keyType: 'p-256' },
    current: named('gw1'),
    waitSeconds,
  });

const revocation = (context: LifecycleContext): Promise<Result> =>
  revoke(context, { current: named('gw1'), reason: 'keyCompromise', waitSeconds });
const asked = { infoType: oids.caCerts, acceptRoot: false, waitSeconds };
const question = (context: LifecycleContext): Promise<Result> =>
  requestInfo(context, { ...asked, credential: { type: 'mac' } });
const signedQuestion = (context: LifecycleContext): Promise<Result> =>
  requestInfo(context, { ...asked, credential: { type: 'signature', signer: named('gw1') } });

/** Name of a scene: what is answered in which operation; one without `signed` is under a shared secret. */
export type SceneName =
  | 'ip'
  | 'pkiconf of an ir'
  | 'pollRep'
  | 'ip after polling'
  | 'signed cp'
  | 'signed kup'
  | 'signed pkiconf of a kur'
  | 'signed pollRep'
  | 'signed kup after polling'
  | 'signed rp'
  | 'genp'
  | 'signed genp';

const underMac = { name: 'gw1', isSigned: false, act: first } as const;
const signed = { name: 'gw1', isSigned: true, act: again } as const;
// The first answer is then no ip, and there is but one.
const delayed = { polls: 1, delay: 'error' } as const;

/** The scenes by their names. */
export const scenes: Readonly<Record<SceneName, Scene>> = {
  ip: { ...underMac, answer: 'ip' },
  'pkiconf of an ir': { ...underMac, answer: 'pkiconf' },
  pollRep: { ...underMac, answer: 'pollRep', lab: { polls: 1 } },
  'ip after polling': { ...underMac, answer: 'ip', lab: delayed },
  'signed cp': { ...signed, answer: 'cp', name: 'gw2', act: another },
  'signed kup': { ...signed, answer: 'kup' },
  'signed pkiconf of a kur': { ...signed, answer: 'pkiconf' },
  'signed pollRep': { ...signed, answer: 'pollRep', lab: { polls: 1 } },
  'signed kup after polling': { ...signed, answer: 'kup', lab: delayed },
  'signed rp': { ...signed, answer: 'rp', act: revocation },
  genp: { ...underMac, answer: 'genp', act: question },
  'signed genp': { ...signed, answer: 'genp', act: signedQuestion },
};

/** What came of an operation: its result, or what it threw. */
export type Came =
  | { readonly result: Result; readonly error?: never }
  | { readonly error: unknown; readonly result?: never };

/** What must not change when a fault is refused. */
export interface Belongings {
  readonly certificates: unknown;
  readonly profiles: unknown;
  readonly files: ReadonlyMap<string, string>;
}

/** A scene that was played with a fault in it. */
export interface Trial {
  readonly site: Site;
  readonly before: Belongings;
  readonly after: Belongings;
  readonly came: Came;
  /** Transactions that ended badly in it. */
  readonly ended: readonly string[];
  /** How far each counter of errors rose in it. */
  readonly errors: number;
}

/** Set the scene, with a certificate where it needs one. */
export async function setScene({ isSigned, lab }: Scene): Promise<Site> {
  const site = await makeSite();
  if (isSigned) await initialized(site);
  if (lab) await site.relab(lab);
  return site;
}

/** Play a scene in which the lab does something wrong. */
export async function playScene(scene: Scene, site: Site): Promise<Trial> {
  const before = await belongingsOf(site);
  const countersBefore = await countersOf(site);
  const came: Came = await scene.act(site.context).then(
    (result) => ({ result }),
    (error: unknown) => ({ error }),
  );
  const countersAfter = await countersOf(site);
  const risen = [...countersAfter].map(
    ([counter, value]) => [counter, value - (countersBefore.get(counter) ?? 0)] as const,
  );
  return {
    site,
    before,
    after: await belongingsOf(site),
    came,
    ended: risen.flatMap(([counter, by]) => {
      const how = /^transaction\.\w+\.(failed|refused|rejected|unconfirmed)$/.exec(counter)?.[1];
      return how === undefined ? [] : Array.from({ length: by }, () => how);
    }),
    errors: risen
      .filter(([counter]) => counter.startsWith('error.'))
      .reduce((sum, [, by]) => sum + by, 0),
  };
}

/** Say why an operation gave no certificate. */
export function saidIn({ error, result }: Came): string {
  return result?.reason ?? String(error);
}

/** Nothing that anyone could rely on has changed. */
export function expectUntouched({ before, after }: Trial): void {
  expect(after.certificates).toEqual(before.certificates);
  expect(after.profiles).toEqual(before.profiles);
  expect(after.files).toEqual(before.files);
}

async function belongingsOf(site: Site): Promise<Belongings> {
  const { store } = site;
  return {
    certificates: await store.certificates.list(),
    profiles: await store.authorities.list(),
    files: site.files(),
  };
}

async function countersOf({ store }: Site): Promise<ReadonlyMap<string, number>> {
  const { counters } = await store.statistics.read();
  return new Map(counters.map(({ counter, value }) => [counter, value]));
}
