import { CertError } from '../base/errors.ts';
import { parseLabel, type Label } from '../base/label.ts';
import type { Store } from '../store/store.ts';
import { alone } from './alone.ts';
import { findProfile } from './authority.ts';
import type { LifecycleContext } from './context.ts';
import { assertCanSign } from './credential.ts';
import { currentCertificate } from './enroll.ts';
import { assertManaged } from './tracked.ts';

/** How the next renewal asks a CA that does not know the certificate: under a secret, or signed with it. */
export type RenewalBy = 'ir' | 'cr';

/** Where the next renewal of a certificate goes, other than by kur to the CA it came from. */
export interface Move {
  readonly by: RenewalBy;
  /** Label of the CA profile. */
  readonly ca: Label;
}

/** What `cert move` is to do. */
export interface MoveRequest {
  readonly name: Label;
  readonly ca: Label;
  /**
   * `kur`: the profile is one of the same CA. Absent: `ir` when the profile has a shared secret, else `cr`; the CA
   * that it came from is asked by kur again.
   */
  readonly by?: RenewalBy | 'kur';
}

/** What became of it. */
export type MoveResult =
  | ({ readonly type: 'planned' } & Move)
  /** Another profile of the same CA is the certificate's from now on. */
  | { readonly type: 'changed'; readonly ca: Label }
  /** It is to be renewed where it came from; a plan that was made is dropped. */
  | { readonly type: 'stays'; readonly ca: Label };

/**
 * Have the next renewal of a certificate ask another CA: `cert move`. Nothing is sent, and until that one has
 * issued, the certificate is of the CA it came from: to be revoked there, and trusted below its anchors.
 *
 * @throws {CertError} CERT_UNKNOWN, CERT_INVALID when it cannot sign a cr, CA_UNKNOWN, CERT_TRACKED,
 *   TRANSACTION_OUTSTANDING
 */
export async function moveCertificate(
  context: LifecycleContext,
  request: MoveRequest,
): Promise<MoveResult> {
  return alone(context, request.name, 0, (held) => moveAlone(held, request));
}

async function moveAlone(
  context: LifecycleContext,
  { name, ca, by }: MoveRequest,
): Promise<MoveResult> {
  const { store, clock } = context;
  const latest = (await store.certificates.latest(name)) ?? (await currentCertificate(store, name));
  const profile = await findProfile(store, ca);
  const [outstanding] = await store.transactions.overview(name);
  if (outstanding) {
    throw new CertError(
      'TRANSACTION_OUTSTANDING',
      `Cannot move "${name}": its ${outstanding.operation} to "${outstanding.ca}" is outstanding`,
      {
        hint: `Follow it with "certkeeper cmp poll current-cert ${name}", or drop it with "certkeeper clear cmp cert-name ${name}"`,
      },
    );
  }
  assertManaged(latest, 'move');
  // Who says ir or cr means it, also of the CA it came from: an expired certificate cannot ask by kur.
  if (latest.ca === ca && (by === undefined || by === 'kur')) {
    await store.nameSettings.remove(name, 'renew-by');
    return { type: 'stays', ca };
  }
  if (by === 'kur') {
    await store.certificates.move((await currentCertificate(store, name)).id, ca);
    await store.nameSettings.remove(name, 'renew-by');
    return { type: 'changed', ca };
  }
  const hasSecret = (await store.authorities.kept(ca))?.secret === true;
  const isKnown = hasSecret && profile.reference !== undefined;
  const chosen = by ?? (isKnown ? 'ir' : 'cr');
  if (chosen === 'cr') assertCanSign(await currentCertificate(store, name), clock.now());
  else if (!isKnown) {
    context.log.warn(
      `CA "${ca}" has no reference and shared secret yet, which the ir will need: give them with "ca add"`,
    );
  }
  await store.nameSettings.set(name, 'renew-by', `${chosen} ${ca}`);
  return { type: 'planned', by: chosen, ca };
}

/** Say where the next renewal of a name goes after a move. The grant of any certificate for it ends that. */
export async function moveOf(
  { nameSettings }: Pick<Store, 'nameSettings'>,
  name: string,
): Promise<Move | undefined> {
  return moveIn(await nameSettings.get(name, 'renew-by'));
}

/** Read the setting that a move is. */
export function moveIn(setting: string | undefined): Move | undefined {
  const [by, ca = ''] = setting?.split(' ') ?? [];
  return by === 'ir' || by === 'cr' ? { by, ca: parseLabel(ca, 'ca-root') } : undefined;
}
