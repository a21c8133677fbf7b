import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { hasPeer, requirePeer } from '../harness/require.ts';
import { unusedPort } from '../http/hostile-server.ts';
import { proxies, proxyPassword, proxyUser, type Proxy } from './proxies/proxies.ts';
import { listing } from './revocation/crl-files.ts';
import { cas, linesFor, peerSerial, workshop, type Workshop } from './revocation/pki.ts';
import {
  octets,
  startMatrixResponder,
  type MatrixResponder,
  type Query,
} from './revocation/responder.ts';
import { makeSite, type Site } from './revocation/site.ts';
import { tunnelRows, type TunnelRow } from './revocation/tunnel-rows.ts';

let shop: Workshop;
let site: Site;
let responder: MatrixResponder;
let queries: Query[] = [];

const wrongPassword = 'wr0ng-s3cret';

beforeAll(async () => {
  if (!hasPeer('openssl') || !hasPeer('faketime')) return;
  shop = workshop();
  site = makeSite({ RIGHT: proxyPassword, WRONG: wrongPassword });
  responder = await startMatrixResponder();
  const peer = { name: 'peer', issuer: 'sub', serial: peerSerial, extensions: [] };
  shop.run(...[...cas, peer].flatMap((wanted) => linesFor(shop, wanted)));
  shop.write('good.txt', `V\t400101000000Z\t\t${peerSerial.toString(16)}\tunknown\t/CN=x\n`);
  shop.write('revoked.txt', listing('keyCompromise'));
  const about = `-issuer sub.crt -serial ${peerSerial} -no_nonce`;
  const signer = '-CA sub.crt -rsigner sub.crt -rkey sub.key -nmin 600 -noverify';
  shop.run(
    ...['good', 'revoked'].map(
      (word) => `openssl ocsp ${about} -index ${word}.txt ${signer} -respout ${word}.der`,
    ),
  );
  await site.say(
    ...['root', 'sub'].map((ca) => `cert import cert-name ${ca} file ${shop.path(ca)}.crt ca`),
    `ca add plant url http://127.0.0.1:9/ root ${shop.path('root.crt')} intermediate ${shop.path('sub.crt')}`,
  );
});
afterAll(async () => {
  await responder?.close();
  site?.close();
  shop?.close();
});

function urlFor({ responder: where }: TunnelRow): string {
  if (where === 'forbidden') return 'http://192.0.2.1:1/ocsp';
  if (where !== 'down') return responder.url;
  // tinyproxy connects to one port alone; on another address nobody has it.
  return `http://127.0.0.2:${responder.port}/ocsp`;
}

describe.each([
  ['squid', 'squid-openssl'],
  ['tinyproxy', 'tinyproxy'],
] as const)('what a peer is judged by, when the responder is behind %s, which', (name, debian) => {
  const running = new Map<boolean, Proxy>();

  beforeAll(async () => {
    if (!hasPeer(debian) || !responder) return;
    for (const isOpen of [true, false]) {
      running.set(isOpen, await proxies[name](responder.port, isOpen));
    }
  });
  afterAll(async () => {
    for (const proxy of running.values()) await proxy.close();
  });
  beforeEach((context) => {
    for (const peer of ['openssl', 'faketime', debian] as const) requirePeer(context, peer);
  });

  function proxyOf({ isOpen = false }: TunnelRow): Proxy {
    const proxy = running.get(isOpen);
    if (!proxy) throw new Error(`no ${name}`);
    return proxy;
  }

  /** The settings with an OCSP object that goes this way. */
  async function prepared(row: TunnelRow): Promise<Site> {
    const copied = site.copy();
    onTestFinished(() => copied.close());
    const { user, password, proxy } = row;
    const port = proxy === 'down' ? await unusedPort() : new URL(proxyOf(row).url).port;
    const login =
      user === undefined ? '' : ` tunnel-username ${user === 'known' ? proxyUser : 'nobody'}`;
    const secret = password === undefined ? '' : ` tunnel-password env:${password.toUpperCase()}`;
    const timeout = row.says === 'timeout' ? 300 : 20_000;
    await copied.say(
      `ocsp verify-object hq url ${urlFor(row)} verify-others off ca-chain plant nonce off timeout ${timeout} cache-error-timeout 60 tunneling on tunnel-address 127.0.0.1 tunnel-port ${port}${login}${secret}`,
      'crypto map asked ikev2-ipv4 ca sub ocsp-cert-validator hq deadline 60000',
    );
    queries = [];
    responder.serve((query, out) => {
      queries.push(query);
      return octets(shop.read(`${row.says === 'revoked' ? 'revoked' : 'good'}.der`))(query, out);
    });
    if (proxy === 'slow') {
      const { signal } = proxyOf(row);
      signal('SIGSTOP');
      onTestFinished(() => signal('SIGCONT'));
    }
    return copied;
  }

  it.each(tunnelRows.map((row) => [row.title, row] as const))('%s', async (_, row) => {
    const by = await prepared(row);
    const judged = await by.judge({
      choice: { name: 'asked' },
      peer: shop.certificate('peer'),
    });
    expect(judged).toMatchObject({ reasons: row.says === 'good' ? [] : [row.says] });
    const isAsked = row.says === 'good' || row.says === 'revoked';
    expect(queries).toHaveLength(isAsked ? 1 : 0);
    // What is inside the tunnel is for the responder: nothing of the proxy, and nothing for it.
    for (const { headers } of queries) {
      expect(headers).not.toHaveProperty('via');
      expect(headers).not.toHaveProperty('proxy-authorization');
    }
  });

  it.each(
    tunnelRows
      .filter(({ password }) => password !== undefined)
      .map((row) => [row.title, row] as const),
  )('%s, by the program, which says no password', async (_, row) => {
    const by = await prepared(row);
    const judged = await by.verify([shop.path('peer.crt'), 'policy', 'asked']);
    expect(judged).toMatchObject({ reasons: row.says === 'good' ? [] : [row.says] });
    for (const secret of [proxyPassword, wrongPassword]) {
      expect(judged.printed).not.toContain(secret);
      expect(judged.printed).not.toContain(
        Buffer.from(`${proxyUser}:${secret}`).toString('base64'),
      );
    }
  });
});
