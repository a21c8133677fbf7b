import { createPrivateKey, X509Certificate } from 'node:crypto';
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { compose } from '../../src/agent/compose.ts';
import { encodePem } from '../../src/asn1/pem.ts';
import { silentLog } from '../../src/base/log.ts';
import { certificateDer } from '../../src/x509/certificate.ts';
import { issue } from '../harness/certificates.ts';
import { requireFeature, requirePeer } from '../harness/require.ts';
import { bodies, openScene, type Client } from '../kill/scene.ts';
import { temporaryDirectory } from '../store/sample.ts';
import { mounted, withoutPrivilege } from './mounted.ts';
import { main } from './openssl/command-line.ts';

beforeEach((context) => requirePeer(context, 'util-linux'));

/** Define `run`, which prints the exit code and what kind of error it was. */
function defineRun(state: string): string {
  const certkeeper = `"${process.execPath}" "${main}" --state "${state}"`;
  return `run() { ${certkeeper} "$@" 2>&1; echo "exit $?"; }\n`;
}

/** The exit codes, and the codes of errors, in the order they came. */
function endings(said: string): readonly string[] {
  return [...said.matchAll(/^(?:code: (\w+)|exit (\d+))$/gm)].map(([, code, exit]) =>
    code === undefined ? (exit ?? '') : code,
  );
}

async function initialized(): Promise<Client> {
  const client = await (await openScene({ implicitConfirm: true })).client('gw1');
  const { code, err } = await client.run(
    'cmp initialize key-type p-256 cert-name NAME subject-name CN=NAME',
  );
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return client;
}

/** Write a certificate with its key. @returns the path */
function credential(directory: string): string {
  const { certificate, key } = issue({ subject: 'CN=new' });
  const path = join(directory, 'new.pem');
  const pkcs8 = String(key.privateKey.export({ format: 'pem', type: 'pkcs8' }));
  const pem = encodePem('CERTIFICATE', certificateDer(certificate)) + pkcs8;
  writeFileSync(path, pem, { mode: 0o600 });
  return path;
}

/** The names of certificates, whose keys all open, and of requests. */
async function namesIn(directory: string): Promise<readonly string[]> {
  const { store, close } = await compose({ stateDirectory: directory, log: silentLog });
  const found = await store.certificates.list();
  for (const { keyId } of found) await store.keys.privateKey(keyId ?? 0);
  const asked = await store.keyRequests.list();
  await close();
  return [...found, ...asked].map(({ name }) => name);
}

describe('a store on a full disk', () => {
  it('is left as it was by each command that writes, and takes them when there is space again', async (context) => {
    requireFeature(context, 'mounts');
    const client = await initialized();
    const root = temporaryDirectory();
    const disk = join(root, 'disk');
    mkdirSync(disk, { mode: 0o755 });
    const commands = [
      `cert import cert-name new file ${credential(root)}`,
      'crypto keygen key-type p-256 id-type fqdn id a.example subject-name CN=a cert-name asked',
      'store rekey data-key',
      `cert export gw1 with-key to ${disk}/gw1.pem`,
      `store backup ${disk}/backup.db`,
    ];
    const all = commands.map((words) => `run ${words}\n`).join('');
    const said = await mounted(`set -e
      mount -t tmpfs -o size=3m,mode=755 tmpfs ${disk}
      cp -a ${dirname(client.certs)} ${disk}/state
      ${defineRun(`${disk}/state`)}
      set +e
      ls -A ${disk} ${disk}/state > ${root}/before
      dd if=/dev/zero of=${disk}/fill bs=4k 2>/dev/null
      ${all}
      rm ${disk}/fill
      ls -A ${disk} ${disk}/state > ${root}/after
      cp -a ${disk}/state ${root}/full
      ${all}
      cp -a ${disk}/state ${root}/last
      cp ${disk}/gw1.pem ${root}
    `);
    const whole = ['0', '0', '0', '0', '0'];
    expect(endings(said).slice(-5), said).toEqual(whole);
    const refused = endings(said).slice(0, -5);
    expect(refused, said).toEqual(commands.flatMap(() => ['STORE_FULL', '4']));
    // But for those of SQLite, which are gone with the first command that has space.
    const listed = (file: string): string =>
      readFileSync(join(root, file), 'utf8').replaceAll(/^store\.db-\w+\n/gm, '');
    expect(listed('after')).toBe(listed('before'));

    expect(await namesIn(join(root, 'full'))).toEqual(['gw1']);
    expect(await namesIn(join(root, 'last'))).toEqual(['gw1', 'new', 'asked']);
    const pem = readFileSync(join(root, 'gw1.pem'), 'utf8');
    expect(new X509Certificate(pem).checkPrivateKey(createPrivateKey(pem))).toBe(true);
  });
});

describe('without the permission it had,', () => {
  it('a store is left as it was, and nobody is asked for a certificate', async () => {
    const client = await initialized();
    const directory = dirname(client.certs);
    const database = readFileSync(join(directory, 'store.db'));
    const path = credential(temporaryDirectory());
    chmodSync(join(directory, 'store.db'), 0o400);
    chmodSync(directory, 0o500);
    const said = await withoutPrivilege(`${defineRun(directory)}
      run cmp update current-cert gw1
      run cert import cert-name new file ${path}
    `);
    chmodSync(directory, 0o700);
    chmodSync(join(directory, 'store.db'), 0o600);
    expect(endings(said), said).toEqual(['STORE_UNWRITABLE', '4', 'STORE_UNWRITABLE', '4']);
    expect(said).toMatch(/cannot be written \(\w+\)/);
    expect(bodies(client.received())).not.toContain('kur');
    expect(readFileSync(join(directory, 'store.db')).equals(database)).toBe(true);
    expect((await client.run('cmp update current-cert gw1')).code).toBe(0);
  });

  it('a deployment keeps the old set, and is finished when it is given back', async () => {
    const client = await initialized();
    const place = join(temporaryDirectory(), 'tls');
    mkdirSync(place, { mode: 0o755 });
    const deployed = await client.run(
      `cert deploy cert-name NAME key ${place}/key fullchain ${place}/pem`,
    );
    expect(deployed.code, deployed.err).toBe(0);
    const serial = (): string => {
      const certificate = new X509Certificate(readFileSync(join(place, 'pem')));
      const key = createPrivateKey(readFileSync(join(place, 'key')));
      expect(certificate.checkPrivateKey(key)).toBe(true);
      return certificate.serialNumber;
    };
    const first = serial();
    chmodSync(place, 0o555);
    const said = await withoutPrivilege(`${defineRun(dirname(client.certs))}
      run cmp update current-cert gw1
      run cert export gw1 with-key to ${place}/export.pem
    `);
    chmodSync(place, 0o755);
    expect(endings(said), said).toEqual(['DELIVERY_FAILED', '10', 'FILE_UNWRITABLE', '3']);
    expect(said).toMatch(/permission/i);
    expect(serial()).toBe(first);
    expect(readdirSync(place).filter((name) => name.startsWith('.'))).toEqual([]);
    expect((await client.run('cmp poll current-cert gw1')).code).toBe(0);
    expect(serial()).not.toBe(first);
  });
});
