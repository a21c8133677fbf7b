import { describe, expect, it, onTestFinished } from 'vitest';
import type { IssueOptions } from '../harness/certificates.ts';
import { issueCa, issueTls, keyPem, loopbackNames, pems } from '../http/tls-server.ts';
import { startFront, tlsRoot, tlsWords, written } from './https-front.ts';
import { startOperator, type Operator } from './openssl/operator.ts';
import type { Relay } from './openssl/relay.ts';
import { secret } from './openssl/mock-server.ts';
import { expectCertificate, expectNothing, initialize, useOpensslPki } from './openssl/suite.ts';
import { startDaemon } from './proxies/daemon.ts';

const pki = useOpensslPki();

/** An operator whose CA stands behind TLS. */
async function behindTls(
  words: readonly string[],
  server: readonly string[] = [],
  path = '/pkix/',
): Promise<{ readonly operator: Operator; readonly front: Relay }> {
  let front: Relay | undefined;
  const operator = await startOperator(pki(), {
    server,
    ca: words,
    front: async (url) => {
      front = await startFront(url, pki());
      return new URL(path, front.url).href;
    },
  });
  await operator.bring('client');
  if (!front) throw new Error('no front');
  return { operator, front };
}

describe('certkeeper against openssl cmp behind TLS', () => {
  it('enrolls with a client certificate, its own TLS anchor and SNI [T7]', async () => {
    const { operator, front } = await behindTls(tlsWords());
    const result = await operator.run(...initialize(pki()));
    expect(result).toMatchObject({ code: 0, err: expect.not.stringContaining('error') });
    await expectCertificate(operator, 'gw1', pki().der('ee.crt'));
    expect(operator.server.received()).toEqual(['IR', 'CERTCONF']);
    expect(front.seen).toHaveLength(2);
    for (const { client, serverName } of front.seen) {
      expect({ client, serverName }).toEqual({ client: 'client', serverName: 'ra.example' });
    }
  });

  it('polls from another process through a new TLS connection, at the same labelled URL [T5][T8][T9]', async () => {
    const { operator, front } = await behindTls(
      [...tlsWords(), 'operation-labels'],
      ['-poll_count', '2', '-check_after', '1'],
      '/',
    );
    const first = await operator.run(...initialize(pki(), 'wait', '0'));
    expect(first).toMatchObject({ code: 8 });
    const second = await operator.run('cmp', 'poll', 'current-cert', 'gw1');
    expect(second).toMatchObject({ code: 0 });
    await expectCertificate(operator, 'gw1', pki().der('ee.crt'));
    expect(new Set(front.seen.map(({ path }) => path))).toEqual(
      new Set(['/.well-known/cmp/initialization']),
    );
    expect(front.seen.length).toBeGreaterThan(2);
  });

  it('trusts what the system trusts when it has no TLS anchor of its own [T7]', async () => {
    const words = ['tls-client-cert', 'client', 'tls-server-name', 'ra.example'];
    const root = written('root.pem', pems(tlsRoot));
    let front: Relay | undefined;
    const operator = await startOperator(pki(), {
      ca: words,
      env: { SSL_CERT_FILE: root },
      front: async (url) => {
        front = await startFront(url, pki());
        return front.url;
      },
    });
    await operator.bring('client');
    expect(await operator.run(...initialize(pki()))).toMatchObject({ code: 0 });
    expect(front?.seen).toHaveLength(2);
  });

  it('says when the certificate to show is not there, and sends nothing [T7]', async () => {
    const root = written('root.pem', pems(tlsRoot));
    const { operator, front } = await behindTls(['tls-root', root, 'tls-client-cert', 'nobody']);
    const result = await operator.run(...initialize(pki()));
    expect(result).toMatchObject({
      code: 3,
      err: expect.stringMatching(/certificate "nobody".*[^]*tls-client-cert[^]*CERT_UNKNOWN/),
    });
    expect(front.seen).toEqual([]);
  });
});

