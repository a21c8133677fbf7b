import { CertError } from '../base/errors.ts';
import { flag, returned } from './constants.ts';
import type { Cryptoki, Handle, TokenInfo } from './cryptoki.ts';
import { findTokens, nameOf, type FoundToken } from './find-tokens.ts';
import { isSessionLost, quietly, returnValueOf, tokenError } from './token-error.ts';
import { logIn } from './token-login.ts';
import type { TokenAccess, TokenWorld } from './token-world.ts';
import type { TokenUri } from './uri.ts';

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
  let found = findTokens(cryptoki, uri);
  if (found.length === 0 && mayBeStale) {
    reset(module);
    found = findTokens(cryptoki, uri);
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
  const login = await loggedIn(world, module, only, { access, byHand: work.byHand === true });
  if (work.writes !== true) return await work.run({ cryptoki, session: login, token: info });
  const session = cryptoki.C_OpenSession(slot, flag.SERIAL_SESSION | flag.RW_SESSION);
  try {
    return await work.run({ cryptoki, session, token: info });
  } finally {
    quietly(() => cryptoki.C_CloseSession(session));
  }
}

async function loggedIn(
  world: TokenWorld,
  { cryptoki, logins }: LoadedModule,
  token: FoundToken,
  how: Parameters<typeof logIn>[3],
): Promise<Handle> {
  const key = token.slot.toString('hex');
  const session = logins.get(key) ?? (await logIn(world, cryptoki, token, how));
  logins.set(key, session);
  return session;
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
