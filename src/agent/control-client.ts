import { request } from 'node:http';
import { CertError, isErrorCode } from '../base/errors.ts';
import { systemReason } from '../base/system-reason.ts';
import {
  controlVersion,
  maxAnswerOctets,
  type ControlArguments,
  type ControlRequest,
} from './control-protocol.ts';

/** A run may take as long as a CA does; everything else is answered at once. */
const usualTimeoutMs = 600_000;

/** What is asked for beside the name of the request. */
export interface AskOptions {
  readonly words?: ControlArguments;
  /** On top of what an answer usually may take. */
  readonly waitMs?: number;
  /** Aborted by Ctrl-C: the agent is told by the end of the connection. */
  readonly signal?: AbortSignal;
}

/**
 * Ask a running agent.
 *
 * @returns its answer; undefined when nobody listens
 * @throws {CertError} what the agent says went wrong; NETWORK_TIMEOUT, FILE_UNREADABLE for a socket we may not use
 */
export async function askAgent(
  path: string,
  what: ControlRequest,
  options: AskOptions = {},
): Promise<object | undefined> {
  const answer = await exchange(path, what, options);
  if (answer === undefined) return undefined;
  const value = parse(answer);
  if (typeof value !== 'object' || value === null) {
    throw new CertError('INTERNAL', `Cannot read the agent's answer to "${what}"`, {
      hint: 'Another version of certkeeper may run: systemctl restart certkeeper',
    });
  }
  if ('error' in value && typeof value.error === 'object' && value.error !== null) {
    const error: Readonly<Record<string, unknown>> = { ...value.error };
    const { code, message, hint } = error;
    throw new CertError(
      typeof code === 'string' && isErrorCode(code) ? code : 'INTERNAL',
      typeof message === 'string' ? message : `The agent could not answer "${what}"`,
      typeof hint === 'string' ? { hint } : {},
    );
  }
  return value;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function exchange(
  path: string,
  what: ControlRequest,
  { words, waitMs = 0, signal }: AskOptions,
): Promise<string | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<string | undefined>();
  const body = words === undefined ? '' : JSON.stringify(words);
  const asking = request({
    socketPath: path,
    path: `/${controlVersion}/${what}`,
    method: 'POST',
    agent: false,
    headers: { 'content-length': Buffer.byteLength(body) },
    timeout: usualTimeoutMs + waitMs,
    ...(signal && { signal }),
  });
  asking.on('timeout', () => {
    asking.destroy(new CertError('NETWORK_TIMEOUT', 'Cannot wait any longer for the agent'));
  });
  asking.on('error', (error: Error & { readonly code?: string }) => {
    const isNobody = error.code === 'ENOENT' || error.code === 'ECONNREFUSED';
    if (isNobody) resolve(undefined);
    else if (signal?.aborted) reject(signal.reason);
    else if (error instanceof CertError) reject(error);
    else reject(unreachable(path, error));
  });
  asking.on('response', (response) => {
    let text = '';
    response.setEncoding('utf8');
    response.on('data', (part: string) => {
      text += part;
      if (text.length > maxAnswerOctets) {
        asking.destroy(
          new CertError('INTERNAL', `Cannot take all that the agent says to "${what}"`),
        );
      }
    });
    response.on('end', () => resolve(text));
    response.on('error', reject);
  });
  asking.end(body);
  return promise;
}

function unreachable(path: string, error: Error & { readonly code?: string }): CertError {
  const isRefused = error.code === 'EACCES' || error.code === 'EPERM';
  return new CertError(
    'FILE_UNREADABLE',
    `Cannot ask the agent at "${path}": ${systemReason(error)}`,
    {
      cause: error,
      hint: isRefused
        ? 'Ask as the user that the agent runs as, as root, or as a member of the group of "agent run group" with socket PATH'
        : 'It may have too much to answer, or be ending: try again',
    },
  );
}