/** Try to enroll, see that nothing comes of it and nothing gets out, and give what was said. */
async function refusal(operator: Operator): Promise<string> {
  const { code, out, err } = await operator.run('--verbose', ...initialize(pki()));
  expect({ code, err }).toMatchObject({ code: 5 });
  for (const unsaid of [secret, 'PRIVATE KEY']) expect(out + err).not.toContain(unsaid);
  await expectNothing(operator, 'failed');
  expect(operator.server.received()).toEqual([]);
  return err;
}

describe('certkeeper against openssl s_server that is not whom it should be', () => {
  const root = issueCa('CN=TLS Root,O=Test');

  /** An operator whose CA is a TLS server that OpenSSL runs. */
  async function hostile(
    server: Partial<IssueOptions>,
    options: readonly string[] = [],
    words: readonly string[] = ['tls-root', written('root.pem', pems(root))],
    env: Readonly<Record<string, string>> = {},
  ): Promise<Operator> {
    const own = issueTls(root, loopbackNames, server);
    const certificate = written('server.pem', pems(own));
    const key = written('server.key', keyPem(own));
    const argv = ['s_server', '-accept', '0', '-www', '-cert', certificate, '-key', key];
    const daemon = await startDaemon('openssl', [...argv, ...options], /ACCEPT \S*:(\d+)/, '/');
    onTestFinished(() => daemon.stop());
    const operator = await startOperator(pki(), {
      ca: words,
      env,
      front: async () => `https://127.0.0.1:${daemon.ready[1]}/pkix/`,
    });
    await operator.bring('client');
    return operator;
  }

  it('refuses one whose certificate has expired [T7]', async () => {
    const operator = await hostile({ notAfter: new Date('2021-01-01T00:00:00Z') });
    expect(await refusal(operator)).toMatch(/has expired[^]*code: TLS_UNTRUSTED/);
  });

  it('refuses one whose certificate has another name [T7]', async () => {
    const operator = await hostile({ subject: 'CN=other.example', extensions: [] });
    expect(await refusal(operator)).toMatch(
      /for CN=other\.example, not for "127[^]*tls-server-name NAME[^]*code: TLS_UNTRUSTED/,
    );
  });

  it.each([
    ['', {}],
    [', where the environment switches verification off', { NODE_TLS_REJECT_UNAUTHORIZED: '0' }],
  ] as const)('refuses one of another CA than ours%s [T7]', async (_where, env) => {
    const operator = await hostile({}, [], [], env);
    expect(await refusal(operator)).toMatch(
      /a root that the system trusts[^]*tls-root FILE[^]*code: TLS_UNTRUSTED/,
    );
  });

  it.each(['-tls1_2', '-tls1_3'])(
    'says that one wants a client certificate, in %s [T7]',
    async (version) => {
      const operator = await hostile({}, [
        '-Verify',
        '1',
        '-CAfile',
        pki().path('ca.crt'),
        version,
      ]);
      expect(await refusal(operator)).toMatch(
        /refused TLS: [^]*tls-client-cert NAME[^]*code: TLS_REFUSED/,
      );
    },
  );

  it('says that one does not take our client certificate [T7]', async () => {
    const verify = ['-Verify', '1', '-verify_return_error', '-CAfile', pki().path('stranger.crt')];
    const words = ['tls-root', written('root.pem', pems(root)), 'tls-client-cert', 'client'];
    const operator = await hostile({}, [...verify, '-tls1_2'], words);
    expect(await refusal(operator)).toMatch(
      /refused TLS: unknown ca[^]*accepts the certificate of tls-client-cert[^]*code: TLS_REFUSED/,
    );
  });

  it('says that one speaks no TLS that is new enough [T7]', async () => {
    const operator = await hostile({}, ['-tls1_1', '-cipher', 'ALL:@SECLEVEL=0']);
    expect(await refusal(operator)).toMatch(/TLS 1\.2 or 1\.3[^]*code: TLS_REFUSED/);
  });
});
