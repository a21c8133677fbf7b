import { chmodSync, chownSync, lstatSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { CertError } from '../base/errors.ts';
import { systemReason } from '../base/system-reason.ts';
import type { Agent } from './agent.ts';
import {
  controlVersion,
  groupRequests,
  isAct,
  isControlRequest,
  longestRequest,
  type ControlArguments,
  type ControlRequest,
} from './control-protocol.ts';
import { maxGroupActs } from './request-counter.ts';

/** What answers a request of each kind; the signal is aborted when whoever asked has gone. */
export type ControlAnswers = {
  readonly [Request in ControlRequest]: (
    words: ControlArguments,
    signal: AbortSignal,
  ) => Promise<unknown>;
};

/** Answers for an agent. */
export function answersOf(
  agent: Agent,
  others: Pick<ControlAnswers, 'reload' | 'compare' | 'tell' | 'validate'>,
): ControlAnswers {
  return {
    ...others,
    status: () => agent.status(),
    async run() {
      await agent.look();
      void agent.send();
      return agent.status();
    },
    async notify() {
      // A receiver that is silent is not waited for.
      void agent.send();
      return {};
    },
    async stop() {
      // The answer goes out before the agent is gone.
      setImmediate(() => void agent.stop());
      return {};
    },
  };
}

/** What a client may take of us; tests take less. */
export interface ControlLimits {
  /** Whoever comes beyond that is sent away at once. */
  readonly connections: number;
  /** Until all of a request has to be there: it is a line, and whoever writes it is on this machine. */
  readonly requestMs: number;
}

/** A gateway has as many handshakes at a time as peers come at once; all other requests need a few. */
const usualLimits: ControlLimits = { connections: 64, requestMs: 5000 };

/** Header lines of a request: those that Node's client writes are a tenth of it. */
const maxHeaderOctets = 4096;

/** Where an agent listens, and to whom. */
export interface ControlPlace {
  /** What is there is of an agent that was killed, since one that is not would hold the lease. */
  readonly path: string;
  /** Number of the group whose members may ask for what `groupRequests` has; absent: only the owner, for all. */
  readonly group?: number;
  /** Counts what is done for members, and tells whether it is not too much; absent: there is no bound. */
  mayAct?(): boolean;
  readonly limits?: ControlLimits;
}

/**
 * Listen on a socket that only its owner can connect to, mode 0600, or the members of a group too, mode 0660.
 *
 * @returns what ends it
 * @throws {CertError} FILE_UNWRITABLE
 */
export async function listenForControl(
  { path, group, mayAct = () => true, limits = usualLimits }: ControlPlace,
  answers: ControlAnswers,
): Promise<() => Promise<void>> {
  const isAllowed = (what: ControlRequest): boolean =>
    group === undefined || groupRequests.has(what);
  const server = createServer(
    {
      maxHeaderSize: maxHeaderOctets,
      headersTimeout: limits.requestMs,
      requestTimeout: limits.requestMs,
      connectionsCheckingInterval: Math.ceil(limits.requestMs / 4),
      keepAlive: false,
    },
    (request, response) => void answer(request, response, { answers, isAllowed, mayAct }),
  );
  server.maxConnections = limits.connections;
  server.maxRequestsPerSocket = 1;
  // Whoever breaks off, or sends what is no request, is told nothing and let go.
  server.on('clientError', (_, socket) => socket.destroy());
  try {
    removeSocket(path);
    await listenPrivately(server, path);
    if (group === undefined) chmodSync(path, 0o600);
    else {
      chownSync(path, process.geteuid?.() ?? 0, group);
      chmodSync(path, 0o660);
    }
  } catch (cause) {
    server.close();
    throw unheard(path, group, cause);
  }
  return async () => {
    server.closeAllConnections();
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
    });
    rmSync(path, { force: true });
  };
}

/** Nobody gets in between its making and its mode. */
async function listenPrivately(
  server: ReturnType<typeof createServer>,
  path: string,
): Promise<void> {
  const before = process.umask(0o177);
  try {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    server.once('error', reject);
    // The socket is made before this returns.
    server.listen(path, resolve);
    process.umask(before);
    await promise;
  } finally {
    process.umask(before);
  }
}

function removeSocket(path: string): void {
  const present = lstatSync(path, { throwIfNoEntry: false });
  if (present === undefined) return;
  if (!present.isSocket()) throw new Error('there is something else than a socket');
  rmSync(path, { force: true });
}

function unheard(path: string, group: number | undefined, cause: unknown): CertError {
  const why = cause instanceof Error ? cause.message : String(cause);
  const isRefused = /\b(?:EPERM|EACCES)\b/.test(why);
  const hint =
    isRefused && group !== undefined
      ? `Make the user of the agent a member of group ${group}, or give it CAP_CHOWN, and let it write to the directory`
      : isRefused
        ? 'Let the user of the agent write to that directory'
        : 'A socket can have a path of up to 107 octets: use a shorter one';
  return new CertError('FILE_UNWRITABLE', `Cannot listen on "${path}": ${systemReason(cause)}`, {
    cause,
    hint,
  });
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  {
    answers,
    isAllowed,
    mayAct,
  }: {
    readonly answers: ControlAnswers;
    isAllowed(what: ControlRequest): boolean;
    mayAct(): boolean;
  },
): Promise<void> {
  const gone = new AbortController();
  response.on('close', () => gone.abort(new Error('whoever asked has gone')));
  const send = (status: number, body: unknown): void => {
    response.writeHead(status, { 'content-type': 'application/json', connection: 'close' });
    response.end(JSON.stringify(body));
  };
  const refuse = (status: number, message: string): void => {
    send(status, { version: controlVersion, error: { code: 'USAGE_INVALID', message } });
  };
  try {
    const [, version, what = ''] = (request.url ?? '').split('/');
    if (version !== String(controlVersion)) {
      refuse(404, `The agent understands version ${controlVersion} of what it can be asked`);
      return;
    }
    if (request.method !== 'POST' || !isControlRequest(what)) {
      refuse(404, 'No such request');
      return;
    }
    if (!isAllowed(what)) {
      refuse(403, `Members of the group cannot ask the agent for "${what}"`);
      return;
    }
    const words = await readArguments(request, longestRequest(what));
    if (words === undefined) refuse(400, 'The request is too long, or no JSON object');
    else if (isAct(words) && !mayAct()) throw tooOften();
    else send(200, await answers[what](words, gone.signal));
  } catch (error) {
    const code = error instanceof CertError ? error.code : 'INTERNAL';
    const message = error instanceof Error ? error.message : String(error);
    const hint = error instanceof CertError ? error.hint : undefined;
    send(500, { version: controlVersion, error: { code, message, hint } });
  }
}

function tooOften(): CertError {
  const message = `Cannot do that: the agent reloads and polls ${maxGroupActs} times an hour for members of the group`;
  const hint = 'Ask again in an hour, or as the user of the agent; it does by itself what is due';
  return new CertError('IN_PROGRESS', message, { hint });
}

/** @returns undefined when it is too long, or no object; nothing at all is an empty one */
async function readArguments(
  request: IncomingMessage,
  longest: number,
): Promise<ControlArguments | undefined> {
  let text = '';
  request.setEncoding('utf8');
  for await (const part of request) {
    text += String(part);
    if (text.length > longest) return undefined;
  }
  if (text === '') return {};
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    return { ...value };
  } catch {
    return undefined;
  }
}
