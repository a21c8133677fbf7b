import type { Socket } from 'node:net';
import { inspect } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ftpRetriever } from '../../src/retrieval/ftp.ts';
import { usualLimits, type RetrievalRequest } from '../../src/retrieval/retriever.ts';
import { openHostileServer, unusedPort } from '../http/hostile-server.ts';
import { failure } from './contract.ts';
import { openFakeFtp, type FakeFtp, type FtpScript } from './fake-ftp.ts';

interface Fetch {
  readonly server: FakeFtp;
  readonly fetched: Promise<Uint8Array>;
}

const limits = { ...usualLimits, maxBytes: 1000 };

async function fetch(
  script: FtpScript,
  send?: (data: Socket) => void,
  more: Partial<RetrievalRequest> = {},
): Promise<Fetch> {
  const server = await openFakeFtp(script, send);
  const fetched = ftpRetriever.retrieve({ url: server.url, limits, ...more });
  fetched.catch(() => {});
  onTestFinished(() => server.close());
  return { server, fetched };
}

async function codeOf(...args: Parameters<typeof fetch>): Promise<string> {
  return (await failure((await fetch(...args)).fetched)).code;
}

describe('ftpRetriever', () => {
  it('logs in as anonymous, and asks in binary for the length and the file', async () => {
    const { server, fetched } = await fetch({});
    expect(Buffer.from(await fetched).toString()).toBe('hello');
    const words = ['USER anonymous', 'PASS anonymous@', 'TYPE I', 'SIZE ca.crl', 'EPSV'];
    expect(server.commands.slice(0, 6)).toEqual([...words, 'RETR ca.crl']);
  });

  it('looks at no address that the server names, only at its port', async () => {
    // 192.0.2.1 is nobody (RFC 5737).
    const { server, fetched } = await fetch({
      EPSV: '502 unknown',
      PASV: (port) => `227 there (192,0,2,1,${port >> 8},${port & 0xff})`,
    });
    expect(await fetched).toHaveLength(5);
    expect(server.commands).toContain('PASV');
  });

  it.each([
    ['EPSV names an address', '229 there (|1|192.0.2.1|2000|)'],
    ['EPSV names no port', '229 there (|||0|)'],
    ['EPSV names a port that is none', '229 there (|||99999|)'],
  ])('asks by PASV when %s', async (_, answer) => {
    const { fetched } = await fetch({ EPSV: answer });
    expect(await fetched).toHaveLength(5);
  });

  it.each(['227 where?', '227 (1,2,3,4,999,999)', '227 (127,0,0,1,0,0)'])(
    'gives up at %s',
    async (answer) => {
      expect(await codeOf({ EPSV: '502 unknown', PASV: answer })).toBe('NETWORK_UNREACHABLE');
    },
  );

  it('says that nobody listens on the port for the data', async () => {
    const port = await unusedPort();
    const { fetched } = await fetch({ EPSV: `229 (|||${port}|)` });
    const error = await failure(fetched);
    expect(error.code).toBe('NETWORK_UNREACHABLE');
    expect(error.message).toContain('connection refused');
  });

  it('ends a file that has no end', async () => {
    const left = Promise.withResolvers<void>();
    const code = await codeOf({ SIZE: '502 unknown' }, (data) => {
      const more = (): void => {
        while (data.writable && data.write('x'.repeat(1000)));
      };
      data.on('drain', more).on('close', () => left.resolve());
      more();
    });
    expect(code).toBe('RESPONSE_TOO_LARGE');
    await left.promise;
  });

  it('does not ask for a file that is said to be too large', async () => {
    const { server, fetched } = await fetch({ SIZE: '213 1001' });
    expect((await failure(fetched)).code).toBe('RESPONSE_TOO_LARGE');
    expect(server.commands).not.toContain('RETR ca.crl');
  });

  it.each(['213 4', '213 6'])('refuses a file of another length than %s', async (answer) => {
    expect(await codeOf({ SIZE: answer })).toBe('NETWORK_UNREACHABLE');
  });

  it.each(['500 unknown', '550 not in ASCII', '213 many', '213 -1', '213'])(
    'does without a length when the answer is %s',
    async (answer) => {
      const { fetched } = await fetch({ SIZE: answer });
      expect(await fetched).toHaveLength(5);
    },
  );

  it('refuses half of a file that ends by a reset', async () => {
    const code = await codeOf({ SIZE: '500 unknown' }, (data) => {
      data.write('hel', () => data.resetAndDestroy());
    });
    expect(code).toBe('NETWORK_UNREACHABLE');
  });

  it.each([
    ['550 no such file', 'RETRIEVAL_REFUSED'],
    ['150 coming\r\n451 disk error', 'RETRIEVAL_REFUSED'],
    ['150 coming\r\n426 aborted', 'NETWORK_UNREACHABLE'],
    ['425 no data connection', 'NETWORK_UNREACHABLE'],
    ['421 going down', 'NETWORK_UNREACHABLE'],
  ])('takes no file after %s', async (answer, code) => {
    expect(await codeOf({ RETR: answer, SIZE: '500 unknown' })).toBe(code);
  });

  it('hears what the server says, though the data connection was reset before that', async () => {
    const data = Promise.withResolvers<Socket>();
    const { server, fetched } = await fetch({ RETR: 'silence' }, data.resolve);
    const socket = await data.promise;
    const reset = new Promise((resolve) => socket.on('close', resolve));
    await server.isAsked;
    socket.resetAndDestroy();
    await reset;
    await server.say('550 no such file');
    expect((await failure(fetched)).message).toContain('no such file');
  });

  it('waits no longer than allowed for the word that all has come', async () => {
    const short = { limits: { ...limits, totalTimeoutMs: 200 } };
    expect(await codeOf({ RETR: '150 coming' }, undefined, short)).toBe('NETWORK_TIMEOUT');
    expect(await codeOf({ RETR: 'silence' }, () => {}, short)).toBe('NETWORK_TIMEOUT');
  });

  it.each(['120 later', '421 full', '530 no'])(
    'does not go on after the greeting %s',
    async (greeting) => {
      const { server, fetched } = await fetch({ '': greeting });
      expect((await failure(fetched)).code).toMatch(/NETWORK_UNREACHABLE|RETRIEVAL_REFUSED/);
      expect(server.commands).not.toContain('USER anonymous');
    },
  );

  it('says that the server hangs up', async () => {
    const server = await openHostileServer((socket) => void socket.end());
    onTestFinished(() => server.close());
    const url = `ftp://127.0.0.1:${server.port}/a`;
    const { code, message } = await failure(ftpRetriever.retrieve({ url, limits }));
    expect(code).toBe('NETWORK_UNREACHABLE');
    expect(message).toMatch(/connection closed by the peer$/);
  });

  it('does not read an answer without end', async () => {
    expect(await codeOf({ '': `220-${'x'.repeat(10_000_000)}` })).toBe('NETWORK_UNREACHABLE');
  });

  it.each([
    ['at the login', { PASS: '530 "s3cret" is wrong' }],
    ['later', { RETR: '550 nothing for s3cret here' }],
  ])('repeats no password that the server repeats %s', async (_, script) => {
    const { fetched } = await fetch(script, undefined, {
      credentials: { type: 'password', username: 'agent', password: Buffer.from('s3cret') },
    });
    const error = await failure(fetched);
    expect(error.code).toBe('RETRIEVAL_REFUSED');
    expect(inspect(error, { depth: Infinity, showHidden: true })).not.toContain('s3cret');
  });

  it('sends no command within a name, a user or a password', async () => {
    const { server } = await fetch({});
    for (const path of ['/a%0D%0ADELE%20b', '/a%00']) {
      const url = server.url.replace('/ca.crl', path);
      expect((await failure(ftpRetriever.retrieve({ url, limits }))).code).toBe('CONFIG_INVALID');
    }
    for (const [username, password] of [
      ['a\r\nDELE b', 'x'],
      ['a', 'x\r\nDELE b'],
    ] as const) {
      const credentials = { type: 'password', username, password: Buffer.from(password) } as const;
      const fetched = ftpRetriever.retrieve({ url: server.url, limits, credentials });
      expect((await failure(fetched)).code).toBe('CONFIG_INVALID');
    }
    expect(server.commands.join(' ')).not.toContain('DELE');
  });

  it('refuses a text type and a private key', async () => {
    const { server } = await fetch({});
    const url = `${server.url};type=a`;
    expect((await failure(ftpRetriever.retrieve({ url, limits }))).code).toBe('CONFIG_INVALID');
    const credentials = { type: 'key', username: 'a', privateKey: new Uint8Array() } as const;
    const fetched = ftpRetriever.retrieve({ url: server.url, limits, credentials });
    expect((await failure(fetched)).code).toBe('CONFIG_INVALID');
  });
});
