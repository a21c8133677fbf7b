import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { retrieve, type RetrieveOptions } from '../../src/retrieval/retrieve.ts';
import { onRequest, openHostileServer, responseText } from '../http/hostile-server.ts';
import { failure } from './contract.ts';
import { openFakeFtp } from './fake-ftp.ts';
import { honest, openFakeSftp } from './fake-sftp.ts';
import { openFakeTftp, serving } from './fake-tftp.ts';

const source = join(import.meta.dirname, '../../src/retrieval');
const hello = Buffer.from('hello');

/** A URL of each scheme with "hello" behind it, and what goes with it. */
const places: Readonly<Record<string, () => Promise<readonly [string, RetrieveOptions]>>> = {
  async http() {
    const server = await openHostileServer((socket) =>
      onRequest(socket, () => void socket.write(responseText('hello'))),
    );
    onTestFinished(() => server.close());
    return [server.url, {}];
  },
  async ftp() {
    const server = await openFakeFtp({});
    onTestFinished(() => server.close());
    return [server.url, {}];
  },
  async sftp() {
    const server = await openFakeSftp({ '/a': honest(hello) });
    onTestFinished(() => server.close());
    return [
      `sftp://127.0.0.1:${server.port}/a`,
      {
        hostKeys: { type: 'fingerprints', fingerprints: [server.fingerprint] },
        credentials: { type: 'password', username: 'agent', password: Buffer.from('s3cret') },
      },
    ];
  },
  async tftp() {
    const server = await openFakeTftp(serving({ a: hello }, true));
    onTestFinished(() => server.close());
    return [`tftp://127.0.0.1:${server.port}/a`, {}];
  },
  async ldap() {
    const server = await openHostileServer((socket) => {
      // SearchResultEntry with "a" = "hello".
      const entry = '301702010264120400300e300c0401613107040568656c6c6f';
      socket.once('data', () => socket.write(Buffer.from(entry, 'hex')));
    });
    onTestFinished(() => server.close());
    return [`ldap://127.0.0.1:${server.port}/cn=a?a`, {}];
  },
};

describe('retrieve()', () => {
  it.each(Object.keys(places))('fetches by %s what is there', async (scheme) => {
    const [url, options] = (await places[scheme]?.()) ?? ['', {}];
    expect(
      Buffer.from(await retrieve(url, options))
        .toString()
        .trim(),
    ).toBe('hello');
  });

  it('reads a file by its path and by its URL', async () => {
    const path = join(source, 'retrieve.ts');
    expect(await retrieve(path)).toHaveLength(readFileSync(path).length);
    expect(await retrieve(`file://${path}`)).toHaveLength(readFileSync(path).length);
  });

  it('keeps to the limits it is given', async () => {
    const path = join(source, 'retrieve.ts');
    const error = await failure(retrieve(path, { limits: { maxBytes: 10 } }));
    expect(error.code).toBe('RESPONSE_TOO_LARGE');
  });

  it.each(['gopher://host/a', 'ca.pem', ''])('refuses "%s"', async (url) => {
    expect((await failure(retrieve(url))).code).toBe('CONFIG_INVALID');
  });

  it.each(Object.keys(places))(
    'lets the process end after %s, fetched or aborted',
    async (scheme) => {
      const [url, options] = (await places[scheme]?.()) ?? ['', {}];
      const silent = await openHostileServer((socket) => void socket.resume());
      onTestFinished(() => silent.close());
      const nowhere = url.replace(/127\.0\.0\.1:\d+/, `127.0.0.1:${silent.port}`);
      const { credentials, hostKeys } = options;
      const script = `
      const { retrieve } = await import(${JSON.stringify(join(source, 'retrieve.ts'))});
      const { url, nowhere, hostKeys, secret } = JSON.parse(process.env.TEST_PLACE);
      const credentials = secret && { type: 'password', username: 'agent', password: Buffer.from(secret) };
      const options = { ...(hostKeys && { hostKeys }), ...(credentials && { credentials }) };
      const file = await retrieve(url, options);
      const error = await retrieve(nowhere, { ...options, limits: { totalTimeoutMs: 50 } }).catch((e) => e);
      console.log(file.length, error.code);`;
      const place = {
        url,
        nowhere,
        hostKeys,
        secret:
          credentials?.type === 'password' ? Buffer.from(credentials.password).toString() : '',
      };
      const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
        env: { ...process.env, TEST_PLACE: JSON.stringify(place) },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let text = '';
      for (const stream of [child.stdout, child.stderr]) {
        stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
      }
      const code = await new Promise((resolve) => child.on('close', resolve));
      expect({ code, text }).toEqual({
        code: 0,
        text: expect.stringMatching(/^[56] NETWORK_TIMEOUT\n$/),
      });
    },
  );
});

describe('the files of src/retrieval', () => {
  it('load the libraries only when one of their URLs comes', () => {
    for (const name of readdirSync(source)) {
      const text = readFileSync(join(source, name), 'utf8');
      const early = /^import (?!type)[^;]*from '(?:basic-ftp|ldapts|ssh2-sftp-client)'/m.exec(text);
      expect(early?.[0], name).toBeUndefined();
    }
  });
});
