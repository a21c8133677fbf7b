import { describe } from 'vitest';
import { ders } from '../http/tls-server.ts';
import { ftpRetriever } from '../../src/retrieval/ftp.ts';
import { httpRetriever } from '../../src/retrieval/http.ts';
import { ldapRetriever } from '../../src/retrieval/ldap.ts';
import type { Credentials } from '../../src/retrieval/retriever.ts';
import { sftpRetriever } from '../../src/retrieval/sftp.ts';
import { tftpRetriever } from '../../src/retrieval/tftp.ts';
import { retrieverContract } from '../retrieval/contract.ts';
import { tlsRoot } from './https-front.ts';
import {
  filePassword,
  fileUser,
  ldapUser,
  startAtftpd,
  startNginx,
  startProftpd,
  startSlapd,
  startSshd,
} from './retrieval-servers.ts';

function password(username: string, text: string): Credentials {
  return { type: 'password', username, password: Buffer.from(text) };
}

describe.each(['http', 'https'] as const)('httpRetriever against nginx over %s', (scheme) => {
  retrieverContract(
    async (files) => {
      const server = await startNginx(files, scheme === 'https');
      return {
        retriever: httpRetriever({ tls: { anchors: ders(tlsRoot) } }),
        urlOf: (name) => `${scheme}://127.0.0.1:${server.port}/${name}`,
        credentials: password(fileUser, filePassword),
        wrong: password(fileUser, 'wr0ng-s3cret'),
        missing: 'HTTP_STATUS',
        at: (port) => `${scheme}://127.0.0.1:${port}/one`,
        close: server.close,
      };
    },
    { network: 'tcp', wrongUser: 'HTTP_STATUS', peers: ['nginx-light', 'openssl'] },
  );
});

describe.each([
  ['EPSV', true],
  ['PASV only', false],
])('ftpRetriever against proftpd with %s', (_, hasEpsv) => {
  retrieverContract(
    async (files) => {
      const server = await startProftpd(files, hasEpsv);
      return {
        retriever: ftpRetriever,
        urlOf: (name) => `ftp://127.0.0.1:${server.port}/${name}`,
        credentials: password(fileUser, filePassword),
        wrong: password(fileUser, 'wr0ng-s3cret'),
        missing: 'RETRIEVAL_REFUSED',
        at: (port) => `ftp://127.0.0.1:${port}/one`,
        greeting: '220 ready\r\n',
        close: server.close,
      };
    },
    { network: 'tcp', wrongUser: 'RETRIEVAL_REFUSED', peers: ['proftpd-core', 'openssl'] },
  );
});

describe('sftpRetriever against sshd', () => {
  retrieverContract(
    async (files) => {
      const server = await startSshd(files);
      const { username, userKey, otherKey } = server;
      return {
        retriever: sftpRetriever({
          type: 'fingerprints',
          fingerprints: [server.fingerprints.ed25519],
        }),
        urlOf: (name) => `sftp://127.0.0.1:${server.port}${server.folder}/${name}`,
        credentials: { type: 'key', username, privateKey: userKey },
        wrong: { type: 'key', username, privateKey: otherKey },
        missing: 'RETRIEVAL_REFUSED',
        at: (port) => `sftp://127.0.0.1:${port}/one`,
        close: server.close,
      };
    },
    {
      network: 'tcp',
      wrongUser: 'RETRIEVAL_REFUSED',
      peers: ['openssh-server', 'openssh-client', 'util-linux'],
    },
  );
});

describe('tftpRetriever against atftpd', () => {
  retrieverContract(
    async (files) => {
      const server = await startAtftpd(files);
      return {
        retriever: tftpRetriever(),
        urlOf: (name) => `tftp://127.0.0.1:${server.port}/${name}`,
        missing: 'RETRIEVAL_REFUSED',
        at: (port) => `tftp://127.0.0.1:${port}/one`,
        close: server.close,
      };
    },
    { network: 'udp', peers: ['atftpd'] },
  );
});

describe.each(['ldap', 'ldaps'] as const)('ldapRetriever against slapd over %s', (scheme) => {
  retrieverContract(
    async (files) => {
      const server = await startSlapd(files);
      const own = scheme === 'ldap' ? server.port : server.tlsPort;
      const at = (port: number, name: string): string =>
        `${scheme}://127.0.0.1:${port}/cn=${name},o=Test?testFile`;
      return {
        retriever: ldapRetriever({ anchors: ders(tlsRoot) }),
        urlOf: (name) => at(own, name),
        credentials: password(ldapUser, filePassword),
        wrong: password(ldapUser, 'wr0ng-s3cret'),
        missing: 'RETRIEVAL_REFUSED',
        at: (port) => at(port, 'one'),
        close: server.close,
      };
    },
    { network: 'tcp', wrongUser: 'RETRIEVAL_REFUSED', peers: ['slapd'] },
  );
});
