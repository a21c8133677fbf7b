import { CertError } from '../base/errors.ts';
import { formatTime } from '../base/format-time.ts';
import type { Label } from '../base/label.ts';
import type { ListedCertificate } from '../store/store.ts';
import type { LifecycleContext } from './context.ts';
import { moveOf } from './move-certificate.ts';
import { storedCertificate } from './stored-certificate.ts';

/** Which certificates to renew: all that can be, unless something is said. */
export interface Choice {
  /** Only those whose CA profile this is, or that were moved to it. */
  readonly ca?: Label;
  /** Only those that end within so many seconds. */
  readonly withinSeconds?: number;
  /** Those, too, that have expired. */
  readonly afterExpiry: boolean;
}

/** A certificate to renew. */
export interface Chosen {
  readonly name: Label;
  readonly ca: Label;
  readonly notAfter: Date;
}

/** One that was meant, and cannot be renewed. */
export interface Skipped {
  readonly name: Label;
  readonly reason: string;
}

/** Certificates read at a time. */
const pageSize = 500;

/**
 * Choose certificates to renew, those that end first in front. What cannot be renewed is said only of those that were
 * meant.
 */
export async function chooseMany(
  context: Pick<LifecycleContext, 'store' | 'clock' | 'signal'>,
  choice: Choice,
): Promise<{ readonly chosen: readonly Chosen[]; readonly skipped: readonly Skipped[] }> {
  const { store, signal } = context;
  const chosen: Chosen[] = [];
  const skipped: Skipped[] = [];
  for (let after = ''; ;) {
    const page = await store.certificates.page(after, pageSize);
    for (const listed of page) {
      signal?.throwIfAborted();
      const found = await look(context, listed, choice).catch((error: unknown) =>
        unread(listed, error),
      );
      if (found === undefined) continue;
      if ('reason' in found) skipped.push(found);
      else chosen.push(found);
    }
    const last = page.at(-1);
    if (last === undefined || page.length < pageSize) break;
    after = last.name;
  }
  const byEnd = chosen.toSorted((a, b) => a.notAfter.getTime() - b.notAfter.getTime());
  return { chosen: byEnd, skipped };
}

/** One that is damaged keeps the others from nothing. */
function unread({ name }: ListedCertificate, error: unknown): Skipped {
  if (!(error instanceof CertError) || error.code.startsWith('STORE_')) throw error;
  return { name, reason: error.message };
}

/** @returns undefined for one that is not meant */
async function look(
  { store, clock }: Pick<LifecycleContext, 'store' | 'clock'>,
  { id, name, der, status, source, keyId }: ListedCertificate,
  { ca, withinSeconds, afterExpiry }: Choice,
): Promise<Chosen | Skipped | undefined> {
  const notAfter = storedCertificate(der, `"${name}"`).tbsCertificate.validity.notAfter.value;
  const now = clock.now().getTime();
  if (withinSeconds !== undefined && notAfter.getTime() > now + withinSeconds * 1000)
    return undefined;
  const its = (await moveOf(store, name))?.ca ?? (await store.certificates.get(id))?.ca;
  if (ca !== undefined && its !== ca) return undefined;
  const skip = (reason: string): Skipped => ({ name, reason });
  if (status !== 'current') return skip('it is revoked');
  if (source === 'track') return skip('it is only tracked, somebody else renews it');
  if (its === undefined) return skip('it has no CA profile');
  if (keyId === undefined) return skip('its key is not here');
  if (notAfter.getTime() < now && !afterExpiry) {
    return skip(`it expired on ${formatTime(notAfter)}`);
  }
  return { name, ca: its, notAfter };
}
