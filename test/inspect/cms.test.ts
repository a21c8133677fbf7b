import { describe, expect, it } from 'vitest';
import { fromHex } from '../../src/base/bytes.ts';
import { toDer } from '../../src/asn1/codec.ts';
import { oids } from '../../src/asn1/oids.ts';
import { EnvelopedData } from '../../src/cms/enveloped-data.ts';
import { encryptedKey, envelopedData } from '../../src/inspect/cms.ts';
import { formatTree } from '../../src/inspect/node.ts';
import { algorithmIdentifier } from '../../src/x509/algorithm-identifier.ts';

const enveloped: EnvelopedData = {
  version: 0,
  recipientInfos: [
    {
      type: 'pwri',
      value: {
        version: 0,
        keyEncryptionAlgorithm: algorithmIdentifier('aes256Wrap'),
        encryptedKey: fromHex('0102'),
      },
    },
  ],
  encryptedContentInfo: {
    contentType: oids.signedData,
    contentEncryptionAlgorithm: algorithmIdentifier('aes256CBC'),
    encryptedContent: fromHex('0304'),
  },
};

const tree = [
  'privateKey: EnvelopedData',
  '  version: 0',
  '  recipientInfos',
  '    pwri',
  '      version: 0',
  '      keyEncryptionAlgorithm: aes256Wrap (2.16.840.1.101.3.4.1.45)',
  '      encryptedKey: 0102',
  '  encryptedContentInfo',
  '    contentType: signedData (1.2.840.113549.1.7.2)',
  '    contentEncryptionAlgorithm: aes256CBC (2.16.840.1.101.3.4.1.42)',
  '    encryptedContent: 0304',
  '',
].join('\n');

describe('encryptedKey()', () => {
  it('shows EnvelopedData under its tag, with nothing decrypted', () => {
    const der = toDer(EnvelopedData.withTag(0xa0), enveloped);
    expect(formatTree(encryptedKey('privateKey', der))).toBe(tree);
  });

  it('says that EncryptedValue is deprecated', () => {
    const shown = formatTree(encryptedKey('privateKey', fromHex('3004030200ff')));
    expect(shown).toBe('privateKey: encryptedValue, deprecated\n  BIT STRING: ff\n');
  });

  it('shows by its ASN.1 types what does not decode', () => {
    expect(formatTree(encryptedKey('privateKey', fromHex('a003020105')))).toBe(
      'privateKey\n  INTEGER: 5\n',
    );
  });
});

describe('envelopedData()', () => {
  it('takes the tag a POPOPrivKey gives it', () => {
    const der = toDer(EnvelopedData.withTag(0xa4), enveloped);
    expect(formatTree(envelopedData('privateKey', der))).toBe(tree);
  });
});
