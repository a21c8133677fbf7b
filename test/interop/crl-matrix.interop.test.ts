import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { PeerPackageName } from '../../scripts/peer-packages.ts';
import { putConfiguredCrl } from '../../src/lifecycle/configured-crls.ts';
import { putPolicy } from '../../src/lifecycle/validation-policies.ts';
import { hasPeer, requirePeer } from '../harness/require.ts';
import { unusedPort } from '../http/hostile-server.ts';
import {
  filePassword,
  fileUser,
  ldapUser,
  startAtftpd,
  startNginx,
  startProftpd,
  startSlapd,
  startSshd,
  type FileServer,
} from './retrieval-servers.ts';
import { crlEntry, makeCrls } from './revocation/crl-files.ts';
import {
  crlRows,
  expectedOfCrl,
  listCrlRows,
  listCrlSources,
  type CrlRow,
  type CrlRowName,
  type CrlSourceName,
} from './revocation/crl-rows.ts';
import { workshop, type Workshop } from './revocation/pki.ts';
import { makeSite, type Judging, type Site } from './revocation/site.ts';

/** A server of one scheme. */
interface Source {
  readonly server?: FileServer;
  /** Where a file is. */
  url(name: string, port?: number): string;
}

const peers: Readonly<Record<CrlSourceName, readonly PeerPackageName[]>> = {
  file: [],
  http: ['nginx-light'],
  ftp: ['proftpd-core'],
  sftp: ['openssh-server', 'openssh-client', 'util-linux'],
  tftp: ['atftpd'],
  ldap: ['slapd'],
};

/** Less than the CRL with many entries has. */
const LIMIT_OCTETS = 500_000;

/** Of a CRL that is never there in time. */
const SHORT_MS = 300;

let shop: Workshop;
let site: Site;
/** Where nobody listens. */
let nowhere = 0;
const sources = new Map<CrlSourceName, Source>();

function isThere(source: CrlSourceName): boolean {
  return [...peers[source], 'openssl' as const, 'faketime' as const].every(hasPeer);
}

beforeAll(async () => {
  if (!isThere('file')) return;
  nowhere = await unusedPort();
  shop = workshop();
  site = makeSite({ FILES: filePassword });
  const files = makeCrls(shop);
  for (const [name, octets] of Object.entries(files)) shop.write(`${name}.file`, octets);
  const cas = ['root', 'sub'].map(
    (ca) => `cert import cert-name ${ca} file ${shop.path(ca)}.crt ca`,
  );
  await site.say(...cas);
  await Promise.all(
    listCrlSources()
      .filter(isThere)
      .map((source) => start(source, files)),
  );
  await site.within(async (services) => {
    for (const [name, source] of sources) {
      for (const [row] of listCrlRows()) {
        const label = `${name}-${row}`;
        const url = source.url(row, row === 'down' ? nowhere : undefined);
        await putConfiguredCrl(services, { name: label, words: { format: 'der', url } });
        await putPolicy(services, {
          name: label,
          words: {
            kind: 'ikev2-ipv4',
            ca: ['sub'],
            'ca-crl': [label],
            'crl-distribution-points': false,
            deadline: 60_000,
          },
        });
      }
    }
  });
});
afterAll(async () => {
  for (const { server } of sources.values()) await server?.close();
  site?.close();
  shop?.close();
});

/** Start a server with all files, and have the site know who it is there. */
async function start(
  source: CrlSourceName,
  files: Readonly<Record<string, Uint8Array>>,
): Promise<void> {
  const put = (server: FileServer, url: (name: string, origin: string) => string): void =>
    void sources.set(source, {
      server,
      url: (name, port = server.port) => url(name, at(source, port)),
    });
  const user = `user ${fileUser} password env:FILES`;
  switch (source) {
    case 'file':
      sources.set(source, { url: (name) => shop.path(`${name}.file`) });
      return;
    case 'http': {
      const server = await startNginx(files, false);
      put(server, flat);
      return await site.say(`retrieval server ${at(source, server.port)} ${user}`);
    }
    case 'ftp': {
      const server = await startProftpd(files, true);
      put(server, flat);
      return await site.say(`retrieval server ${at(source, server.port)} ${user}`);
    }
    case 'sftp': {
      const server = await startSshd(files);
      put(server, (name, origin) => `${origin}${server.folder}/${name}`);
      const origin = at(source, server.port);
      writeFileSync(shop.path('user'), server.userKey, { mode: 0o600 });
      const known = [server.port, nowhere].map(
        (port) => `[127.0.0.1]:${port} ${server.publicKeys.ed25519}\n`,
      );
      shop.write('known', known.join(''));
      const key = `key-file ${shop.path('user')} known-hosts ${shop.path('known')}`;
      const who = `user ${server.username} ${key}`;
      return await site.say(
        `retrieval server ${origin} ${who}`,
        `retrieval server ${at(source, nowhere)} ${who}`,
      );
    }
    case 'tftp':
      put(await startAtftpd(files), flat);
      return;
    case 'ldap': {
      // What is no CRL would be refused by a directory where CRLs belong.
      const { pem = new Uint8Array(), truncated = pem, html = pem, ...crls } = files;
      const others = { pem, truncated, html };
      const server = await startSlapd(others, Object.entries(crls).map(crlEntry).join('\n'));
      put(server, (name, origin) =>
        Object.hasOwn(others, name)
          ? `${origin}/cn=${name},o=Test?testFile`
          : `${origin}/cn=${name},o=Test?certificateRevocationList;binary?base?(objectClass=cRLDistributionPoint)`,
      );
      const who = `user ${ldapUser} password env:FILES`;
      return await site.say(`retrieval server ${at(source, server.port)} ${who}`);
    }
  }
}

