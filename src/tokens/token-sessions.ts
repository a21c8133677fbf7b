import { CertError } from '../base/errors.ts';
import { flag, returned, USER } from './constants.ts';
import type { Cryptoki, Handle, TokenInfo } from './cryptoki.ts';
import { isAboutPin, isSessionLost, returnValueOf, tokenError, tryByHand } from './token-error.ts';
import { formatTokenUri, type TokenUri } from './uri.ts';

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

/** An open session, logged in where the token wants that. */
export interface TokenSession {
  readonly cryptoki: Cryptoki;
  readonly session: Handle;
  /** As the token says it. */
  readonly token: Pick<TokenInfo, 'label' | 'manufacturerID' | 'model' | 'serialNumber'>;
}

/** What is to be done in a session. */
export interface TokenWork<T> {
  /** For messages, with its preposition: "sign with a key in". */
  readonly attempted: string;
  /** It changes the token. */
  readonly writes?: boolean;
  /** An operator is there, who wants the PIN to be tried although it was not taken before. */
  readonly byHand?: boolean;
  run(session: TokenSession): Promise<T>;
}

/** Sessions with tokens, one thing at a time in each module. */
export interface TokenSessions {
  /**
   * Do something in a session. When the session turns out to be lost it is done once more in a new one.
   *
   * @throws {CertError} TOKEN_UNAVAILABLE, TOKEN_PIN_WRONG, CONFIG_INVALID, SECRET_UNAVAILABLE, KEY_UNUSABLE
   */
  use<T>(uri: TokenUri, work: TokenWork<T>): Promise<T>;
  /** End all sessions and unload the modules. */
  close(): Promise<void>;
}

/** A module in this process. */
interface LoadedModule {
  readonly cryptoki: Cryptoki;
  /** Sessions that keep a login alive, by slot. */
  readonly logins: Map<string, Handle>;
  /** Ends when what was begun last has ended. */
  last: Promise<unknown>;
}

/** Open sessions with tokens as they are needed. */
export function tokenSessions(world: TokenWorld): TokenSessions {
  const modules = new Map<string, Promise<LoadedModule>>();

  const moduleAt = (path: string): Promise<LoadedModule> => {
    const known = modules.get(path);
    if (known) return known;
    const loading = world.load(path).then((cryptoki) => {
      initialize(cryptoki);
      return { cryptoki, logins: new Map<string, Handle>(), last: Promise.resolve() };
    });
    modules.set(path, loading);
    // A module that was not there may be installed later, for a process that lives that long.
    loading.catch(() => modules.delete(path));
    return loading;
  };

  return {
    async use(uri, work) {
      const access = await world.access(uri);
      const isLoaded = modules.has(access.modulePath);
      const named = nameOf(uri);
      let module: LoadedModule;
      try {
        module = await moduleAt(access.modulePath);
      } catch (error) {
        throw tokenError(error, 'open a session with', named);
      }
      // Sessions of one process share their login, and many modules lock up when two threads use them.
      const turn = module.last.then(async () => {
        try {
          return await once(world, module, { uri, access, work, mayBeStale: isLoaded });
        } catch (error) {
          if (!isSessionLost(error)) throw tokenError(error, work.attempted, named);
        }
        try {
          reset(module);
          return await once(world, module, { uri, access, work, mayBeStale: false });
        } catch (error) {
          throw tokenError(error, work.attempted, named);
        }
      });
      module.last = turn.catch(() => {});
      return turn;
    },
    async close() {
      for (const loading of modules.values()) {
        const module = await loading.catch(() => undefined);
        await module?.last;
        if (module) finalize(module.cryptoki);
        module?.cryptoki.close();
      }
      modules.clear();
    },
  };
}

interface Attempt<T> {
  readonly uri: TokenUri;
  readonly access: TokenAccess;
  readonly work: TokenWork<T>;
  /** The module was initialized a while ago: many look for tokens only then. */
  readonly mayBeStale: boolean;
}

async function once<T>(world: TokenWorld, module: LoadedModule, attempt: Attempt<T>): Promise<T> {
  const { uri, access, work, mayBeStale } = attempt;
  const { cryptoki } = module;
  let found = findToken(cryptoki, uri);
  if (found.length === 0 && mayBeStale) {
    reset(module);
    found = findToken(cryptoki, uri);
  }
  const [only, ...others] = found;
  if (only === undefined) {
    throw new CertError(
      'TOKEN_UNAVAILABLE',
      `Cannot ${work.attempted} token ${nameOf(uri)}: it is not there`,
      {
        hint: 'Put the token back, then do this again; what was stored is as it was',
      },
    );
  }
  if (others.length > 0) {
    throw new CertError(
      'CONFIG_INVALID',
      `Cannot ${work.attempted} token ${nameOf(uri)}: there are ${found.length}`,
      { hint: 'Add serial=… to the PKCS #11 URI' },
    );
  }
  const { slot, info } = only;
  const login = await loggedIn(world, module, { slot, info, access, byHand: work.byHand === true });
  if (work.writes !== true) return await work.run({ cryptoki, session: login, token: info });
  const session = cryptoki.C_OpenSession(slot, flag.SERIAL_SESSION | flag.RW_SESSION);
  try {
    return await work.run({ cryptoki, session, token: info });
  } finally {
    quietly(() => cryptoki.C_CloseSession(session));
  }
}

/** Find the tokens a URI names. */
function findToken(cryptoki: Cryptoki, uri: TokenUri): { slot: Handle; info: TokenInfo }[] {
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

async function loggedIn(
  world: TokenWorld,
  { cryptoki, logins }: LoadedModule,
  wanted: {
    readonly slot: Handle;
    readonly info: TokenInfo;
    readonly access: TokenAccess;
    readonly byHand: boolean;
  },
): Promise<Handle> {
  const { slot, info, access, byHand } = wanted;
  const key = slot.toString('hex');
  const known = logins.get(key);
  if (known) return known;
  const pin = await pinFor(world, info, access, byHand);
  const session = cryptoki.C_OpenSession(slot, flag.SERIAL_SESSION);
  try {
    if ((info.flags & flag.LOGIN_REQUIRED) !== 0) cryptoki.C_Login(session, USER, pin);
    if (pin !== undefined && byHand) await world.refusals.forget(info.label);
  } catch (error) {
    if (returnValueOf(error) !== returned.USER_ALREADY_LOGGED_IN) {
      quietly(() => cryptoki.C_CloseSession(session));
      // Before anything else: whoever comes next must not try the same PIN.
      if (!isAboutPin(error)) throw error;
      await world.refusals.remember(info.label);
      throw tokenError(error, 'log in to', JSON.stringify(info.label));
    }
  }
  logins.set(key, session);
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

function nameOf({ token, serial, manufacturer, model }: TokenUri): string {
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

function initialize(cryptoki: Cryptoki): void {
  try {
    // Calls run in the threads of libuv.
    cryptoki.C_Initialize({ flags: flag.OS_LOCKING_OK });
  } catch (error) {
    if (returnValueOf(error) !== returned.CRYPTOKI_ALREADY_INITIALIZED) throw error;
  }
}

function finalize(cryptoki: Cryptoki): void {
  quietly(() => cryptoki.C_Finalize());
}

/** Begin anew with a module: nothing of its sessions is left. */
function reset({ cryptoki, logins }: LoadedModule): void {
  logins.clear();
  finalize(cryptoki);
  initialize(cryptoki);
}

/** Tidy up where a failure changes nothing: what is to be told has failed before. */
function quietly(tidy: () => void): void {
  try {
    tidy();
  } catch (error) {
    if (returnValueOf(error) === undefined) throw error;
  }
}
