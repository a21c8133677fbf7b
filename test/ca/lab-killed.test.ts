import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../src/agent/system-clock.ts';
import { decodeMessage } from '../../src/cmp/message/pki-message.ts';
import { openHttpTransport } from '../../src/cmp/transport/http.ts';
import { certConf, certificateIn, converse, gist, request } from './lab-client.ts';
import { openLab, temporaryDirectory } from './lab-under-test.ts';

const source = join(import.meta.dirname, '../../src');

/** Serve a lab in a process of its own that kills itself as soon as it has written so many messages. */
async function serveUntilWrite(directory: string, writes: number): Promise<string> {
  const script = `
    const { createLab } = await import(${JSON.stringify(join(source, 'ca/lab.ts'))});
    const { systemClock } = await import(${JSON.stringify(join(source, 'agent/system-clock.ts'))});
    const { systemRandom } = await import(${JSON.stringify(join(source, 'agent/system-random.ts'))});
    let written = -Infinity;
    const lab = await createLab({
      directory: ${JSON.stringify(directory)},
      clock: systemClock,
      random: systemRandom,
      onWrite: () => { if (++written === ${writes}) process.kill(process.pid, 'SIGKILL'); },
    });
    written = 0;
    console.log((await lab.listen(0)).url);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const { promise, resolve } = Promise.withResolvers<string>();
  child.stdout.once('data', (data: Buffer) => resolve(data.toString().trim()));
  return promise;
}

describe('a lab killed between its write and its answer', () => {
  it('has issued once, and gives the answer after a restart to the same message', async () => {
    const directory = temporaryDirectory();
    const prepared = await openLab({ directory, clock: systemClock });
    const url = await serveUntilWrite(directory, 1);
    const transport = openHttpTransport({ url, connectTimeoutMs: 5000, responseTimeoutMs: 5000 });
    onTestFinished(() => transport.close());

    const client = converse({ handle: (der) => transport.exchange(der) });
    const lost = client.send({ type: 'ir', value: [await request()] });
    await expect(lost).rejects.toMatchObject({ code: 'NETWORK_UNREACHABLE' });
    expect(await prepared.issuedCount()).toBe(1);

    const answer = await prepared.handle(client.sent);
    expect(await prepared.handle(client.sent)).toEqual(answer);
    expect(gist(decodeMessage(answer))).toBe('ip accepted');
    const { header } = decodeMessage(answer);
    const confirmed = await converse(prepared).send(
      certConf(certificateIn(decodeMessage(answer))),
      {
        transactionID: header.transactionID ?? new Uint8Array(),
        recipNonce: header.senderNonce ?? new Uint8Array(),
      },
    );
    expect(gist(confirmed)).toBe('pkiconf');
    expect(await prepared.issuedCount()).toBe(1);
  });

  it('writes once for a message that changes something, and never for one that is refused', async () => {
    let writes = 0;
    const lab = await openLab({ onWrite: () => (writes += 1) });
    writes = 0;
    const client = converse(lab);
    const issued = await client.send({ type: 'ir', value: [await request()] });
    expect(writes).toBe(1);
    await client.send(certConf(certificateIn(issued)));
    expect(writes).toBe(2);
    await lab.handle(client.sent);
    await lab.handle(Uint8Array.of(1, 2, 3));
    expect(writes).toBe(2);
  });
});

describe('a damaged message', () => {
  it('gets an error for an answer, whichever octet is damaged, and issues nothing', async () => {
    const other = converse(await openLab());
    await other.send({ type: 'ir', value: [await request()] });
    const lab = await openLab();
    for (let i = 0; i < other.sent.length; i++) {
      const damaged = Uint8Array.from(other.sent);
      damaged[i] = (damaged[i] ?? 0) ^ (1 << (i % 8));
      expect(gist(decodeMessage(await lab.handle(damaged))), `octet ${i}`).toMatch(
        /^error rejection (?:badDataFormat|badMessageCheck|badAlg|unsupportedVersion|signerNotTrusted)$/,
      );
    }
    expect(await lab.issuedCount()).toBe(0);
  });
});
