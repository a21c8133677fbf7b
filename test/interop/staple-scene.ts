import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { parseLabel } from '../../src/base/label.ts';
import { deliverFiles } from '../../src/deploy/files.ts';
import { serviceOf } from '../../src/deploy/service.ts';
import { lookForStaple } from '../../src/deploy/staple-probe.ts';
import { publishStaple } from '../../src/deploy/staple-publish.ts';
import type {
  Deployment,
  DeployProbe,
  DeployTarget,
} from '../../src/store/deployments-contract.ts';
import type { StaplePublished } from '../../src/store/staples-contract.ts';
import { unusedPort } from '../http/hostile-server.ts';
import { opensslEnv } from './openssl/pki.ts';
import type { Daemon } from './proxies/daemon.ts';
import {
  makeStapleAuthority,
  type StapleAuthority,
  type StapledCertificate,
} from './staple-authority.ts';
import { sites, staplingServers, type Site, type StaplePlace } from './staple-servers.ts';

/** A server that is not started yet, with certificates for both of its names. */
export interface StapleScene {
  readonly authority: StapleAuthority;
  readonly place: StaplePlace;
  readonly certificates: Readonly<Record<Site, StapledCertificate>>;
  start(): Promise<Daemon>;
  /** Publish to a running server, or to none; without a staple, withdraw. */
  publish(site: Site, staple?: Uint8Array): Promise<StaplePublished>;
  /** Deploy a new certificate of `a` and its staple as one: by one reload, or one commit. */
  renew(renewed: StapledCertificate, staple: Uint8Array): Promise<void>;
  probe(site: Site): DeployProbe;
  /** What is different from what was published; undefined when it is all there, in the very octets. */
  different(site: Site, staple?: Uint8Array): Promise<string | undefined>;
  /** What `openssl s_client -status` says of a single connection. */
  seen(site: Site, version?: 'tls1_2' | 'tls1_3'): Promise<SeenByOpenssl>;
  /** What `gnutls-cli` says of a single connection, and whether it goes on with it. */
  judged(site: Site): Promise<{ readonly accepts: boolean; readonly text: string }>;
}

/** What openssl sees of a server. */
export interface SeenByOpenssl {
  /** Its responseStatus, or `none`. */
  readonly response: string;
  /** The serial number in the response; hexadecimal, upper case. */
  readonly serial?: string;
  readonly status?: string;
}

const name = parseLabel('gw1', 'cert-name');

