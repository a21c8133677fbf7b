import { describe, expect, it } from 'vitest';
import { CertError } from '../../src/base/errors.ts';
import { oids } from '../../src/asn1/oids.ts';
import { buildEnvelopedData } from '../../src/cms/build-enveloped-data.ts';
import {
  decodeFetchAnswer,
  encodeFetchAnswer,
  MAX_FETCH_ANSWER_OCTETS,
  type FetchAnswer,
} from '../../src/sharing/fetch-answer.ts';
import { issue, makeKey } from '../harness/certificates.ts';
import { random } from '../lifecycle/site.ts';

const { certificate: root } = issue({ subject: 'CN=Root', isCa: true });
const { certificate } = issue({ subject: 'CN=gw1' });
const node = issue({ subject: 'CN=node2', key: makeKey(2048) });

async function served(): Promise<FetchAnswer> {
  const value = await buildEnvelopedData(
    {
      contentType: oids.ctKPaKeyPackage,
      content: new Uint8Array(48),
      addressee: { type: 'key-transport', certificate: node.certificate },
    },
    random,
  );
  const key = { type: 'encrypted', value } as const;
  return { type: 'served', value: { name: 'gw1', certificate, chain: [root], root, key } };
}

function outcomeOf(der: Uint8Array): string {
  try {
    decodeFetchAnswer(der, 'gw1');
    return 'read';
  } catch (error) {
    return error instanceof CertError && error.code !== 'INTERNAL' ? 'refused' : String(error);
  }
}

describe('decodeFetchAnswer()', () => {
  it('reads what encodeFetchAnswer() writes', async () => {
    const answers: readonly FetchAnswer[] = [
      { type: 'nothing-newer', value: null },
      await served(),
      {
        type: 'served',
        value: {
          name: 'gw1',
          certificate,
          chain: [],
          root,
          key: { type: 'withheld', value: 'in-token' },
        },
      },
    ];
    for (const answer of answers) {
      const der = encodeFetchAnswer(answer);
      const read = decodeFetchAnswer(der, 'gw1');
      expect(read.type).toBe(answer.type);
      expect(encodeFetchAnswer(read)).toEqual(der);
    }
  });

  it('refuses an answer about another name', async () => {
    const der = encodeFetchAnswer(await served());
    expect(() => decodeFetchAnswer(der, 'gw2')).toThrow('it is about "gw1", expected "gw2"');
  });

  it('refuses each part of an answer, and throws nothing else for one with a bit the other way', async () => {
    const der = encodeFetchAnswer(await served());
    for (let end = 0; end < der.length; end++) {
      expect(() => decodeFetchAnswer(der.subarray(0, end), 'gw1')).toThrow(CertError);
    }
    for (let at = 0; at < der.length; at++) {
      const changed = Uint8Array.from(der);
      changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8));
      expect(['read', 'refused'], `octet ${at}`).toContain(outcomeOf(changed));
    }
  });

  it('refuses one that is longer than any is', () => {
    expect(() => decodeFetchAnswer(new Uint8Array(MAX_FETCH_ANSWER_OCTETS + 1), 'gw1')).toThrow(
      expect.objectContaining({ code: 'LIMIT_EXCEEDED' }),
    );
  });
});
