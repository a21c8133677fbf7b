import { describe, expect, it } from 'vitest';
import { fromDer, toDer } from '../../src/asn1/codec.ts';
import { oids } from '../../src/asn1/oids.ts';
import { utf8String } from '../../src/asn1/strings.ts';
import { CertReqMsg } from '../../src/cmp/message/cert-req-msg.ts';
import { certReqMsg } from '../../src/inspect/cert-req-msg.ts';
import { formatTree } from '../../src/inspect/node.ts';
import { parseName } from '../../src/x509/name-text.ts';

describe('certReqMsg()', () => {
  it.each(['regToken', 'authenticator'] as const)(
    'says of a %s how long it is, and does not show it',
    (type) => {
      const control = { type: oids[type], value: toDer(utf8String, 'one-time') };
      const certTemplate = { subject: parseName('CN=gw1') };
      const message = { certReq: { certReqId: 0, certTemplate, controls: [control] } };
      const text = formatTree(certReqMsg(fromDer(CertReqMsg, toDer(CertReqMsg, message))));
      expect(text).toContain(`${type} (${oids[type]}): 8 octets, not shown\n`);
      expect(text).not.toMatch(/one-time|6f6e652d/);
    },
  );
});
