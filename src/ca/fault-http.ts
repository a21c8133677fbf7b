import type { ServerResponse } from 'node:http';
import type { Fault } from './fault-draft.ts';
import type { HttpFault } from './fault-exchange.ts';

const CMP = 'application/pkixcmp';
const html = Buffer.from('<html><body>It works!</body></html>\n');
const MEBI = 1 << 20;

/** Faults of the HTTP exchange; the PKIMessage itself, where there is one, is right. */
export const httpFaults: Readonly<Record<string, Fault>> = {
  'empty-body': http('The body is empty', async ({ handle, answer }) => {
    await handle();
    answer(200, CMP, new Uint8Array());
  }),
  'html-200': http('A web page comes in its place, with status 200', async ({ handle, answer }) => {
    await handle();
    answer(200, 'text/html', html);
  }),
  'text-plain': http('The message comes as text/plain', async ({ handle, answer }) =>
    answer(200, 'text/plain', await handle()),
  ),
  'body-100mb': http('The body has 100 MB and does not say so', async ({ response, handle }) => {
    await handle();
    response.writeHead(200, { 'content-type': CMP });
    const chunk = Buffer.alloc(MEBI, 0x30);
    for (let sent = 0; sent < 100 && !response.destroyed; sent++) {
      if (!response.write(chunk)) await drained(response);
    }
    response.end();
  }),
  'announced-100mb': http('The Content-Length is 100 MB', async ({ response, handle }) => {
    await handle();
    response.writeHead(200, { 'content-type': CMP, 'content-length': 100 * MEBI });
    response.write(html);
  }),
  'redirect-301': http('The service is elsewhere, says status 301', async ({ response }) => {
    response.writeHead(301, { location: 'http://127.0.0.1:9/elsewhere', 'content-length': 0 });
    response.end();
  }),
  'status-404': http('There is nothing there, says status 404', async ({ answer }) =>
    answer(404, 'text/html', html),
  ),
  'status-500': http('The server failed, says status 500', async ({ handle, answer }) => {
    await handle();
    answer(500, 'text/html', html);
  }),
  'status-503': http('The server has no time, says status 503', async ({ answer }) =>
    answer(503, 'text/plain', new Uint8Array()),
  ),
  'close-before': http('The connection closes before the lab acted', async ({ response }) => {
    response.destroy();
  }),
  'close-after': http('The connection closes after the lab acted', async ({ response, handle }) => {
    await handle();
    response.destroy();
  }),
  silence: http('The lab acts, and no answer comes', async ({ handle }) => {
    await handle();
  }),
  'lost-pkiconf': {
    ...http('No pkiconf arrives, however often it is asked for', async ({ response, handle }) => {
      await handle();
      response.destroy();
    }),
    body: 'pkiconf',
    times: Infinity,
  },

  'message-with-404': withStatus(404),
  'message-with-500': withStatus(500),
  'message-with-503': withStatus(503),
};

function http(summary: string, exchange: HttpFault['exchange']): Fault & HttpFault {
  return { where: 'http', ends: 'refused', summary, exchange };
}

function withStatus(status: number): Fault {
  return {
    ...http(`The message comes with status ${status}`, async ({ handle, answer }) =>
      answer(status, CMP, await handle()),
    ),
    ends: 'survived',
  };
}

function drained(response: ServerResponse): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  response.once('drain', resolve);
  response.once('close', resolve);
  return promise;
}
