import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { unusedPort } from '../http/hostile-server.ts';
import { requirePeer } from '../harness/require.ts';
import { startFront, tlsWords } from './https-front.ts';
import { startOperator, type Operator } from './openssl/operator.ts';
import { startRelay, type Relay } from './openssl/relay.ts';
import { expectCertificate, expectNothing, initialize, useOpensslPki } from './openssl/suite.ts';
import { proxies, proxyPassword, proxyUser, type Proxy } from './proxies/proxies.ts';

const pki = useOpensslPki();

/** An operator whose CA is to be reached through a proxy. */
interface Scene {
  readonly operator: Operator;
  /** What stands before the CA, and sees what comes out of the proxy. */
  readonly front: Relay;
  readonly proxy: Proxy;
}

interface Differently {
  /** Who to tell the proxy we are; nobody when false. */
  readonly password?: string | false;
  /** Where the CA is said to be, in place of where it is. */
  readonly url?: string;
  /** Options of `openssl cmp`. */
  readonly server?: readonly string[];
}

const credentials = ['proxy-user', proxyUser, 'proxy-password', 'env:PROXY_PASSWORD'];

/** What no output may hold: the password, and how it goes over the wire. */
const unsaid = [
  proxyPassword,
  'wr0ng-s3cret',
  Buffer.from(`${proxyUser}:${proxyPassword}`).toString('base64'),
  Buffer.from(`${proxyUser}:wr0ng-s3cret`).toString('base64'),
];

/** Try to enroll, see that nothing comes of it and no secret gets out, and give what was said. */
async function refusal({ operator, front }: Scene): Promise<string> {
  const { code, out, err } = await operator.run('--verbose', ...initialize(pki()));
  expect({ code, err }).toMatchObject({ code: 5 });
  for (const each of unsaid) expect(out + err).not.toContain(each);
  await expectNothing(operator, 'failed');
  expect(front.seen).toEqual([]);
  return err;
}

describe.each([
  ['squid', 'squid-openssl'],
  ['tinyproxy', 'tinyproxy'],
] as const)('certkeeper against openssl cmp behind %s', (name, debian) => {
  beforeEach((context) => requirePeer(context, debian));

  async function behind(
    scheme: 'http' | 'https',
    { password = proxyPassword, url, server = [] }: Differently = {},
  ): Promise<Scene> {
    const words: string[] = [];
    let front: Relay | undefined;
    let proxy: Proxy | undefined;
    const operator = await startOperator(pki(), {
      server,
      env: password === false ? {} : { PROXY_PASSWORD: password },
      ca: words,
      front: async (target) => {
        // OpenSSL forgets a transaction with its connection, and tinyproxy ends that after each request.
        const relay = await startRelay(target);
        onTestFinished(() => relay.close());
        front = scheme === 'https' ? await startFront(relay.url, pki()) : relay;
        const started = await proxies[name](front.port);
        onTestFinished(() => started.close());
        proxy = started;
        words.push('proxy', started.url, ...(password === false ? [] : credentials));
        if (scheme === 'https') words.push(...tlsWords());
        return url ?? front.url;
      },
    });
    await operator.bring('client');
    if (!front || !proxy) throw new Error('nothing stands before the CA');
    return { operator, front, proxy };
  }

  it('enrolls over plain http, naming the whole URL to it [T7]', async () => {
    const { operator, front } = await behind('http');
    expect(await operator.run(...initialize(pki()))).toMatchObject({ code: 0 });
    await expectCertificate(operator, 'gw1', pki().der('ee.crt'));
    expect(operator.server.received()).toEqual(['IR', 'CERTCONF']);
    expect(front.seen).toHaveLength(2);
    for (const { headers } of front.seen) {
      expect(headers['via']).toContain(name);
      expect(headers).not.toHaveProperty('proxy-authorization');
    }
  });

  it('enrolls over https, through CONNECT [T7]', async () => {
    const { operator, front } = await behind('https');
    expect(await operator.run(...initialize(pki()))).toMatchObject({ code: 0 });
    await expectCertificate(operator, 'gw1', pki().der('ee.crt'));
    expect(front.seen).toHaveLength(2);
    for (const { headers, client, serverName } of front.seen) {
      expect({ client, serverName }).toEqual({ client: 'client', serverName: 'ra.example' });
      expect(headers).not.toHaveProperty('via');
      expect(headers).not.toHaveProperty('proxy-authorization');
    }
  });

  it.each(['http', 'https'] as const)(
    'polls over %s in another process, through another connection [T8]',
    async (scheme) => {
      const scene = await behind(scheme, { server: ['-poll_count', '2', '-check_after', '1'] });
      const { operator } = scene;
      expect(await operator.run(...initialize(pki(), 'wait', '0'))).toMatchObject({ code: 8 });
      const polled = await operator.run('cmp', 'poll', 'current-cert', 'gw1');
      expect(polled).toMatchObject({ code: 0 });
      await expectCertificate(operator, 'gw1', pki().der('ee.crt'));
    },
  );

  it('goes where the CA profile says, whatever HTTP_PROXY says [T7]', async () => {
    const proxy = await proxies[name](1);
    onTestFinished(() => proxy.close());
    const variables = ['HTTP_PROXY', 'HTTPS_PROXY', 'http_proxy', 'https_proxy', 'ALL_PROXY'];
    const env = Object.fromEntries(variables.map((each) => [each, proxy.url]));
    const operator = await startOperator(pki(), { env: { ...env, NODE_USE_ENV_PROXY: '1' } });
    // It would ask for a password.
    expect(await operator.run(...initialize(pki()))).toMatchObject({ code: 0 });
  });

  it('says over http that the password is wrong [T7]', async () => {
    const scene = await behind('http', { password: 'wr0ng-s3cret' });
    // tinyproxy answers 401, as a server would.
    expect(await refusal(scene)).toMatch(
      /HTTP 40[17][^]*Check proxy-user and proxy-password[^]*code: (?:PROXY_REFUSED|HTTP_STATUS)/,
    );
  });

  it('says over https that the password is wrong [T7]', async () => {
    const scene = await behind('https', { password: 'wr0ng-s3cret' });
    expect(await refusal(scene)).toMatch(
      /does not take user "agent7"[^]*Check proxy-user and proxy-password[^]*code: PROXY_REFUSED/,
    );
    const json = await scene.operator.run('--json', '--verbose', ...initialize(pki()));
    const shown = await scene.operator.run('--json', 'ca', 'show', 'mock');
    const all = [json.out, json.err, shown.out, shown.err].join('');
    for (const each of unsaid) expect(all).not.toContain(each);
  });

  it.each(['http', 'https'] as const)(
    'says over %s that it wants a password [T7]',
    async (scheme) => {
      const scene = await behind(scheme, { password: false });
      expect(await refusal(scene)).toMatch(
        /wants a user name and a password[^]*with proxy-user U[^]*code: PROXY_REFUSED/,
      );
    },
  );

  it('says that it does not connect to a place it may not [T7]', async () => {
    const scene = await behind('https', { url: 'https://192.0.2.1:1/pkix/' });
    expect(await refusal(scene)).toMatch(
      /does not connect to 192\.0\.2\.1:1 \(HTTP 403\)[^]*leave proxy out[^]*code: PROXY_REFUSED/,
    );
  });

  it('says over http that the proxy may be the one that answers [T7]', async () => {
    const scene = await behind('http', { url: `http://127.0.0.1:${await unusedPort()}/pkix/` });
    expect(await refusal(scene)).toMatch(
      /HTTP 50\d[^]*see the log of the proxy[^]*code: HTTP_STATUS/,
    );
  });
});
