import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { onTestFinished } from 'vitest';

/** An HTTP server on loopback with files, until the test ends. */
export interface FileHost {
  /** "http://127.0.0.1:40001" */
  readonly origin: string;
  /** The path of each request, with the Authorization that came along. */
  readonly requests: readonly string[];
}

/** What answers for one path: octets, or whatever a test does. */
export type Answer = Uint8Array | ((request: IncomingMessage, response: ServerResponse) => void);

/** Serve files by their path; what is not there is 404. */
export async function serveFiles(files: Readonly<Record<string, Answer>>): Promise<FileHost> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const { url = '', headers } = request;
    requests.push([url, headers.authorization].filter(Boolean).join(' '));
    const answer = Object.hasOwn(files, url) ? files[url] : undefined;
    if (typeof answer === 'function') return answer(request, response);
    response.statusCode = answer === undefined ? 404 : 200;
    response.end(answer);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { origin: `http://127.0.0.1:${address.port}`, requests };
}
