import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { createLab, DEFAULT_REFERENCE, type Lab } from '../../src/ca/lab.ts';
import type { LifecycleContext } from '../../src/lifecycle/context.ts';
import type { CaProfile } from '../../src/settings/ca-profile.ts';
import { makeSite, named, profileOf, random, type Site, type SiteOptions } from './site.ts';

/** A site that knows a second lab, as CA profile `lab2`. */
export interface TwoLabs extends Site {
  readonly lab2: Lab;
  readonly profile2: CaProfile;
  /** Messages to the second lab. */
  readonly sent2: readonly Uint8Array[];
  /** Let a process on the same state directory reach both. */
  both(context: LifecycleContext): LifecycleContext;
}

/** Set up two labs that know nothing of each other, and one client of both. */
export async function makeTwoLabs(
  options: SiteOptions & { readonly isSecretKnown?: boolean } = {},
): Promise<TwoLabs> {
  const site = await makeSite(options);
  const home = mkdtempSync(join(tmpdir(), 'certkeeper-lab2-'));
  const lab2 = await createLab({
    directory: home,
    clock: site.clock,
    random,
    settings: { implicitConfirm: false, ...options.lab },
  });
  onTestFinished(async () => {
    await lab2.close();
    rmSync(home, { recursive: true, force: true });
  });
  const url = 'http://lab2.example/pkix/';
  const profile2 = { ...profileOf(lab2), label: named('lab2'), url };
  const secret = lab2.secrets.get(DEFAULT_REFERENCE) ?? null;
  await site.store.authorities.put(profile2, options.isSecretKnown === false ? null : secret);
  const sent2: Uint8Array[] = [];
  const both = (context: LifecycleContext): LifecycleContext => ({
    ...context,
    connect: (to, profile) =>
      to === url
        ? {
            async exchange(der) {
              sent2.push(Uint8Array.from(der));
              return lab2.handle(der);
            },
            async close() {},
          }
        : context.connect(to, profile),
  });
  return { ...site, lab2, profile2, sent2, both };
}
