import { describe, expect, it } from 'vitest';
import { toDer } from '../../src/asn1/codec.ts';
import { encodePem } from '../../src/asn1/pem.ts';
import { CertificationRequest } from '../../src/x509/certification-request.ts';
import { oids } from '../../src/asn1/oids.ts';
import { extension } from '../../src/x509/extension-values.ts';
import { pkcs10 } from '../lifecycle/pkcs10.ts';
import { makeDesk, type Desk, type Outcome } from '../lifecycle/desk.ts';

/** A desk with a CA nobody runs: nothing here gets as far as sending. */
async function desk(): Promise<Desk> {
  const made = makeDesk();
  await made.addCa('http://127.0.0.1:9/');
  return made;
}

/** Show a request without sending it. */
function dryRun(at: Desk, ...more: readonly string[]): Promise<Outcome> {
  const words = 'cmp initialize key-type p-256 cert-name gw1 ca-root mock dry-run'.split(' ');
  return at.run([...words, ...more]);
}

function request(at: Desk, path: string): Promise<Outcome> {
  return at.run(['cmp', 'request', 'csr', path, 'cert-name', 'gw1', 'ca-root', 'mock']);
}

async function csrFile(at: Desk, name = 'gw1.csr'): Promise<string> {
  const csr = await pkcs10({
    subject: 'CN=from-csr,O=Test',
    extensions: [
      extension('subjectAltName', [{ type: 'dNSName', value: 'csr.example' }]),
      extension('keyUsage', ['keyAgreement'], true),
      extension('extKeyUsage', [oids.clientAuth]),
    ],
  });
  return at.write(name, encodePem('CERTIFICATE REQUEST', toDer(CertificationRequest, csr)));
}

describe('the words of a request', () => {
  it('are all in its template [B6][B7]', async () => {
    const at = await desk();
    const { code, out, err } = await dryRun(
      at,
      'subject-name',
      'CN=gw1,O=Test',
      'san',
      'dns:gw1.example',
      'san',
      'ip:192.0.2.1',
      'key-usage',
      'digitalSignature',
      'key-usage',
      'keyEncipherment',
      'ext-key-usage',
      'serverAuth',
      'ext-key-usage',
      '1.2.3.4.5',
      'policy',
      '1.2.3.4.6',
      'must-staple',
      'not-before',
      '2026-12-01',
      'not-after',
      '2027-12-01T10:00:00Z',
    );
    expect({ code, err }).toMatchObject({ code: 0 });
    for (const text of [
      'gw1.example',
      '192.0.2.1',
      'digitalSignature',
      'keyEncipherment',
      'serverAuth',
      '1.2.3.4.5',
      '1.2.3.4.6',
      'status_request',
      '2026-12-01',
      '2027-12-01',
    ]) {
      expect(out).toContain(text);
    }
  });

  it('are not shown where they are secret: regToken and authenticator', async () => {
    const at = await desk();
    const line =
      'cmp initialize key-type p-256 cert-name gw1 ca-root mock dry-run subject-name CN=gw1 ' +
      'reg-token env:TOKEN authenticator env:TOKEN';
    for (const argv of [line, `--json ${line}`]) {
      const { code, out, err } = await at.run(argv, { TOKEN: 'sesame-token' });
      expect(code, err).toBe(0);
      expect(out).toContain('regToken');
      expect(out + err).not.toContain('sesame-token');
      expect(out + err).not.toContain(Buffer.from('sesame-token').toString('hex'));
    }
  });

  it.each([
    [['ext-key-usage', 'noSuchUsage'], 'noSuchUsage'],
    [['policy', 'not-an-oid'], 'not-an-oid'],
    [['not-before', 'tomorrow'], 'tomorrow'],
    [['not-after', '2026-12-01 10:00'], '2026-12-01 10:00'],
    [['not-after', '2026-13-41'], '2026-13-41'],
    [['general-info', '1.2.3.4=xyz'], '1.2.3.4=xyz'],
    [['general-info', '1.2.3.4='], '1.2.3.4='],
    [['general-info', 'nothing'], 'nothing'],
  ])('are refused when they mean nothing: %j', async (words, quoted) => {
    const at = await desk();
    const { code, err } = await dryRun(at, 'subject-name', 'CN=gw1', ...words);
    expect(code).toBe(2);
    expect(err).toContain(`"${quoted}"`);
    expect(err).toMatch(/^hint: /m);
  });

  it.each([
    ['not DER', '1.2.3.4=ff'],
    ['followed by something', '1.2.3.4=050000'],
  ])('are refused when a value for general-info is %s [H14]', async (_, item) => {
    const at = await desk();
    const { code, err } = await dryRun(at, 'subject-name', 'CN=gw1', 'general-info', item);
    expect(code).toBe(2);
    expect(err).toContain(item);
  });

  it('may come from a csr, and what is said beside it comes first [B7]', async () => {
    const at = await desk();
    const path = await csrFile(at);
    const all = await dryRun(at, 'csr', path);
    expect(all.code, all.err).toBe(0);
    expect(all.out).toContain('from-csr');
    expect(all.out).toContain('csr.example');
    expect(all.out).toContain('keyAgreement');
    const said = 'san dns:said.example key-usage digitalSignature';
    const some = await dryRun(at, 'csr', path, ...said.split(' '));
    expect(some.code, some.err).toBe(0);
    expect(some.out).toContain('csr.example');
    expect(some.out).toContain('said.example');
    expect(some.out).not.toContain('keyAgreement');
    expect(some.out).toContain('clientAuth');
  });

  it('are refused with a csr whose extensionRequest cannot be read [B7]', async () => {
    const at = await desk();
    const extnValue = Uint8Array.of(0x30, 9, 1);
    const csr = await pkcs10({
      extensions: [{ extnID: oids.subjectAltName, critical: false, extnValue }],
    });
    const path = at.write('odd.csr', toDer(CertificationRequest, csr));
    const { code, err } = await dryRun(at, 'csr', path);
    expect(code).toBe(3);
    expect(err).toContain('odd.csr');
  });

  it('are refused with a csr that is none', async () => {
    const at = await desk();
    for (const content of [
      'nothing',
      '',
      '-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n',
    ]) {
      const { code, err } = await dryRun(at, 'csr', at.write('bad.csr', content));
      expect(code).not.toBe(0);
      expect(code).not.toBe(1);
      expect(err).toContain('bad.csr');
    }
  });
});

