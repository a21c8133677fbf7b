import { CertError } from '../base/errors.ts';
import { returned } from './constants.ts';

const { PIN_LOCKED, PIN_EXPIRED, USER_PIN_NOT_INITIALIZED, DEVICE_MEMORY } = returned;

const aboutPin: ReadonlySet<number> = new Set([
  returned.PIN_INCORRECT,
  returned.PIN_INVALID,
  returned.PIN_LEN_RANGE,
  PIN_EXPIRED,
  PIN_LOCKED,
  USER_PIN_NOT_INITIALIZED,
]);

const aboutKey: ReadonlySet<number> = new Set([
  returned.ATTRIBUTE_TYPE_INVALID,
  returned.ATTRIBUTE_VALUE_INVALID,
  returned.KEY_SIZE_RANGE,
  returned.KEY_TYPE_INCONSISTENT,
  returned.KEY_FUNCTION_NOT_PERMITTED,
  returned.MECHANISM_INVALID,
  returned.MECHANISM_PARAM_INVALID,
  returned.TEMPLATE_INCOMPLETE,
  returned.TEMPLATE_INCONSISTENT,
  returned.DOMAIN_PARAMS_INVALID,
  returned.CURVE_NOT_SUPPORTED,
]);

// After these a new session may do what the old one could not: the token was pulled out and put back, or
// another process has reset it.
const aboutSession: ReadonlySet<number> = new Set([
  returned.DEVICE_REMOVED,
  returned.KEY_HANDLE_INVALID,
  returned.OBJECT_HANDLE_INVALID,
  returned.OPERATION_ACTIVE,
  returned.SESSION_CLOSED,
  returned.SESSION_HANDLE_INVALID,
  returned.TOKEN_NOT_PRESENT,
  returned.USER_NOT_LOGGED_IN,
  returned.CRYPTOKI_NOT_INITIALIZED,
]);

/** Find the CK_RV in an error of a PKCS #11 module; undefined in any other error. */
export function returnValueOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || error.name !== 'Pkcs11Error' || !('code' in error)) {
    return undefined;
  }
  return typeof error.code === 'number' ? error.code : undefined;
}

/** Tell whether what failed may work in a new session. */
export function isSessionLost(error: unknown): boolean {
  return aboutSession.has(returnValueOf(error) ?? -1);
}

/** Tell whether it is the PIN the token does not take. */
export function isAboutPin(error: unknown): boolean {
  return aboutPin.has(returnValueOf(error) ?? -1);
}

/**
 * Say what a PKCS #11 module has returned as an error of ours; what is one already stays as it is.
 *
 * @param attempted with its preposition, as in "sign with a key in"
 * @param token how the token is named, in quotes
 */
export function tokenError(error: unknown, attempted: string, token: string): CertError {
  if (error instanceof CertError) return error;
  const value = returnValueOf(error);
  const said = error instanceof Error ? firstLine(error.message) : 'unknown error';
  const message = `Cannot ${attempted} token ${token}: ${said}`;
  const options = { cause: error };
  if (value !== undefined && aboutPin.has(value)) {
    return new CertError('TOKEN_PIN_WRONG', message, { ...options, hint: pinHint(value) });
  }
  if (value !== undefined && aboutKey.has(value)) {
    const hint = 'The token has no such keys; use key-type p-256 or rsa-2048, or another token';
    return new CertError('KEY_UNUSABLE', message, { ...options, hint });
  }
  const hint =
    value === DEVICE_MEMORY
      ? 'The token is full: remove keys from it that no certificate needs any more, then do this again'
      : 'See to it that the token is there and works, then do this again; what was stored is as it was';
  return new CertError('TOKEN_UNAVAILABLE', message, { ...options, hint });
}

/** The next step for a PIN that was not taken, by the CK_RV. */
function pinHint(value: number): string {
  switch (value) {
    case PIN_LOCKED:
      return 'Have the security officer of the token set a new PIN';
    case PIN_EXPIRED:
    case USER_PIN_NOT_INITIALIZED:
      return 'Set a PIN with the tool of the token';
    default:
      return tryByHand;
  }
}

/** What to do after a PIN was not taken. */
export const tryByHand: string =
  'Correct where the PIN comes from, then try it once with "certkeeper crypto token check"; ' +
  'a few wrong ones lock the token';

// The module's own stack trace follows it.
function firstLine(text: string): string {
  return text.split('\n', 1).join('');
}

/** Tidy up where a failure changes nothing: what is to be told has failed before. */
export function quietly(tidy: () => void): void {
  try {
    tidy();
  } catch (error) {
    if (returnValueOf(error) === undefined) throw error;
  }
}
