import { asBuffer } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import type { Random } from '../base/random.ts';
import type { KeyType } from '../crypto/key-type.ts';
import type { SigningKey } from '../crypto/keys.ts';
import { describeKey } from '../crypto/public-key.ts';
import { verifySignature } from '../crypto/signature.ts';
import type { TokenInfo } from './cryptoki.ts';
import { destroyKeyPair, findPrivateKey, identityOf, readPublicKey } from './key-objects.ts';
import { generateKeyPair, recipeFor } from './token-generation.ts';
import { tokenSessions, type TokenSession } from './token-sessions.ts';
import type { TokenWorld } from './token-world.ts';
import { prepareSigning, signatureBuffer } from './token-signature.ts';
import { formatTokenUri, keyPartOf, parseTokenUri, type TokenUri } from './uri.ts';

/** A key in a token, with where it is. */
export interface TokenKey {
  readonly key: SigningKey;
  /** PKCS #11 URI (RFC 7512) that names this key and no other. */
  readonly uri: string;
  /** Made just now: nothing knows of it yet. */
  readonly isNew: boolean;
}

/**
 * Private keys that live in PKCS #11 tokens and never leave them. Each method can throw TOKEN_UNAVAILABLE,
 * TOKEN_PIN_WRONG, SECRET_UNAVAILABLE, CONFIG_INVALID and KEY_UNUSABLE; so can `sign` of a key.
 */
export interface TokenKeys {
  /** Make a key, with the label (`object`) of the URI; its id is a new one. */
  generate(uri: string, type: KeyType): Promise<TokenKey>;
  /** Find a key that is there. */
  find(uri: string): Promise<TokenKey>;
  /** Make a key usable that `generate` or `find` gave before; the token is opened when it first signs. */
  open(uri: string, spki: Uint8Array): SigningKey;
  /** Remove a key that nothing was asked for with. */
  destroy(uri: string): Promise<void>;
  /** Try the PIN, although it may have been refused before: an operator wants to know. */
  check(uri: string): Promise<Omit<TokenInfo, 'flags'>>;
  /** End all sessions. */
  close(): Promise<void>;
}

/** Long enough that no two keys in a token ever have the same. */
const ID_OCTETS = 16;

/** Keys in the tokens of this machine. */
export function tokenKeys(world: TokenWorld & { readonly random: Random }): TokenKeys {
  const sessions = tokenSessions(world);

  const open = (uri: string, spki: Uint8Array): SigningKey => {
    const parsed = parsedUri(uri);
    const description = describeKey(spki);
    return {
      keyType: description.keyType,
      spki,
      async sign(data, algorithm) {
        const { mechanism, input, finish } = prepareSigning(description, data, algorithm);
        const signature = await sessions.use(parsed, {
          attempted: 'sign with a key in',
          async run(session) {
            const { cryptoki, session: handle } = session;
            cryptoki.C_SignInit(handle, mechanism, findPrivateKey(session, parsed));
            const octets = await cryptoki.C_SignAsync(handle, asBuffer(input), signatureBuffer());
            return finish(octets);
          },
        });
        const policy = { allowLegacy: true };
        // Keys in a token can be exchanged behind our back; the CA would only say badPOP.
        if (verifySignature({ spki, algorithm, data, signature, policy })) return signature;
        throw new CertError(
          'KEY_UNUSABLE',
          `Cannot sign with ${shown(parsed)}: the token has another key there`,
          { hint: 'Put the token back that the key was made in' },
        );
      },
    };
  };

  return {
    open,
    async generate(uri, type) {
      const parsed = parsedUri(uri);
      recipeFor(type);
      const object = parsed.object ?? 'certkeeper';
      const id = world.random.bytes(ID_OCTETS);
      return sessions.use(parsed, {
        attempted: `make a key of type ${type} in`,
        writes: true,
        async run(session) {
          const handle = await generateKeyPair(session, type, { object, id });
          const spki = readPublicKey(session, handle);
          return {
            ...keyAt(open, withIdentity(parsed, session, { object, id }), spki),
            isNew: true,
          };
        },
      });
    },
    async find(uri) {
      const parsed = parsedUri(uri);
      return sessions.use(parsed, {
        attempted: 'find a key in',
        async run(session) {
          const handle = findPrivateKey(session, parsed);
          const spki = readPublicKey(session, handle);
          const identity = identityOf(session, handle);
          return { ...keyAt(open, withIdentity(parsed, session, identity), spki), isNew: false };
        },
      });
    },
    async destroy(uri) {
      const parsed = parsedUri(uri);
      await sessions.use(parsed, {
        attempted: 'remove a key from',
        writes: true,
        async run(session) {
          destroyKeyPair(session, parsed);
        },
      });
    },
    check: (uri) =>
      sessions.use(parsedUri(uri), {
        attempted: 'log in to',
        byHand: true,
        async run({ token: { label, manufacturerID, model, serialNumber } }) {
          return { label, manufacturerID, model, serialNumber };
        },
      }),
    close: () => sessions.close(),
  };
}

function keyAt(open: TokenKeys['open'], uri: TokenUri, spki: Uint8Array): Omit<TokenKey, 'isNew'> {
  const text = formatTokenUri(uri);
  return { key: open(text, spki), uri: text };
}

/** Name the one key, in a token that is named too, though it was the only one when it was chosen. */
function withIdentity(
  uri: TokenUri,
  { token }: TokenSession,
  identity: Pick<TokenUri, 'object' | 'id'>,
): TokenUri {
  const isNamed = uri.token !== undefined || uri.serial !== undefined;
  return { ...uri, ...(isNamed ? {} : { token: token.label }), ...identity };
}

function parsedUri(uri: string): TokenUri {
  return parseTokenUri(uri, 'key-provider');
}

/** Without what says how the token is got at. */
function shown(uri: TokenUri): string {
  return `"${formatTokenUri(keyPartOf(uri))}"`;
}