function at(scheme: string, port: number): string {
  return `${scheme}://127.0.0.1:${port}`;
}

function flat(name: string, origin: string): string {
  return `${origin}/${name}`;
}

/** The settings, with nothing held. */
function fresh(): Site {
  const copied = site.copy();
  onTestFinished(() => copied.close());
  return copied;
}

async function judge(by: Site, source: CrlSourceName, row: CrlRowName): Promise<string> {
  const isLate = expectedOfCrl(crlRows[row], source) === 'timeout';
  const judging: Judging = {
    choice: { name: `${source}-${row}` },
    peer: shop.certificate('peer'),
    ...(isLate && { change: (policy) => ({ ...policy, deadlineMs: SHORT_MS }) }),
    ...(row === 'too-large' && { maxBytes: LIMIT_OCTETS }),
  };
  const { verdict, reasons, warnings, events } = await by.judge(judging);
  expect(warnings).toEqual([]);
  const rollback = events.some(({ type }) => type === 'crl-rollback') ? 'rolled back, ' : '';
  return rollback + (verdict === 'accept' ? 'good' : reasons.join(' '));
}

type Case = readonly [title: string, name: CrlRowName, row: CrlRow];

function casesOf(source: CrlSourceName, only: readonly CrlRowName[] = []): readonly Case[] {
  return listCrlRows()
    .filter(([name]) => only.length === 0 || only.includes(name))
    .filter(([, row]) => expectedOfCrl(row, source) !== null)
    .map(([name, row]) => [row.title, name, row]);
}

describe.each(listCrlSources())('what a peer is judged by, when the CRL from %s is', (source) => {
  beforeEach((context) => {
    for (const name of ['openssl', 'faketime', ...peers[source]] as const) {
      requirePeer(context, name);
    }
  });

  it.each(casesOf(source))('%s', async (_, name, row) => {
    const by = fresh();
    const server = sources.get(source)?.server;
    const held = name === 'older' ? await judge(by, 'file', 'revoked') : undefined;
    expect(held).toBe(name === 'older' ? 'revoked' : undefined);
    if (name === 'slow') server?.signal('SIGSTOP');
    try {
      const expected = expectedOfCrl(row, source);
      const rollback = name === 'older' ? 'rolled back, ' : '';
      expect(await judge(by, source, name)).toBe(`${rollback}${expected}`);
    } finally {
      if (name === 'slow') server?.signal('SIGCONT');
    }
  });

  it.each(casesOf(source, ['good', 'revoked']))('%s, by the program', async (_, name, row) => {
    const policy = `${source}-${name}`;
    const judged = await fresh().verify([shop.path('peer.crt'), 'policy', policy]);
    const expected = expectedOfCrl(row, source);
    expect(judged).toMatchObject(
      expected === 'good'
        ? { code: 0, verdict: 'accept', reasons: [] }
        : { code: 9, verdict: 'reject', reasons: [expected] },
    );
  });
});

describe('a file that says it is longer than 64 MiB', () => {
  it.each(['file', 'http', 'ftp', 'sftp'] as const)('is not read from %s', async (source) => {
    const there = sources.get(source);
    const folder = there?.server?.folder ?? shop.directory;
    const file = join(folder, source === 'file' ? 'slow.file' : 'slow');
    truncateSync(file, 64 * 1024 * 1024 + 1);
    const { reasons } = await fresh().judge({
      choice: { name: `${source}-slow` },
      peer: shop.certificate('peer'),
    });
    expect(reasons).toEqual(['too-large']);
  });
});
