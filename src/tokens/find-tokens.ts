import { flag } from './constants.ts';
import type { Cryptoki, Handle, TokenInfo } from './cryptoki.ts';
import { returnValueOf } from './token-error.ts';
import { formatTokenUri, type TokenUri } from './uri.ts';

/** A token, with the slot it is in now. */
export interface FoundToken {
  readonly slot: Handle;
  readonly info: TokenInfo;
}

/** Find the tokens a URI names. */
export function findTokens(cryptoki: Cryptoki, uri: TokenUri): readonly FoundToken[] {
  return cryptoki.C_GetSlotList(true).flatMap((slot) => {
    let info: TokenInfo;
    try {
      info = trimmed(cryptoki.C_GetTokenInfo(slot));
    } catch (error) {
      // One that is broken, or was pulled out this moment, is not the one to use.
      if (returnValueOf(error) === undefined) throw error;
      return [];
    }
    const fits =
      (info.flags & flag.TOKEN_INITIALIZED) !== 0 &&
      (uri.token ?? info.label) === info.label &&
      (uri.serial ?? info.serialNumber) === info.serialNumber &&
      (uri.manufacturer ?? info.manufacturerID) === info.manufacturerID &&
      (uri.model ?? info.model) === info.model;
    return fits ? [{ slot, info }] : [];
  });
}

/** CK_TOKEN_INFO pads its texts with spaces. */
function trimmed({ label, manufacturerID, model, serialNumber, flags }: TokenInfo): TokenInfo {
  return {
    label: label.trimEnd(),
    manufacturerID: manufacturerID.trimEnd(),
    model: model.trimEnd(),
    serialNumber: serialNumber.trimEnd(),
    flags,
  };
}

/** Name a token for messages, in quotes. */
export function nameOf({ token, serial, manufacturer, model }: TokenUri): string {
  const parts = {
    ...(token !== undefined && { token }),
    ...(serial !== undefined && { serial }),
    ...(manufacturer !== undefined && { manufacturer }),
    ...(model !== undefined && { model }),
  };
  if (Object.keys(parts).length === 0) return '(any)';
  return token !== undefined && serial === undefined
    ? JSON.stringify(token)
    : `"${formatTokenUri(parts)}"`;
}
