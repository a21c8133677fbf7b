import { bytesEqual } from '../base/bytes.ts';
import type { ConfigContext } from './entry.ts';
import type { Path } from './fault.ts';
import { none, stored } from './leaves.ts';
import { absoluteSource, faultOf } from './places.ts';

/** What becomes of a secret: as for `put` of the store, and the word that tells it. */
export interface WantedSecret {
  /** A new one; null takes it away; absent: as it is. */
  readonly octets?: Uint8Array | null;
  readonly word: string | undefined;
}

/** A secret as it is stored. */
export interface PresentSecret {
  readonly isStored: boolean;
  open(): Promise<Uint8Array | undefined>;
}

/** Tell whether a secret is the one that is stored. It is read for that, and never shown. */
export async function wantedSecret(
  context: ConfigContext,
  path: Path,
  word: string | undefined,
  { isStored, open }: PresentSecret,
): Promise<WantedSecret> {
  const asStored = isStored ? stored : undefined;
  if (word === none) return { octets: null, word: undefined };
  if (word === stored && !isStored) {
    context.faults.add(
      path,
      'none is stored here',
      'Say where it is: file:PATH, env:NAME or cred:NAME',
    );
  }
  if (word === undefined || word === stored) return { word: asStored };
  const source = absoluteSource(word, context);
  const key = String(path.at(-1));
  const octets = await faultOf(context, path, () => context.secret(source, key));
  if (octets === undefined) return { word: asStored };
  const present = isStored ? await open() : undefined;
  const isSame = present !== undefined && bytesEqual(present, octets);
  return isSame ? { word: stored } : { octets, word: source };
}
