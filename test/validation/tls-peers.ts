import type { AddressInfo } from 'node:net';
import {
  connect,
  createServer,
  type ConnectionOptions,
  type TLSSocket,
  type TlsOptions,
} from 'node:tls';
import { onTestFinished } from 'vitest';
import { peerValidator } from '../../src/agent/peer-validator.ts';
import { encodePem } from '../../src/asn1/pem.ts';
import type { PeerPolicy } from '../../src/lifecycle/peer-policy.ts';
import type { PeerVerdict } from '../../src/validation/contract.ts';
import type { PeerValidator } from '../../src/validation/peer-validator.ts';
import { certificateDer } from '../../src/x509/certificate.ts';
import { issue, type Issued } from '../harness/certificates.ts';
import { fakeClock } from '../harness/fake-clock.ts';
import { extension } from '../../src/x509/extension-values.ts';
import { after, ca } from '../revocation/ocsp-made.ts';

/** A server that has the name of this machine, and a client, of one CA. */
export const server: Issued = issue({
  subject: 'CN=server',
  issuer: ca,
  extensions: [extension('subjectAltName', [{ type: 'dNSName', value: 'localhost' }])],
});
export const client: Issued = issue({ subject: 'CN=client', issuer: ca });

/** Another CA, and a client below it by way of an intermediate CA. */
export const other: Issued = issue({ subject: 'CN=Other', isCa: true });
export const middle: Issued = issue({ subject: 'CN=Middle', issuer: other, isCa: true });
export const stranger: Issued = issue({ subject: 'CN=stranger', issuer: middle });

/** What TLS needs to show a certificate with those of a chain. */
export function shown(own: Issued, ...chain: readonly Issued[]): { key: string; cert: string } {
  const key = own.key.privateKey.export({ format: 'pem', type: 'pkcs8' });
  const cert = [own, ...chain].map(({ certificate }) =>
    encodePem('CERTIFICATE', certificateDer(certificate)),
  );
  return { key: key.toString(), cert: cert.join('') };
}

/** A validator that believes the CA, a minute after the made responses, and takes what nobody gives a word on. */
export async function believing(policy: Partial<PeerPolicy> = {}): Promise<PeerValidator> {
  const validator = await peerValidator({
    clock: fakeClock(after(60)),
    policy: {
      anchors: [ca.certificate],
      revocation: 'relaxed',
      crlDistributionPoints: false,
      ...policy,
    },
  });
  onTestFinished(() => validator.close());
  return validator;
}

/** Serve TLS on loopback. @returns its port */
export async function serve(
  options: TlsOptions,
  serving: (socket: TLSSocket) => void,
  staple?: Uint8Array,
): Promise<number> {
  const listening = createServer({ ...shown(server), ...options });
  const sockets = new Set<TLSSocket>();
  listening.on('secureConnection', (socket: TLSSocket) => {
    sockets.add(socket);
    serving(socket);
  });
  if (staple) {
    listening.on(
      'OCSPRequest',
      (_certificate: Uint8Array, _issuer: Uint8Array, answer: (e: null, r: Buffer) => void) =>
        answer(null, Buffer.from(staple)),
    );
  }
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    listening.close();
  });
  const address = listening.address();
  return portOf(address);
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new Error('no TCP port');
  return address.port;
}

/** Connect, taking any server; what goes wrong is for the test to see in the end of it. */
export function dial(port: number, options: ConnectionOptions = {}): TLSSocket {
  const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ...options });
  socket.on('error', () => {});
  onTestFinished(() => void socket.destroy());
  return socket;
}

/** All that comes until the end. */
export async function heard(socket: TLSSocket): Promise<string> {
  let text = '';
  socket.setEncoding('utf8');
  socket.on('data', (part: string) => (text += part));
  await new Promise<void>((resolve) => void socket.on('close', () => resolve()));
  return text;
}

/** The codes of a refusal; none for an acceptance. */
export function codes({ reasons }: PeerVerdict): readonly string[] {
  return reasons.map(({ code }) => code);
}
