import type { Cryptoki } from './cryptoki.ts';
import type { TokenUri } from './uri.ts';

/** How a token is got at. */
export interface TokenAccess {
  /** Absolute path of the PKCS #11 module. */
  readonly modulePath: string;
  /** Where the PIN comes from; absent when the token asks for none, or has a pad of its own. */
  readonly pinSource?: string;
}

/** What tokens need of the world. */
export interface TokenWorld {
  /** Load a PKCS #11 module. @throws {CertError} CONFIG_INVALID */
  load(modulePath: string): Promise<Cryptoki>;
  /** Find how a token is got at. @throws {CertError} CONFIG_INVALID when nobody has said so */
  access(uri: TokenUri): Promise<TokenAccess>;
  /** Get the PIN from where it is. @throws {CertError} SECRET_UNAVAILABLE */
  pin(source: string, what: string): Promise<Uint8Array>;
  /** PINs that were not taken, remembered beyond this process: by the label of their token. */
  readonly refusals: {
    find(token: string): Promise<Date | undefined>;
    remember(token: string): Promise<void>;
    forget(token: string): Promise<void>;
  };
}