/** Make certificates and configuration of a server, which is stopped at the end of the test. */
export async function openStapleScene(
  which: keyof typeof staplingServers,
  feature?: 'must-staple',
): Promise<StapleScene> {
  const server = staplingServers[which];
  const directory = mkdtempSync(join(tmpdir(), 'certkeeper-staple-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  // Servers that run as other users read there.
  chmodSync(directory, 0o755);
  mkdirSync(join(directory, 'tls'), { mode: 0o755 });
  const place: StaplePlace = { directory, port: await unusedPort() };
  const authority = makeStapleAuthority(directory);
  const certificates = { a: authority.issue('a', feature), b: authority.issue('b') };
  for (const site of sites) {
    const { certificatePem, keyPem } = certificates[site];
    const withKey = which === 'haproxy' ? keyPem : '';
    const pem = certificatePem + authority.caPem + withKey;
    writeFileSync(join(directory, `tls/${site}.pem`), pem, { mode: 0o600 });
    writeFileSync(join(directory, `tls/${site}.key`), keyPem, { mode: 0o600 });
  }
  server.configure(place);
  const current = { ...certificates };
  const endpoint = (site: Site): Parameters<typeof publishStaple>[0] => ({
    label: parseLabel(site, 'to'),
    target: server.target(place, site),
  });
  const publication = (site: Site, staple: Uint8Array | undefined) => ({
    name,
    certificate: current[site].der,
    chain: [authority.caDer],
    ...(staple && { staple }),
  });
  const probe = (site: Site): DeployProbe => ({
    host: '127.0.0.1',
    port: place.port,
    serverName: `${site}.test`,
    ...(server.starttls && { starttls: server.starttls }),
  });
  return {
    authority,
    place,
    certificates,
    async start() {
      const daemon = await server.start(place);
      onTestFinished(() => daemon.stop());
      return daemon;
    },
    publish: (site, staple) =>
      publishStaple(endpoint(site), { ...publication(site, staple), way: 'alone' }),
    async renew(renewed, staple) {
      const former = current.a.der;
      current.a = renewed;
      const deployment = deploymentOf(which, place);
      const pems = {
        name,
        keyPem: renewed.keyPem,
        chainPem: authority.caPem,
        certificatePem: renewed.certificatePem,
      };
      const service = serviceOf(deployment.target, deployment, pems);
      const both = { ...publication('a', staple), former, way: 'with-certificate' as const };
      // It reads certificate files at each connection.
      const isFirst = which === 'proftpd';
      if (isFirst) await publishStaple(endpoint('a'), both);
      await deliverFiles({
        ...pems,
        deployment,
        async confirm() {
          await service.check();
          if (!isFirst) await publishStaple(endpoint('a'), both);
        },
      });
      await service.reload();
    },
    probe,
    async different(site, staple) {
      return (await lookForStaple(probe(site), publication(site, staple)))?.text;
    },
    seen: (site, version = 'tls1_3') => seenByOpenssl(probe(site), version),
    judged: (site) => judgedByGnutls(probe(site), join(directory, 'ca/ca.crt')),
  };
}

function deploymentOf(
  which: keyof typeof staplingServers,
  { directory }: StaplePlace,
): Deployment & { readonly target: DeployTarget } {
  const label = parseLabel('a', 'to');
  const pem = `${directory}/tls/a.pem`;
  if (which === 'haproxy') {
    const target = { type: which, socket: `${directory}/api` } as const;
    return { label, files: [{ kind: 'combined', path: pem }], target };
  }
  return {
    label,
    files: [
      { kind: 'key', path: `${directory}/tls/a.key` },
      { kind: 'fullchain', path: pem },
    ],
    target: { type: which, pidFile: `${directory}/pid`, config: `${directory}/conf` },
  };
}

/** Have `openssl s_client -status` make a single connection. */
export function seenByOpenssl(
  { host, port, serverName = '', starttls }: DeployProbe,
  version: string,
): Promise<SeenByOpenssl> {
  const argv = ['s_client', '-connect', `${host}:${port}`, '-servername', serverName, '-status'];
  if (starttls !== undefined) argv.push('-starttls', starttls);
  argv.push(`-${version}`);
  const options = { timeout: 20_000, env: opensslEnv() };
  return new Promise((resolve, reject) => {
    const child = execFile('openssl', argv, options, (_, stdout, stderr) => {
      if (stdout.includes('OCSP response: no response sent')) resolve({ response: 'none' });
      const response = /OCSP Response Status: (\S+)/.exec(stdout)?.[1];
      if (response === undefined) {
        reject(new Error(`Nothing seen at ${port}: ${stdout.slice(0, 400)} ${stderr}`));
        return;
      }
      const serial = /Serial Number: ([0-9A-F]+)/.exec(stdout)?.[1];
      const status = /Cert Status: (\S+)/.exec(stdout)?.[1];
      resolve({
        response,
        ...(serial !== undefined && { serial }),
        ...(status !== undefined && { status }),
      });
    });
    child.stdin?.end();
  });
}

/** Have `gnutls-cli` make a single connection, and say whether it goes on with it. */
export function judgedByGnutls(
  { host, port, serverName = '' }: DeployProbe,
  anchors: string,
): Promise<{ readonly accepts: boolean; readonly text: string }> {
  const argv = ['--x509cafile', anchors, '--port', String(port), '--sni-hostname', serverName];
  argv.push('--verify-hostname', serverName, host);
  return new Promise((resolve) => {
    const child = execFile('gnutls-cli', argv, { timeout: 20_000 }, (error, stdout, stderr) =>
      resolve({ accepts: error === null, text: stdout + stderr }),
    );
    child.stdin?.end();
  });
}
