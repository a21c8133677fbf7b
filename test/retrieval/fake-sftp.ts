import ssh2 from 'ssh2';
import { fingerprintOf } from '../../src/retrieval/host-keys.ts';

/** How a file of the server behaves. */
export interface FakeFile {
  /** Length that is announced. */
  readonly size: number;
  /** Octets from a place on; empty is the end, undefined no answer ever. */
  read(offset: number, length: number): Buffer | undefined;
}

/** An SFTP server on loopback with one user, whose files a test writes. */
export interface FakeSftp {
  readonly port: number;
  readonly fingerprint: string;
  /** Users that tried to log in, and how. */
  readonly logins: readonly string[];
  close(): Promise<void>;
}

const REGULAR_FILE = 0o100_644;

/**
 * Start a server for user "agent" with password "s3cret".
 *
 * @param onReady called with each session that logged in, and how to cut it
 */
export async function openFakeSftp(
  files: Readonly<Record<string, FakeFile>>,
  onReady: (cut: () => void) => void = () => {},
): Promise<FakeSftp> {
  const { utils, Server } = ssh2;
  const key = utils.generateKeyPairSync('ecdsa', { bits: 256 });
  const parsed = utils.parseKey(key.public);
  if (parsed instanceof Error || Array.isArray(parsed)) throw new Error('no key');
  const logins: string[] = [];
  const clients = new Set<ssh2.Connection>();
  const server = new Server({ hostKeys: [key.private] }, (client) => {
    clients.add(client);
    client.on('error', () => {}).on('close', () => clients.delete(client));
    client.on('authentication', (attempt) => {
      logins.push(`${attempt.username} ${attempt.method}`);
      const isRight = attempt.method === 'password' && attempt.password === 's3cret';
      if (isRight) attempt.accept();
      else attempt.reject(['password']);
    });
    client.on('ready', () => {
      onReady(() => void client.end());
      client.on('session', (accept) => {
        accept().on('sftp', (acceptSftp) => serveFiles(acceptSftp(), files));
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    port: address.port,
    fingerprint: fingerprintOf(parsed.getPublicSSH()),
    logins,
    async close() {
      for (const client of clients) client.end();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
    },
  };
}

function serveFiles(sftp: ssh2.SFTPWrapper, files: Readonly<Record<string, FakeFile>>): void {
  const { STATUS_CODE } = ssh2.utils.sftp;
  const opened: string[] = [];
  const found = (path: string): FakeFile | undefined =>
    Object.hasOwn(files, path) ? files[path] : undefined;
  sftp.on('STAT', (id, path) => {
    const file = found(path);
    if (file === undefined) return sftp.status(id, STATUS_CODE.NO_SUCH_FILE);
    sftp.attrs(id, { mode: REGULAR_FILE, uid: 0, gid: 0, size: file.size, atime: 0, mtime: 0 });
  });
  sftp.on('OPEN', (id, path) => {
    opened.push(path);
    sftp.handle(id, Buffer.from([opened.length - 1]));
  });
  sftp.on('READ', (id, handle, offset, length) => {
    const octets = found(opened[handle[0] ?? 0] ?? '')?.read(offset, length);
    if (octets?.length === 0) sftp.status(id, STATUS_CODE.EOF);
    else if (octets !== undefined) sftp.data(id, octets);
  });
  sftp.on('CLOSE', (id) => sftp.status(id, STATUS_CODE.OK));
}

/** A file as it should be. */
export function honest(octets: Uint8Array): FakeFile {
  return {
    size: octets.length,
    read: (offset, length) => Buffer.from(octets.subarray(offset, offset + length)),
  };
}
