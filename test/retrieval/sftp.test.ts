import { describe, expect, it, onTestFinished } from 'vitest';
import { sftpRetriever } from '../../src/retrieval/sftp.ts';
import {
  usualLimits,
  type Credentials,
  type RetrievalRequest,
} from '../../src/retrieval/retriever.ts';
import { failure, retrieverContract } from './contract.ts';
import { honest, openFakeSftp, type FakeFile, type FakeSftp } from './fake-sftp.ts';

function password(text: string): Credentials {
  return { type: 'password', username: 'agent', password: Buffer.from(text) };
}

describe('sftpRetriever with a password', () => {
  retrieverContract(
    async (files) => {
      const server = await openFakeSftp(
        Object.fromEntries(
          Object.entries(files).map(([name, octets]) => [`/${name}`, honest(octets)]),
        ),
      );
      return {
        retriever: sftpRetriever({ type: 'fingerprints', fingerprints: [server.fingerprint] }),
        urlOf: (name) => `sftp://127.0.0.1:${server.port}/${name}`,
        credentials: password('s3cret'),
        wrong: password('wr0ng-s3cret'),
        missing: 'RETRIEVAL_REFUSED',
        at: (port) => `sftp://127.0.0.1:${port}/one`,
        close: server.close,
      };
    },
    { network: 'tcp', wrongUser: 'RETRIEVAL_REFUSED' },
  );
});

const limits = { ...usualLimits, maxBytes: 1000 };

interface Fetch {
  readonly server: FakeSftp;
  readonly fetched: Promise<Uint8Array>;
}

async function fetch(
  file: FakeFile,
  more: Partial<RetrievalRequest> = {},
  onReady?: (cut: () => void) => void,
): Promise<Fetch> {
  const server = await openFakeSftp({ '/ca.crl': file }, onReady);
  onTestFinished(() => server.close());
  const { fingerprint, port } = server;
  const fetched = sftpRetriever({ type: 'fingerprints', fingerprints: [fingerprint] }).retrieve({
    url: `sftp://127.0.0.1:${port}/ca.crl`,
    limits,
    credentials: password('s3cret'),
    ...more,
  });
  fetched.catch(() => {});
  return { server, fetched };
}

async function codeOf(...args: Parameters<typeof fetch>): Promise<string> {
  return (await failure((await fetch(...args)).fetched)).code;
}

function endless(size: number): FakeFile {
  return { size, read: (_, length) => Buffer.alloc(length) };
}

describe('sftpRetriever', () => {
  it('ends a file that has no end, whatever length was announced', async () => {
    expect(await codeOf(endless(5))).toBe('RESPONSE_TOO_LARGE');
    expect(await codeOf(endless(0))).toBe('RESPONSE_TOO_LARGE');
  });

  it('does not read a file that is said to be too large', async () => {
    let reads = 0;
    const read = (): Buffer => {
      reads += 1;
      return Buffer.alloc(0);
    };
    expect(await codeOf({ size: 1001, read })).toBe('RESPONSE_TOO_LARGE');
    expect(reads).toBe(0);
  });

  it.each([4, 6])('refuses a file of 5 octets that was announced with %i', async (size) => {
    expect(await codeOf({ ...honest(Buffer.from('hello')), size })).toBe('NETWORK_UNREACHABLE');
  });

  it('waits no longer than allowed for a file that does not come', async () => {
    const short = { limits: { ...limits, totalTimeoutMs: 500 } };
    expect(await codeOf({ size: 5, read: () => undefined }, short)).toBe('NETWORK_TIMEOUT');
  });

  it('says that the connection broke', async () => {
    const cuts: (() => void)[] = [];
    const read = (): undefined => {
      for (const cut of cuts) cut();
    };
    const code = await codeOf({ size: 5, read }, {}, (cut) => void cuts.push(cut));
    expect(code).toBe('NETWORK_UNREACHABLE');
  });

  it('tells nobody a password or a name whose host key is not the right one', async () => {
    const { server } = await fetch(honest(Buffer.from('x')));
    const before = server.logins.length;
    const wrong = `SHA256:${'A'.repeat(43)}`;
    const fetched = sftpRetriever({ type: 'fingerprints', fingerprints: [wrong] }).retrieve({
      url: `sftp://127.0.0.1:${server.port}/ca.crl`,
      limits,
      credentials: { ...password('s3cret'), username: 'stranger' },
    });
    expect((await failure(fetched)).code).toBe('HOST_KEY_UNTRUSTED');
    expect(server.logins.slice(before).join(' ')).not.toContain('stranger');
  });

  it('connects to nobody when no host key is configured', async () => {
    const fetched = sftpRetriever(undefined).retrieve({
      url: 'sftp://127.0.0.1:9/ca.crl',
      limits,
      credentials: password('s3cret'),
    });
    expect((await failure(fetched)).code).toBe('CONFIG_INVALID');
  });
});
