/**
 * Enrol with the library alone: a lab CA on the loopback interface, a certificate from it, and a renewal.
 * Point `url`, `roots` and the secret at your own CA, and the first half is not needed.
 *
 *   node examples/enroll.ts
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  caProfile,
  certificateDer,
  openCertkeeper,
  parseGeneralName,
  parseLabel,
  parseName,
  systemClock,
  systemRandom,
} from 'certkeeper';
import { createLab } from 'certkeeper/ca';
import { CertError } from 'certkeeper/errors';

const home = await mkdtemp(join(tmpdir(), 'certkeeper-example-'));

// ── the CA: yours, in earnest ──
const lab = await createLab({
  directory: join(home, 'lab'),
  clock: systemClock,
  random: systemRandom,
});
const { url, close } = await lab.listen(0);
const [[reference, secret] = ['', new Uint8Array()]] = lab.secrets;

// ── certkeeper ──
const keeper = await openCertkeeper({ stateDirectory: join(home, 'state') });
try {
  const ca = parseLabel('lab', 'ca');
  const roots = [certificateDer(lab.authorities.root.certificate)];
  await keeper.store.authorities.put(caProfile({ label: ca, url, roots, reference }), secret);

  const name = parseLabel('gw1', 'cert-name');
  const first = await keeper.initialize({
    name,
    wanted: {
      subject: parseName('CN=gw1,O=Example'),
      subjectAltNames: [parseGeneralName('dns:gw1.example')],
    },
    key: { type: 'generate', keyType: 'p-256' },
    credential: { type: 'mac' },
    ca,
    waitSeconds: 60,
  });
  console.log(`initialize: ${first.type}, transaction ${first.transactionID}`);
  if (first.type === 'issued') console.log(first.files.join('\n'));

  const renewed = await keeper.update({ current: name, waitSeconds: 60 });
  console.log(`update: ${renewed.type}`);
} catch (error) {
  if (!(error instanceof CertError)) throw error;
  console.error(`${error.code}: ${error.message}${error.hint ? ` (${error.hint})` : ''}`);
  process.exitCode = 1;
} finally {
  await keeper.close();
  await close();
  await lab.close();
  await rm(home, { recursive: true });
}
