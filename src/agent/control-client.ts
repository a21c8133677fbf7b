import { request } from 'node:http';
import { CertError, isErrorCode } from '../base/errors.ts';
import type { ControlRequest } from './control-server.ts';

/** A run may take as long as a CA does; everything else is answered at once. */
const timeoutMs = 600_000;

/** More than any answer of an agent. */
const maxOctets = 4 * 1024 * 1024;

/**
 * Ask a running agent.
 *
 * @returns its answer; undefined when nobody listens
 * @throws {CertError} what the agent says went wrong; NETWORK_TIMEOUT, FILE_UNREADABLE for a socket we may not use
 */
export async function askAgent(path: string, what: ControlRequest): Promise<object | undefined> {
  const answer = await exchange(path, what);
  if (answer === undefined) return undefined;
  const value: unknown = JSON.parse(answer);
  if (typeof value !== 'object' || value === null) {
    throw new CertError('INTERNAL', `Cannot read the agent's answer to "${what}"`);
  }
  if ('error' in value && typeof value.error === 'object' && value.error !== null) {
    const { code, message } = { code: '', message: '', ...value.error };
    throw new CertError(isErrorCode(code) ? code : 'INTERNAL', message);
  }
  return value;
}

function exchange(path: string, what: ControlRequest): Promise<string | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<string | undefined>();
  const asking = request({
    socketPath: path,
    path: `/${what}`,
    method: 'POST',
    timeout: timeoutMs,
  });
  asking.on('timeout', () => {
    asking.destroy(new CertError('NETWORK_TIMEOUT', 'Cannot wait any longer for the agent'));
  });
  asking.on('error', (error: Error & { readonly code?: string }) => {
    const isNobody = error.code === 'ENOENT' || error.code === 'ECONNREFUSED';
    if (isNobody) resolve(undefined);
    else if (error instanceof CertError) reject(error);
    else {
      reject(
        new CertError('FILE_UNREADABLE', `Cannot ask the agent at "${path}": ${error.message}`, {
          cause: error,
          hint: 'Ask as the user that the agent runs as',
        }),
      );
    }
  });
  asking.on('response', (response) => {
    let text = '';
    response.setEncoding('utf8');
    response.on('data', (part: string) => {
      text += part;
      if (text.length > maxOctets) asking.destroy();
    });
    response.on('end', () => resolve(text));
    response.on('error', reject);
  });
  asking.end();
  return promise;
}
