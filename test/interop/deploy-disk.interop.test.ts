import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { requireFeature, requirePeer } from '../harness/require.ts';
import { openScene } from '../kill/scene.ts';
import { mounted } from './mounted.ts';
import { main } from './openssl/command-line.ts';

describe('a deployment to a small file system', () => {
  beforeEach((context) => {
    requirePeer(context, 'util-linux');
    requireFeature(context, 'mounts');
  });

  it('leaves the old set in force while it is full or read-only, and is finished later', async () => {
    const root = mkdtempSync(join(tmpdir(), 'certkeeper-disk-'));
    onTestFinished(() => rmSync(root, { recursive: true }));
    const disk = join(root, 'disk');
    mkdirSync(disk);
    const client = await (await openScene({ implicitConfirm: true })).client('gw1');
    expect(
      (await client.run('cmp initialize key-type p-256 cert-name NAME subject-name CN=NAME')).code,
    ).toBe(0);
    const certkeeper = `"${process.execPath}" "${main}" --state "${dirname(client.certs)}"`;
    const said = await mounted(`
      run() { ${certkeeper} "$@"; echo "code $?"; }
      keep() { cp ${disk}/pem ${root}/pem.$1; cp ${disk}/key ${root}/key.$1; ls -A ${disk}; }
      mount -t tmpfs -o size=64k,mode=755 tmpfs ${disk}
      run cert deploy cert-name gw1 key ${disk}/key fullchain ${disk}/pem
      keep first
      dd if=/dev/zero of=${disk}/fill bs=4096 2>/dev/null
      run cmp update current-cert gw1
      keep full
      rm ${disk}/fill
      mount -o remount,bind,ro ${disk}
      run cmp poll current-cert gw1
      keep read-only
      mount -o remount,bind,rw ${disk}
      run cmp poll current-cert gw1
      keep last
    `);
    expect(said.match(/^code \d+$/gm), said).toEqual(['code 0', 'code 10', 'code 10', 'code 0']);
    expect(said).toMatch(/no space left on the device \(ENOSPC\)/);
    expect(said).toMatch(/the file system is read-only \(EROFS\)/);
    // Nothing half-done is left: neither beside the old set nor beside the new one.
    expect(said).not.toMatch(/^\.gw1/m);

    const [first, full, readOnly, last] = ['first', 'full', 'read-only', 'last'].map((when) => {
      const certificate = new X509Certificate(readFileSync(`${root}/pem.${when}`));
      const key = createPrivateKey(readFileSync(`${root}/key.${when}`));
      expect(certificate.checkPrivateKey(key), when).toBe(true);
      return certificate.serialNumber;
    });
    expect([full, readOnly]).toEqual([first, first]);
    expect(last).not.toBe(first);
  });
});
