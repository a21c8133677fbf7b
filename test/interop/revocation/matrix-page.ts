import { crlSources, expectedOfCrl, listCrlRows, listCrlSources } from './crl-rows.ts';
import {
  crlOutcomes,
  decisionRows,
  listCrlOutcomes,
  ocspOutcomes,
  type DecisionRow,
} from './decision-rows.ts';
import { expectedOf, expectedOfStaple, listOcspRows, titleOf } from './ocsp-rows.ts';
import { listResponderKinds, responderKinds } from './ocsp-responders.ts';
import { pointRows, pointServers, refusedPoints } from './point-rows.ts';
import { responderCrls, responderRows } from './responder-rows.ts';
import { tunnelRows } from './tunnel-rows.ts';

const stapled = listResponderKinds().length + 1;

/** Write docs/revocation-matrix.md out of the lists that the tests go through. */
export function matrixPage(): string {
  return [
    '# What comes of responses and CRLs',
    '',
    '<!-- Written by `npm run revocation-matrix` from the lists in test/interop/revocation. -->',
    '',
    'What a peer is [judged by](validation.md), for each response, CRL and way to them, as tried with programs of others: responses and',
    'CRLs by `openssl`, CRLs from nginx, ProFTPD, OpenSSH, atftpd and OpenLDAP, tunnels through Squid and tinyproxy. The tests are',
    '`test/interop/*-matrix.interop.test.ts`; each row is a test, and what stands here is what it expects. `good` accepts the peer, anything else is the',
    'reason of a refusal; in brackets stands what is noted beside it.',
    '',
    '## OCSP',
    '',
    'A peer is asked about under a strict policy that has no CRL. The columns are settings of who may sign:',
    '',
    ...listResponderKinds().map((kind, i) => `${i + 1}. ${responderKinds[kind]}`),
    `${stapled}. as 5, the octets are stapled, and nobody listens at the responder`,
    '',
    'The octets are made by openssl where nothing else is said, and otherwise by the encoder of the tests, or are none. Signed is what the',
    'responder that the CA named for ocspSigning has signed, where it does not say who did.',
    '',
    ...table(
      ['response', 'made by', ...listResponderKinds().map((_kind, i) => `${i + 1}`), `${stapled}`],
      listOcspRows().map(([name, row]) => [
        titleOf(row),
        row.maker,
        ...listResponderKinds().map((kind) => expectedOf(row, kind) ?? '–'),
        expectedOfStaple(name) ?? '–',
      ]),
    ),
    '',
    '## CRLs',
    '',
    'A peer is looked up under a strict policy with one CRL, which is set up by its place, and without OCSP. For the row about the limit',
    'that is lowered; the limit there is, of 64 MiB, is tried with a file, nginx, ProFTPD and OpenSSH.',
    '',
    ...table(
      ['CRL', ...listCrlSources().map((source) => crlSources[source])],
      listCrlRows().map(([, row]) => [
        row.title,
        ...listCrlSources().map((source) => expectedOfCrl(row, source) ?? '–'),
      ]),
    ),
    '',
    '## CRLs that certificates name',
    '',
    'A peer is looked up under a strict policy without OCSP. Nobody logs in: the servers are open to everybody.',
    '',
    ...table(
      ['the certificate names a CRL', ...Object.values(pointServers)],
      Object.values(pointRows).map(({ title, says, only }) => [
        title,
        ...Object.keys(pointServers).map((scheme) =>
          only === undefined || only === scheme ? says : '–',
        ),
      ]),
    ),
    '',
    `One that names it by ${refusedPoints.map((scheme) => `\`${scheme}\``).join(', ')} is refused with \`no-source\`, and nothing is fetched.`,
    '',
    '## Responders that are asked about themselves',
    '',
    'A responder without id-pkix-ocsp-nocheck says that a peer is good, and names a CRL that nginx has.',
    '',
    ...table(
      ['`check-responder`', ...Object.values(responderCrls).map((title) => `a CRL ${title}`)],
      Object.entries(responderRows).map(([check, row]) => [check, ...Object.values(row)]),
    ),
    '',
    '## Tunnels',
    '',
    'A responder is asked through Squid and through tinyproxy, which come to the same.',
    '',
    ...table(
      ['a proxy that', 'what comes of it'],
      tunnelRows.map(({ title, says }) => [title, says]),
    ),
    '',
    '## Decisions',
    '',
    'The table of [judging peers](validation.md#who-gives-a-word-and-what-is-made-of-it), with the reason of each refusal.',
    '',
    ...list('OCSP', ocspOutcomes),
    ...list('The CRL, which the certificate names and nginx has,', crlOutcomes),
    '',
    ...decisions(),
    '',
    'A certificate that names nothing is judged by `ifuri` as by `relaxed`: by a CRL of its issuer, if one is held.',
    '',
  ].join('\n');
}

function list(what: string, entries: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(entries).map(([name, text]) => `- ${what} \`${name}\`: ${text}`);
}

function decisions(): readonly string[] {
  const rows = decisionRows();
  const lines = Map.groupBy(rows, ({ mode, naming, ocsp }) => [mode, naming, ocsp].join('|'));
  return table(
    ['mode', 'the certificate', 'OCSP', ...listCrlOutcomes().map((crl) => `CRL ${crl}`)],
    [...lines.values()].map((cells) => {
      const [{ mode, naming, ocsp } = { mode: '', naming: '', ocsp: '' }] = cells;
      return [mode, naming, ocsp, ...cells.map(cellText)];
    }),
  );
}

function cellText({ decision, reason }: DecisionRow): string {
  return reason === undefined ? decision : `${decision}, \`${reason}\``;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)];
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}
