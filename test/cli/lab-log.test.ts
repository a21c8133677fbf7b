import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/base/bytes.ts';
import type { Lab, SeenMessage } from '../../src/ca/lab.ts';
import { labLog } from '../../src/cli/lab-log.ts';
import { info } from '../../src/cmp/message/info-values.ts';
import {
  certConf,
  certificateIn,
  converse,
  enrolled,
  ownCredential,
  request,
  rr,
  type Conversation,
} from '../ca/lab-client.ts';
import { openLab } from '../ca/lab-under-test.ts';
import type { LabSettings } from '../../src/ca/lab-settings.ts';

const poll = { type: 'pollReq', value: [{ certReqId: 0 }] } as const;

async function watched(settings: Partial<LabSettings>): Promise<{
  readonly lab: Lab;
  readonly lines: readonly string[];
  readonly waiting: readonly string[];
}> {
  const lines: string[] = [];
  const waiting: string[] = [];
  const listen: (message: SeenMessage) => void = labLog(
    { info: (line) => lines.push(line) },
    (transactionID, what) => {
      waiting.push(transactionID);
      lines.push(`${what}: waits`);
    },
  );
  return { lab: await openLab({ settings, onMessage: listen }), lines, waiting };
}

describe('labLog()', () => {
  it('tells that a request waits, is issued and confirmed, and no poll in between', async () => {
    const { lab, lines, waiting } = await watched({ approval: 'manual', implicitConfirm: false });
    const client = converse(lab);
    await client.send({ type: 'ir', value: [await request()] });
    await client.send(poll);
    await client.send(poll);
    const [first] = await lab.requests();
    expect(waiting).toEqual([toHex(first?.transactionID ?? new Uint8Array())]);
    await lab.approve(1);
    const issued = await client.send(poll);
    await client.send(certConf(certificateIn(issued)));
    expect(lines).toEqual([
      'ir for "CN=gw1,O=Test": waits',
      'ir for "CN=gw1,O=Test": issued',
      'ir for "CN=gw1,O=Test": confirmed',
    ]);
  });

  it('tells why a request is refused', async () => {
    const { lab, lines } = await watched({ approval: 'manual' });
    const client = converse(lab);
    await client.send({ type: 'ir', value: [await request()] });
    await lab.deny(1, 'unknown device');
    await client.send(poll);
    expect(lines[1]).toMatch(/^ir for "CN=gw1,O=Test": refused, rejection \(notAuthorized\): /);
  });

  it('tells of a revocation and of a question', async () => {
    const { lab, lines } = await watched({});
    const certificate = await enrolled(lab);
    const client = (): Conversation => converse(lab, ownCredential(lab, certificate));
    await client().send({ type: 'genm', value: [info('caCerts')] });
    await client().send(rr(certificate));
    await client().send(rr(certificate));
    expect(lines.slice(2)).toEqual([
      'genm for caCerts: answered',
      expect.stringMatching(/^rr for serial [0-9a-f]+: revoked$/),
      expect.stringMatching(/^rr for serial [0-9a-f]+: refused, rejection \(certRevoked\): /),
    ]);
  });

  it('tells of what is no CMP message at all', async () => {
    const { lab, lines } = await watched({});
    await lab.handle(Uint8Array.of(1, 2, 3));
    expect(lines).toEqual([expect.stringMatching(/^a message that cannot be read: refused, /)]);
  });
});
