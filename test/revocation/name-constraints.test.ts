import { describe, expect, it } from 'vitest';
import { toDer } from '../../src/asn1/codec.ts';
import { oids } from '../../src/asn1/oids.ts';
import { ia5String, utf8String } from '../../src/asn1/strings.ts';
import { fromHex } from '../../src/base/bytes.ts';
import { extension } from '../../src/x509/extension-values.ts';
import type { GeneralName } from '../../src/x509/general-name.ts';
import type { GeneralSubtree, NameConstraints } from '../../src/x509/name-constraints.ts';
import { parseName } from '../../src/x509/name-text.ts';
import { nullDn } from '../../src/x509/name.ts';
import { issue, type Issued } from '../harness/certificates.ts';
import { check, outcome, root } from '../harness/paths.ts';

type Text = `${'dns' | 'mail' | 'utf8mail' | 'uri' | 'ip' | 'dn' | 'rid'}:${string}`;

function name(text: Text): GeneralName {
  const value = text.slice(text.indexOf(':') + 1);
  switch (text.slice(0, text.indexOf(':'))) {
    case 'dns':
      return { type: 'dNSName', value };
    case 'mail':
      return { type: 'rfc822Name', value };
    case 'utf8mail': {
      const typeId = oids.smtpUTF8Mailbox;
      return { type: 'otherName', value: { typeId, value: toDer(utf8String, value) } };
    }
    case 'uri':
      return { type: 'uniformResourceIdentifier', value };
    case 'ip':
      return { type: 'iPAddress', value: fromHex(value) };
    case 'dn':
      return { type: 'directoryName', value: value === '' ? nullDn : parseName(value) };
    default:
      return { type: 'registeredID', value };
  }
}

interface Subtrees {
  readonly permitted?: readonly Text[];
  readonly excluded?: readonly Text[];
}

function subtrees(texts: readonly Text[]): readonly GeneralSubtree[] {
  return texts.map((text) => ({ base: name(text), minimum: 0 }));
}

function constraints({ permitted, excluded }: Subtrees): NameConstraints {
  return {
    ...(permitted && { permittedSubtrees: subtrees(permitted) }),
    ...(excluded && { excludedSubtrees: subtrees(excluded) }),
  };
}

function ca(
  issuer: Issued,
  subject: string,
  own?: NameConstraints,
  names?: readonly Text[],
): Issued {
  return issue({
    subject,
    issuer,
    isCa: true,
    extensions: [
      ...(own ? [extension('nameConstraints', own, true)] : []),
      ...(names ? [extension('subjectAltName', names.map(name))] : []),
    ],
  });
}

function leaf(issuer: Issued, names: readonly Text[], subject = 'CN=gw1,O=Test'): Issued {
  const altNames = names.length > 0 ? [extension('subjectAltName', names.map(name))] : [];
  return issue({ subject, issuer, extensions: altNames });
}

/** Judge a leaf below one CA with constraints. */
function judge(limits: Subtrees, names: readonly Text[], subject?: string): string {
  const constrained = ca(root, 'CN=Sub,O=Test', constraints(limits));
  return outcome(check(leaf(constrained, names, subject), { intermediates: [constrained] }));
}

