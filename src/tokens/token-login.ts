import { CertError } from '../base/errors.ts';
import { flag, returned, USER } from './constants.ts';
import type { Cryptoki, Handle, TokenInfo } from './cryptoki.ts';
import type { FoundToken } from './find-tokens.ts';
import { isAboutPin, quietly, returnValueOf, tokenError, tryByHand } from './token-error.ts';
import type { TokenAccess, TokenWorld } from './token-world.ts';

/**
 * Open a session with a token and log in to it, if it asks for that. The login lasts as long as the session.
 *
 * @param byHand an operator is there, who wants the PIN to be tried although it was not taken before
 * @throws {CertError} TOKEN_PIN_WRONG, CONFIG_INVALID, SECRET_UNAVAILABLE; or the error of the module
 */
export async function logIn(
  world: TokenWorld,
  cryptoki: Cryptoki,
  { slot, info }: FoundToken,
  { access, byHand }: { readonly access: TokenAccess; readonly byHand: boolean },
): Promise<Handle> {
  const pin = await pinFor(world, info, access, byHand);
  const session = cryptoki.C_OpenSession(slot, flag.SERIAL_SESSION);
  try {
    if ((info.flags & flag.LOGIN_REQUIRED) !== 0) cryptoki.C_Login(session, USER, pin);
    if (byHand) await world.refusals.forget(info.label);
  } catch (error) {
    if (returnValueOf(error) !== returned.USER_ALREADY_LOGGED_IN) {
      quietly(() => cryptoki.C_CloseSession(session));
      // Before anything else: whoever comes next must not try the same PIN.
      if (!isAboutPin(error)) throw error;
      await world.refusals.remember(info.label);
      throw tokenError(error, 'log in to', JSON.stringify(info.label));
    }
  }
  return session;
}

/** Get the PIN, unless trying it once more may lock the token. */
async function pinFor(
  world: TokenWorld,
  { label, flags }: TokenInfo,
  { pinSource }: TokenAccess,
  byHand: boolean,
): Promise<string | undefined> {
  if ((flags & flag.LOGIN_REQUIRED) === 0) return undefined;
  const named = JSON.stringify(label);
  const refuse = (why: string, hint: string): never => {
    throw new CertError('TOKEN_PIN_WRONG', `Cannot log in to token ${named}: ${why}`, { hint });
  };
  if ((flags & flag.USER_PIN_LOCKED) !== 0) {
    return refuse(
      'its PIN is locked after too many wrong ones',
      'Have the security officer of the token set a new PIN',
    );
  }
  if (!byHand) {
    if ((await world.refusals.find(label)) !== undefined) {
      return refuse('it did not take the PIN the last time, and is not asked again', tryByHand);
    }
    if ((flags & flag.USER_PIN_FINAL_TRY) !== 0) {
      return refuse('one more wrong PIN would lock it', tryByHand);
    }
  }
  if (pinSource === undefined) {
    // The token has a pad, or the reader.
    if ((flags & flag.PROTECTED_AUTHENTICATION_PATH) !== 0) return undefined;
    throw new CertError('CONFIG_INVALID', `Cannot log in to token ${named}: it asks for a PIN`, {
      hint: 'Say where that is, with "certkeeper crypto token add" or pin-source in the PKCS #11 URI',
    });
  }
  const octets = await world.pin(pinSource, `PIN of token ${named}`);
  try {
    // Anything else would be tried as another PIN.
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(octets);
  } catch {
    throw new CertError(
      'SECRET_UNAVAILABLE',
      `Cannot use the PIN of token ${named}: it is not UTF-8`,
    );
  } finally {
    octets.fill(0);
  }
}
