import type { Clock } from '../base/clock.ts';
import { CertError } from '../base/errors.ts';
import type { Random } from '../base/random.ts';
import type { Store } from '../store/store.ts';
import type { TokenKeys } from '../tokens/token-keys.ts';

/** Get a PIN from where it is: `file:PATH`, `env:NAME`, `cred:NAME` or `prompt`; never the PIN itself. */
export type PinReader = (source: string, what: string) => Promise<Uint8Array>;

/** The tokens of a process; the module of one is loaded when a key in it is first used. */
export interface LateTokens {
  tokens(): Promise<TokenKeys>;
  close(): Promise<void>;
}

/**
 * Join tokens with the settings that say how they are got at.
 *
 * @param pin absent where there is nobody and nothing to ask
 */
export function lateTokens(
  store: Store,
  {
    random,
    clock,
    pin,
  }: { readonly random: Random; readonly clock: Clock; readonly pin?: PinReader },
): LateTokens {
  let opened: Promise<TokenKeys> | undefined;
  const open = async (): Promise<TokenKeys> => {
    const [{ tokenKeys }, { loadCryptoki }, { pinRefusals, tokenAccess }, { moduleToLoad }] =
      await Promise.all([
        import('../tokens/token-keys.ts'),
        import('../tokens/cryptoki.ts'),
        import('../lifecycle/token-settings.ts'),
        import('./token-module.ts'),
      ]);
    return tokenKeys({
      random,
      load: (path) => loadCryptoki(moduleToLoad(path)),
      access: (uri) => tokenAccess(store, uri),
      pin: pin ?? noPin,
      refusals: pinRefusals(store.settings, clock),
    });
  };
  return {
    tokens: () => (opened ??= open()),
    async close() {
      await (await opened)?.close();
    },
  };
}

async function noPin(_source: string, what: string): Promise<never> {
  throw new CertError('SECRET_UNAVAILABLE', `Cannot get the ${what}: nobody can be asked here`);
}
