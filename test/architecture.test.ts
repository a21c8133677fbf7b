import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkFile, checkTree, type SourceFile } from './harness/staircase.ts';

const root = join(import.meta.dirname, '..');

function sources(): SourceFile[] {
  return readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => `src/${path.replaceAll('\\', '/')}`)
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));
}

describe('the staircase', () => {
  it('holds in every file under src', () => {
    const files = sources();
    expect(files.length).toBeGreaterThan(0);
    expect(checkTree(files)).toEqual([]);
  });
});

describe('checkFile()', () => {
  it.each([
    [
      'src/cmp/transaction/enrollment.ts',
      "import { open } from '../../store/database.ts';",
      'may not look up or sideways',
    ],
    [
      'src/store/keys.ts',
      "import type { Transport } from '../cmp/transport/transport.ts';",
      'may not look up or sideways',
    ],
    [
      'src/crypto/keys.ts',
      "export { PKIHeader } from '../cmp/message/pki-header.ts';",
      'may not look up or sideways',
    ],
    [
      'src/lifecycle/poll.ts',
      "const x = await import('../cli/main.ts');",
      'may not look up or sideways',
    ],
    ['src/base/bytes.ts', "import '../asn1/oids.ts';", 'may not look up or sideways'],
    ['src/x509/name.ts', "import { a } from './nowhere';", 'without .ts'],
    ['src/x509/name.ts', "import { createHash } from 'node:crypto';", 'may not import node:crypto'],
    ['src/x509/name.ts', "import { createHash } from 'crypto';", 'may not import crypto'],
    ['src/cmp/client/client.ts', "import { request } from 'undici';", 'may not import undici'],
    [
      'src/cmp/client/client.ts',
      "import { request } from 'certkeeper/cmp';",
      'may not import certkeeper/cmp',
    ],
    [
      'src/lifecycle/update.ts',
      "import Database from 'better-sqlite3';",
      'may not import better-sqlite3',
    ],
    ['src/cmp/message/poll.ts', 'const now = new Date();', 'new Date()'],
    ['src/cmp/message/poll.ts', 'const now = new Date;', 'new Date()'],
    ['src/cmp/message/poll.ts', 'const now = Date.now();', 'Date.now'],
    ['src/revocation/path.ts', 'const x = Math.random();', 'Math.random'],
    ['src/cmp/transaction/enrollment.ts', 'setTimeout(again, 1000);', 'setTimeout'],
    ['src/crypto/keys.ts', 'const nonce = randomBytes(16);', 'randomBytes'],
    ['src/crypto/keys.ts', "import { randomUUID } from 'node:crypto';", 'randomUUID'],
    ['src/settings/defaults.ts', "const home = process.env['HOME'];", 'process'],
    ['src/inspect/tree.ts', 'await fetch(url);', 'fetch'],
    ['src/crypto/mac.ts', 'const t = performance.now();', 'performance'],
    ['src/crypto/mac.ts', 'crypto.getRandomValues(nonce);', 'getRandomValues'],
    ['src/crypto/mac.ts', "const sha1 = '1.3.14.3.2.26';", 'OID literal 1.3.14.3.2.26'],
    ['src/ca/issue.ts', "const cmcRA = '1.3.6.1.5.5.7.3.28';", 'OID literal'],
    ['src/base/utils.ts', '', 'name the idea'],
    ['src/cmp/helpers/x.ts', '', 'name the idea'],
    ['src/cmp/message/index.ts', '', 'barrel'],
    ['src/gadgets/x.ts', '', 'stands on no step'],
    ['src/store/keys.ts', '\n'.repeat(401), '401 lines'],
  ])('reports in %s: %s', (path, text, complaint) => {
    expect(checkFile({ path, text })).toEqual([expect.stringContaining(complaint)]);
  });

  it.each([
    ['src/cmp/client/client.ts', "import { exchange } from '../transport/transport.ts';"],
    ['src/lifecycle/update.ts', "import { open } from '../store/database.ts';"],
    [
      'src/store/keys.ts',
      "import { open } from './database.ts';\nimport Database from 'better-sqlite3';",
    ],
    ['src/cli/main.ts', "const { run } = await import('../agent/compose.ts');"],
    ['src/crypto/mac.ts', "import { createHmac } from 'node:crypto';"],
    ['src/http/request.ts', "import { request } from 'node:http';\nsetTimeout(stop, 1);"],
    ['src/asn1/oids.ts', "const sha256 = '2.16.840.1.101.3.4.2.1';"],
    ['src/asn1/time.ts', 'const then = new Date(Date.UTC(2026, 1, 1));'],
    [
      'src/cmp/message/poll.ts',
      '// never new Date(), Date.now() or setTimeout() here\n/* fetch() */',
    ],
    ['src/cmp/message/poll.ts', "const text = 'RFC 9810 section 5.3.22';"],
    ['src/cmp/index.ts', "export { PKIHeader } from './message/pki-header.ts';"],
    ['src/cmp/index.ts', "export { run } from './client/client.ts';"],
    ['src/x509/common-name.ts', ''],
    ['src/errors.ts', "export { CertError } from './base/errors.ts';"],
  ])('has nothing to say about %s: %s', (path, text) => {
    expect(checkFile({ path, text })).toEqual([]);
  });
});

describe('checkTree()', () => {
  it('reports an import of a file that is not there', () => {
    const lost = { path: 'src/x509/name.ts', text: "import { a } from '../asn1/lost.ts';" };
    expect(checkTree([lost])).toEqual(['src/x509/name.ts -> ../asn1/lost.ts: no such file']);
  });

  it('reports everything in a file, not only the first', () => {
    const text = "import '../cli/main.ts';\nDate.now();\n";
    expect(checkFile({ path: 'src/x509/name.ts', text })).toHaveLength(2);
  });
});
