import type { Clock } from '../base/clock.ts';
import { CertError } from '../base/errors.ts';
import type { Settings } from '../store/settings-contract.ts';
import type { Store } from '../store/store.ts';
import type { TokenAccess, TokenWorld } from '../tokens/token-world.ts';
import type { TokenUri } from '../tokens/uri.ts';

/** How a token is got at, as an operator has set it. */
export interface TokenSettings extends TokenAccess {
  /** CKA label of the token. */
  readonly token: string;
  /** When it did not take its PIN: it is not tried again until somebody does so by hand. */
  readonly pinRefusedAt?: Date;
}

const moduleKey = 'token module ';
const pinKey = 'token pin ';
const refusedKey = 'token pin refused ';

/** List the tokens that are set up, by label. */
export async function listTokens({ settings }: Store): Promise<readonly TokenSettings[]> {
  const all = await settings.list();
  return [...all]
    .filter(([key]) => key.startsWith(moduleKey))
    .map(([key, modulePath]) => {
      const token = key.slice(moduleKey.length);
      const pinSource = all.get(pinKey + token);
      const refused = all.get(refusedKey + token);
      return {
        token,
        modulePath,
        ...(pinSource !== undefined && { pinSource }),
        ...(refused !== undefined && { pinRefusedAt: new Date(refused) }),
      };
    })
    .toSorted((a, b) => (a.token < b.token ? -1 : 1));
}

/** Set up a token, or set it up anew; its PIN may be tried again then. */
export async function putToken(
  { settings }: Store,
  { token, modulePath, pinSource }: Omit<TokenSettings, 'pinRefusedAt'>,
): Promise<void> {
  if (pinSource === undefined) await settings.remove(pinKey + token);
  else await settings.set(pinKey + token, pinSource);
  await settings.remove(refusedKey + token);
  await settings.set(moduleKey + token, modulePath);
}

/** Forget a token; keys in it stay there. `false` when there was none. */
export async function removeToken({ settings }: Store, token: string): Promise<boolean> {
  await settings.remove(pinKey + token);
  await settings.remove(refusedKey + token);
  return settings.remove(moduleKey + token);
}

/**
 * Find how the token of a URI is got at: as the URI says, else as it was set up for its label. A URI that names no
 * token means the only one there is.
 *
 * @throws {CertError} CONFIG_INVALID
 */
export async function tokenAccess(
  store: Store,
  { token, modulePath, pinSource }: TokenUri,
): Promise<TokenAccess> {
  const known = await listTokens(store);
  const [only, ...others] =
    token === undefined ? known : known.filter((one) => one.token === token);
  const set = others.length === 0 ? only : undefined;
  const module = modulePath ?? set?.modulePath;
  const pin = pinSource ?? set?.pinSource;
  if (module !== undefined) {
    return { modulePath: module, ...(pin !== undefined && { pinSource: pin }) };
  }
  const named = token === undefined ? 'the token' : `token ${JSON.stringify(token)}`;
  throw new CertError('CONFIG_INVALID', `Cannot use ${named}: its PKCS #11 module is not known`, {
    hint: 'Set it up with "certkeeper crypto token add LABEL module PATH pin file:PATH"',
  });
}

/** Remember which tokens did not take their PIN, where all processes see it. */
export function pinRefusals(settings: Settings, clock: Pick<Clock, 'now'>): TokenWorld['refusals'] {
  return {
    async find(token) {
      const at = await settings.get(refusedKey + token);
      return at === undefined ? undefined : new Date(at);
    },
    remember: (token) => settings.set(refusedKey + token, clock.now().toISOString()),
    async forget(token) {
      await settings.remove(refusedKey + token);
    },
  };
}

/** CK_TOKEN_INFO has 32 octets for the label. */
const MAX_LABEL_OCTETS = 32;

/**
 * Check the label of a token.
 *
 * @throws {CertError} USAGE_INVALID
 */
export function checkedLabel(text: string): string {
  // oxlint-disable-next-line no-control-regex -- they are what is refused
  const isPlain = !/[\u0000-\u001f\u007f]/.test(text) && text.trim() === text;
  const { length } = new TextEncoder().encode(text);
  if (isPlain && length > 0 && length <= MAX_LABEL_OCTETS) return text;
  throw new CertError(
    'USAGE_INVALID',
    `Cannot use ${JSON.stringify(text.slice(0, MAX_LABEL_OCTETS))} as the label of a token: it is not 1 to ${MAX_LABEL_OCTETS} octets of text`,
  );
}
