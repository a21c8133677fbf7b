/**
 * Enrol a number of certificates in one process, each with all that `cmp initialize` does: everything
 * durable, files delivered.
 *
 * usage: enrolment-loop.ts STATE KEY_FILE COUNT AT_A_TIME
 */
import { readFileSync } from 'node:fs';
import { loadPrivateKeyPem, openCertkeeper, parseLabel, parseName } from '../src/index.ts';

const [stateDirectory = '', keyFile = '', count = '1', atATime = '1'] = process.argv.slice(2);
const keeper = await openCertkeeper({ stateDirectory });
const key = { type: 'given', key: loadPrivateKeyPem(readFileSync(keyFile, 'utf8')) } as const;
const wanted = { subject: parseName('CN=ee,O=Test'), subjectAltNames: [] };

let next = 0;
async function work(): Promise<void> {
  while (next < Number(count)) {
    const name = parseLabel(`run${next++}`, 'cert-name');
    const credential = { type: 'mac' } as const;
    const { type } = await keeper.initialize({ name, wanted, key, credential, waitSeconds: 0 });
    if (type !== 'issued') throw new Error(`the enrolment ended as ${type}`);
  }
}

try {
  await Promise.all(Array.from({ length: Number(atATime) }, work));
} finally {
  await keeper.close();
}
