import type { Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ldapRetriever } from '../../src/retrieval/ldap.ts';
import { parseLdapUrl } from '../../src/retrieval/ldap-url.ts';
import { usualLimits, type RetrievalRequest } from '../../src/retrieval/retriever.ts';
import { openHostileServer } from '../http/hostile-server.ts';
import { failure } from './contract.ts';

const limits = { ...usualLimits, maxBytes: 1000 };

async function codeOf(
  answer: (socket: Socket) => void,
  more: Partial<RetrievalRequest> = {},
): Promise<string> {
  const server = await openHostileServer((socket) => {
    socket.once('data', () => answer(socket));
  });
  onTestFinished(() => server.close());
  const url = `ldap://127.0.0.1:${server.port}/cn=a?userCertificate;binary`;
  return (await failure(ldapRetriever().retrieve({ url, limits, ...more }))).code;
}

/** An answer to a search, which is message 2. */
function message(...operation: readonly number[]): Buffer {
  return Buffer.from([0x30, operation.length + 3, 0x02, 0x01, 0x02, ...operation]);
}

describe('ldapRetriever', () => {
  it('tells what does not speak LDAP', async () => {
    expect(await codeOf((socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'))).toBe(
      'NETWORK_UNREACHABLE',
    );
  });

  it('ends an answer that has no end, and hangs up', async () => {
    const left = Promise.withResolvers<void>();
    const code = await codeOf((socket) => {
      const more = (): void => {
        while (socket.writable && socket.write(Buffer.alloc(10_000)));
      };
      socket.on('drain', more).on('close', () => left.resolve());
      // Two gigabytes are announced.
      socket.write(Buffer.from('30847fffffff', 'hex'));
      more();
    });
    expect(code).toBe('RESPONSE_TOO_LARGE');
    await left.promise;
  });

  it('does not wait for an answer that is said to be too large', async () => {
    const code = await codeOf((socket) => socket.write(Buffer.from('30847fffffff', 'hex')));
    expect(code).toBe('RESPONSE_TOO_LARGE');
  });

  it('ends entries that have no end', async () => {
    const code = await codeOf((socket) => {
      // SearchResultEntry "" without attributes.
      const entry = message(0x64, 0x04, 0x04, 0x00, 0x30, 0x00);
      const more = (): void => {
        while (socket.writable && socket.write(entry));
      };
      socket.on('drain', more);
      more();
    });
    expect(code).toBe('RESPONSE_TOO_LARGE');
  });

  it('says that the server hangs up', async () => {
    expect(await codeOf((socket) => socket.destroy())).toBe('NETWORK_UNREACHABLE');
  });

  it.each([
    ['an operation that is no answer', message(0x63, 0x00)],
    ['no message at all', Buffer.from([0x30, 0x02, 0xff, 0xff])],
    ['an indefinite length', Buffer.from([0x30, 0x80, 0x00, 0x00])],
    ['a length of five octets', Buffer.from([0x30, 0x85, 0, 0, 0, 0, 1, 0])],
    ['a notice of disconnection', Buffer.from('300c02010078070a013404000400', 'hex')],
  ])('ends with %s', async (_, octets) => {
    expect(await codeOf((socket) => socket.write(octets))).toBe('NETWORK_UNREACHABLE');
  });

  it('passes over answers to others', async () => {
    // SearchResultDone busy to message 7, then noSuchObject to ours.
    const others = Buffer.from('300c02010765070a013304000400', 'hex');
    const ours = message(0x65, 0x07, 0x0a, 0x01, 0x20, 0x04, 0x00, 0x04, 0x00);
    const code = await codeOf((socket) => socket.write(Buffer.concat([others, ours])));
    expect(code).toBe('RETRIEVAL_REFUSED');
  });

  it('takes an answer octet by octet', async () => {
    const server = await openHostileServer((socket) => {
      socket.once('data', () => {
        const value = [0x04, 0x02, 0xff, 0x00];
        const attribute = [0x30, 0x09, 0x04, 0x01, 0x61, 0x31, 0x04, ...value];
        const answer = message(0x64, 0x0f, 0x04, 0x00, 0x30, 0x0b, ...attribute);
        socket.setNoDelay(true);
        for (const octet of answer) socket.write(Uint8Array.of(octet));
      });
    });
    onTestFinished(() => server.close());
    const url = `ldap://127.0.0.1:${server.port}/cn=a?A`;
    const value = await ldapRetriever().retrieve({ url, limits });
    expect(Buffer.from(value).toString('hex')).toBe('ff00');
  });

  it('gives the first of several values, or the one that is chosen', async () => {
    const server = await openHostileServer((socket) => {
      socket.once('data', () => {
        const values = [1, 2, 3].flatMap((value) => [0x04, 0x01, value]);
        const attribute = [0x30, 0x0e, 0x04, 0x01, 0x61, 0x31, 0x09, ...values];
        socket.write(message(0x64, 0x14, 0x04, 0x00, 0x30, 0x10, ...attribute));
      });
    });
    onTestFinished(() => server.close());
    const url = `ldap://127.0.0.1:${server.port}/cn=a?a`;
    const valueBy = async (choose?: RetrievalRequest['choose']): Promise<readonly number[]> => [
      ...(await ldapRetriever().retrieve({ url, limits, ...(choose && { choose }) })),
    ];
    expect(await valueBy()).toStrictEqual([1]);
    expect(await valueBy((values) => values[2])).toStrictEqual([3]);
    expect(await valueBy(() => undefined)).toStrictEqual([1]);
  });

  it('refuses an empty password, which would be no authentication', async () => {
    const credentials = { type: 'password', username: 'cn=a', password: new Uint8Array() } as const;
    expect(await codeOf(() => {}, { credentials })).toBe('CONFIG_INVALID');
  });

  it('refuses a malformed filter', async () => {
    const url = 'ldap://127.0.0.1:9/cn=a?userCertificate?sub?(cn=a';
    expect(await codeOf(() => {}, { url })).toBe('CONFIG_INVALID');
  });
});

describe('parseLdapUrl()', () => {
  it('decodes each part by itself', () => {
    const url = 'ldap://host/cn=a%3Fb%2Cc,o=%C3%BC?cACertificate;binary?SUB?(cn=a%3fb)?x=1';
    expect(parseLdapUrl(url)).toMatchObject({
      server: { host: 'host', port: 389 },
      dn: 'cn=a?b,c,o=\u00fc',
      attribute: 'cACertificate;binary',
      scope: 'sub',
      filter: '(cn=a?b)',
    });
  });

  it('looks at the entry itself when nothing else is said', () => {
    expect(parseLdapUrl('ldaps://host/cn=a?userCertificate')).toMatchObject({
      scope: 'base',
      filter: '(objectClass=*)',
    });
  });

  it.each([
    'ldap:///cn=a?userCertificate',
    'ldap://host',
    'ldap://host/cn=a',
    'ldap://host/cn=a?',
    'ldap://host/cn=a?*',
    'ldap://host/cn=a?a,b',
    'ldap://host/cn=a?a?children',
    'ldap://host/cn=a?a?base?(x=y)?!critical',
    'ldap://host/cn=a?a?base?(x=y)?x?y',
    'ldap://host/cn=a%?a',
    'ldap://host/cn=a%00?a',
  ])('refuses %s', (url) => {
    expect(() => parseLdapUrl(url)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  });
});