describe('a name within a subtree', () => {
  it.each<readonly [Text, Text, 'inside' | 'outside' | 'unknown']>([
    ['dns:host.example.com', 'dns:host.example.com', 'inside'],
    ['dns:www.HOST.example.com', 'dns:host.EXAMPLE.com', 'inside'],
    ['dns:host1.example.com', 'dns:host.example.com', 'outside'],
    ['dns:ahost.example.com', 'dns:host.example.com', 'outside'],
    ['dns:a.example.com', 'dns:.example.com', 'inside'],
    ['dns:example.com', 'dns:.example.com', 'outside'],
    ['dns:anything', 'dns:', 'inside'],
    ['dns:a..example.com', 'dns:example.com', 'unknown'],
    ['dns:evil\u0000.example.com', 'dns:example.com', 'unknown'],
    ['dns:a.example.com.', 'dns:example.com', 'unknown'],
    ['dns:a.example.com', 'dns:exa mple.com', 'unknown'],
    ['mail:root@example.com', 'mail:root@EXAMPLE.com', 'inside'],
    ['mail:Root@example.com', 'mail:root@example.com', 'outside'],
    ['mail:any@example.com', 'mail:example.com', 'inside'],
    ['mail:any@host.example.com', 'mail:example.com', 'outside'],
    ['mail:any@host.example.com', 'mail:.example.com', 'inside'],
    ['mail:any@example.com', 'mail:.example.com', 'outside'],
    ['mail:"a@b"@example.com', 'mail:example.com', 'inside'],
    ['mail:example.com', 'mail:example.com', 'unknown'],
    ['mail:any@example.com', 'mail:', 'unknown'],
    // RFC 9598 section 6: mailboxes beyond ASCII are held against the constraints of rfc822Name.
    ['utf8mail:grüße@example.com', 'mail:example.com', 'inside'],
    ['utf8mail:grüße@EXAMPLE.com', 'mail:example.com', 'inside'],
    ['utf8mail:grüße@host.example.com', 'mail:example.com', 'outside'],
    ['utf8mail:grüße@host.example.com', 'mail:.example.com', 'inside'],
    ['utf8mail:grüße@other.org', 'mail:.example.com', 'outside'],
    ['utf8mail:grüße@xn--bcher-kva.example', 'mail:xn--bcher-kva.example', 'inside'],
    ['utf8mail:grüße@bücher.example', 'mail:xn--bcher-kva.example', 'unknown'],
    ['utf8mail:grüße@example.com', 'mail:root@example.com', 'outside'],
    ['utf8mail:root@example.com', 'mail:root@example.com', 'inside'],
    ['utf8mail:grüße', 'mail:example.com', 'unknown'],
    ['utf8mail:grüße@example.com', 'utf8mail:grüße@example.com', 'unknown'],
    ['uri:https://host.example.com/x', 'uri:host.example.com', 'inside'],
    ['uri:https://my.host.example.com:8443?x', 'uri:.example.com', 'inside'],
    ['uri:https://example.com', 'uri:.example.com', 'outside'],
    ['uri:https://my.host.example.com', 'uri:host.example.com', 'outside'],
    ['uri:https://example.com@evil.org/', 'uri:example.com', 'outside'],
    ['uri:https://example.com#@evil.org', 'uri:example.com', 'inside'],
    ['uri:https://evil.org\\@example.com/', 'uri:example.com', 'unknown'],
    ['uri:https://evil.org\t@example.com/', 'uri:example.com', 'unknown'],
    ['uri:https://evil.org@evil.net@example.com/', 'uri:example.com', 'unknown'],
    ['uri:urn:x:example.com', 'uri:example.com', 'unknown'],
    ['uri:http://192.0.2.1/', 'uri:.example.com', 'unknown'],
    ['uri:http://[2001:db8::1]/', 'uri:.example.com', 'unknown'],
    ['ip:c0000201', 'ip:c0000200ffffff00', 'inside'],
    ['ip:c0000301', 'ip:c0000200ffffff00', 'outside'],
    ['ip:c0000201', 'ip:0000000000000000', 'inside'],
    ['ip:c0000201', `ip:${'0'.repeat(64)}`, 'outside'],
    ['ip:c00002', 'ip:c0000200ffffff00', 'unknown'],
    [`ip:${'0'.repeat(20)}ffffc0000201`, 'ip:c0000200ffffff00', 'unknown'],
    [`ip:${'0'.repeat(20)}ffffc0000201`, `ip:${'0'.repeat(64)}`, 'inside'],
    ['ip:c0000201', 'ip:c0000200', 'unknown'],
    ['dn:CN=gw1,O=Test,C=DE', 'dn:O=Test,C=DE', 'inside'],
    ['dn:CN=gw1,O=TEST ,C=de', 'dn:O=test,C=DE', 'inside'],
    ['dn:CN=gw1,O=Testing,C=DE', 'dn:O=Test,C=DE', 'outside'],
    ['dn:C=DE', 'dn:O=Test,C=DE', 'outside'],
    ['dn:CN=gw1', 'dn:', 'inside'],
    ['rid:2.999.1', 'rid:2.999.1', 'unknown'],
  ])('%s and %s: %s', (given, base, is) => {
    // Subjects are within "O=Test", but that is what the first rows of directoryName are about.
    const own: Text[] = given.startsWith('dn:') ? ['dn:O=Test,CN=Root'] : [];
    const permitted = judge({ permitted: [base, ...own] }, [given], 'O=Test,CN=Root');
    const excluded = judge({ excluded: [base] }, [given], 'O=Unrelated');
    const unsupported = 'name-constraint-unsupported';
    const wanted = {
      inside: ['valid', 'name-excluded'],
      outside: ['name-not-permitted', 'valid'],
      unknown: [unsupported, unsupported],
    };
    const isEverything = base === 'dn:';
    expect([permitted, excluded]).toEqual(isEverything ? ['valid', 'name-excluded'] : wanted[is]);
  });

  it('counts a wildcard as each of the hosts it stands for', () => {
    expect(judge({ permitted: ['dns:example.com'] }, ['dns:*.example.com'])).toBe('valid');
    expect(judge({ permitted: ['dns:a.example.com'] }, ['dns:*.example.com'])).toBe(
      'name-not-permitted',
    );
    expect(judge({ excluded: ['dns:a.example.com'] }, ['dns:*.example.com'])).toBe('name-excluded');
    expect(judge({ excluded: ['dns:a.example.org'] }, ['dns:*.example.com'])).toBe('valid');
  });
});

