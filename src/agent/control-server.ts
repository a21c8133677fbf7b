import { chmodSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { CertError } from '../base/errors.ts';
import type { Agent } from './agent.ts';

/** What a command can ask of a running agent, by path; each is answered with JSON. */
export type ControlRequest = 'status' | 'run' | 'notify' | 'reload' | 'stop';

/** What answers a request of each kind. */
export type ControlAnswers = {
  readonly [Request in ControlRequest]: () => Promise<unknown>;
};

/** Answers for an agent. */
export function answersOf(agent: Agent, reload: () => Promise<unknown>): ControlAnswers {
  return {
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
    reload,
    async stop() {
      // The answer goes out before the agent is gone.
      setImmediate(() => void agent.stop());
      return {};
    },
  };
}

/** Nobody has reason for more. */
const maxConnections = 16;

/**
 * Listen on a socket that only its owner can connect to.
 *
 * @param path in a directory that only the owner can enter; what is there is of an agent that was killed, since one
 *   that is not would hold the lease
 * @returns what ends it
 * @throws {CertError} FILE_UNWRITABLE
 */
export async function listenForControl(
  path: string,
  answers: ControlAnswers,
): Promise<() => Promise<void>> {
  const server = createServer((request, response) => void answer(request, response, answers));
  server.maxConnections = maxConnections;
  try {
    rmSync(path, { force: true });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(path, resolve);
    });
    chmodSync(path, 0o600);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new CertError('FILE_UNWRITABLE', `Cannot listen on "${path}": ${why}`, {
      cause,
      hint: 'A socket can have a path of up to 107 octets: use a state directory with a shorter one',
    });
  }
  return async () => {
    server.closeAllConnections();
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
    });
    rmSync(path, { force: true });
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  answers: ControlAnswers,
): Promise<void> {
  const what = (request.url ?? '').slice(1);
  request.resume();
  const send = (status: number, body: unknown): void => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  };
  if (request.method !== 'POST' || !isRequest(answers, what)) {
    send(404, { error: { code: 'USAGE_INVALID', message: 'No such request' } });
    return;
  }
  try {
    send(200, await answers[what]());
  } catch (error) {
    const code = error instanceof CertError ? error.code : 'INTERNAL';
    const message = error instanceof Error ? error.message : String(error);
    send(500, { error: { code, message } });
  }
}

function isRequest(answers: ControlAnswers, what: string): what is ControlRequest {
  return Object.hasOwn(answers, what);
}