describe('"cmp request"', () => {
  it('refuses what is no PKCS #10 request, and says which file [B12]', async () => {
    const at = await desk();
    for (const content of ['', 'x', Uint8Array.of(0x30, 3, 2, 1, 0)]) {
      const { code, err } = await request(at, at.write('bad.csr', content));
      expect(err).toContain('bad.csr');
      expect(code).toBe(3);
    }
    const { code, err } = await request(at, at.path('none.csr'));
    expect(err).toContain('none.csr');
    expect(code).toBe(3);
  });

  it('reads the older label, and DER [B12]', async () => {
    const at = await desk();
    const der = toDer(CertificationRequest, await pkcs10());
    for (const content of [encodePem('NEW CERTIFICATE REQUEST', der), der]) {
      const path = at.write('gw1.csr', content);
      const words = ['cmp', 'request', 'csr', path, 'cert-name', 'gw1', 'ca-root', 'mock'];
      const { code, out, err } = await at.run([...words, 'dry-run']);
      expect(code, err).toBe(0);
      expect(out).toContain('p10cr');
    }
  });
});

describe('"cmp revoke"', () => {
  it.each([
    [['issuer', 'CN=Root'], 'issuer or serial alone'],
    [['serial', '0a'], 'issuer or serial alone'],
    [['issuer', 'CN=Root', 'serial', 'xyz'], '"xyz"'],
    [['issuer', 'CN=Root', 'serial', ''], '""'],
    [['issuer', 'CN=Root', 'serial', 'a'.repeat(41)], 'hexadecimal'],
  ])('refuses %j', async (words, says) => {
    const at = await desk();
    const { code, err } = await at.run(['cmp', 'revoke', 'current-cert', 'gw1', ...words]);
    expect(code).toBe(2);
    expect(err).toContain(says);
  });

  it('refuses two ways at once to say which certificate', async () => {
    const at = await desk();
    const pem = at.path('root.pem');
    const words = ['cert-file', pem, 'issuer', 'CN=Root', 'serial', '1'];
    const { code } = await at.run(['cmp', 'revoke', 'current-cert', 'gw1', ...words]);
    expect(code).toBe(2);
  });

  it('says when there is no such certificate', async () => {
    const at = await desk();
    const { code, err } = await at.run('cmp revoke current-cert gw1');
    expect(code).not.toBe(1);
    expect(err).toContain('"gw1"');
  });
});

describe('"cmp info"', () => {
  it.each([
    ['cmp info noSuchThing', 'noSuchThing'],
    ['cmp info 1.2.x', '1.2.x'],
    ['cmp info caCerts accept', 'only a rootCaCert'],
  ])('refuses %s', async (line, says) => {
    const at = await desk();
    const { code, err } = await at.run(line);
    expect(code).toBe(2);
    expect(err).toContain(says);
  });

  it('takes names in any case, and OIDs', async () => {
    const at = await desk();
    for (const type of ['CACERTS', 'caCerts', '1.3.6.1.5.5.7.4.17']) {
      const { code, out, err } = await at.run(`cmp info ${type} ca-root mock dry-run`);
      expect(code, err).toBe(0);
      expect(out).toContain('genm');
    }
  });
});