describe('name constraints', () => {
  it('are about names of their form alone', () => {
    expect(judge({ permitted: ['dns:example.com'] }, ['mail:a@other.org', 'ip:c0000201'])).toBe(
      'valid',
    );
    expect(judge({ permitted: ['rid:2.999.1'] }, ['dns:other.org'])).toBe('valid');
  });

  it('for mailboxes hold for names that are called mailboxes and cannot be read as one', () => {
    const typeId = oids.smtpUTF8Mailbox;
    const value = toDer(ia5String, 'a@example.com');
    const constrained = ca(root, 'CN=Sub', constraints({ permitted: ['mail:example.com'] }));
    const odd = issue({
      subject: 'CN=odd',
      issuer: constrained,
      extensions: [extension('subjectAltName', [{ type: 'otherName', value: { typeId, value } }])],
    });
    const unread = outcome(check(odd, { intermediates: [constrained] }));
    expect(unread).toBe('name-constraint-unsupported');
  });

  it('exclude what they permit elsewhere', () => {
    const both: Subtrees = { permitted: ['dns:example.com'], excluded: ['dns:a.example.com'] };
    expect(judge(both, ['dns:b.example.com'])).toBe('valid');
    expect(judge(both, ['dns:b.example.com', 'dns:x.a.example.com'])).toBe('name-excluded');
  });

  it('hold for the subject as a directoryName, if it is not empty', () => {
    expect(judge({ permitted: ['dn:O=Test'] }, [], 'CN=gw1,O=Test')).toBe('valid');
    expect(judge({ permitted: ['dn:O=Test'] }, [], 'CN=gw1,O=Other')).toBe('name-not-permitted');
    const constrained = ca(root, 'CN=Sub', constraints({ permitted: ['dn:O=Test'] }));
    const nameless = issue({
      subject: nullDn,
      issuer: constrained,
      extensions: [extension('subjectAltName', [name('dns:a.example')], true)],
    });
    expect(outcome(check(nameless, { intermediates: [constrained] }))).toBe('valid');
  });

  it('for mailboxes hold for emailAddress of the subject where there is no subjectAltName', () => {
    const mailed = 'emailAddress=a@other.org,CN=gw1';
    const only: Subtrees = { permitted: ['mail:example.com'] };
    expect(judge(only, [], mailed)).toBe('name-not-permitted');
    expect(judge(only, [], 'emailAddress=a@example.com,CN=gw1')).toBe('valid');
    expect(judge(only, ['dns:a.example'], mailed)).toBe('valid');
    expect(judge({ excluded: ['mail:other.org'] }, [], mailed)).toBe('name-excluded');
  });

  it('of several CAs hold all together, whatever the order', () => {
    const wide = constraints({ permitted: ['dns:example.com', 'dns:other.org'] });
    const narrow = constraints({ permitted: ['dns:a.example.com'], excluded: ['dns:x.other.org'] });
    for (const [upper, lower] of [
      [wide, narrow],
      [narrow, wide],
    ]) {
      const first = ca(root, 'CN=First', upper);
      const second = ca(first, 'CN=Second', lower);
      const judged = (...names: Text[]): string =>
        outcome(check(leaf(second, names), { intermediates: [first, second] }));
      expect(judged('dns:b.a.example.com')).toBe('valid');
      expect(judged('dns:b.example.com')).toBe('name-not-permitted');
      expect(judged('dns:other.org')).toBe('name-not-permitted');
    }
  });

  it('hold for CAs below, but not for self-issued ones that are not the last', () => {
    const first = ca(root, 'CN=First', constraints({ permitted: ['dns:example.com'] }));
    const other = ca(first, 'CN=Second', undefined, ['dns:other.org']);
    const rolled = ca(first, 'CN=First', undefined, ['dns:other.org']);
    const below = (issuer: Issued): string =>
      outcome(check(leaf(issuer, []), { intermediates: [first, issuer] }));
    expect(below(other)).toBe('name-not-permitted');
    expect(below(rolled)).toBe('valid');
    expect(outcome(check(rolled, { intermediates: [first] }))).toBe('name-not-permitted');
  });

  it('of the anchor itself hold for all below it', () => {
    const own = constraints({ permitted: ['dns:example.com'] });
    const anchor = issue({
      subject: 'CN=Anchor',
      isCa: true,
      extensions: [extension('nameConstraints', own, true)],
    });
    const asked = { anchors: [anchor], intermediates: [] };
    expect(outcome(check(leaf(anchor, ['dns:a.example.com']), asked))).toBe('valid');
    expect(outcome(check(leaf(anchor, ['dns:other.org']), asked))).toBe('name-not-permitted');
  });

  it('with a minimum or a maximum are refused where they would matter', () => {
    for (const odd of [{ minimum: 1 }, { minimum: 0, maximum: 3 }]) {
      const base = name('dns:example.com');
      const own = {
        permittedSubtrees: [
          { base, minimum: 0 },
          { base, ...odd },
        ],
      };
      const constrained = ca(root, 'CN=Sub', own);
      const judged = (...names: Text[]): string =>
        outcome(check(leaf(constrained, names), { intermediates: [constrained] }));
      expect(judged('dns:a.example.com')).toBe('name-constraint-unsupported');
      expect(judged('mail:a@example.com')).toBe('valid');
    }
  });

  it('that are not critical hold all the same', () => {
    const own = extension('nameConstraints', constraints({ excluded: ['dns:example.com'] }));
    const constrained = issue({ subject: 'CN=Sub', issuer: root, isCa: true, extensions: [own] });
    const end = leaf(constrained, ['dns:example.com']);
    expect(outcome(check(end, { intermediates: [constrained] }))).toBe('name-excluded');
  });
});
