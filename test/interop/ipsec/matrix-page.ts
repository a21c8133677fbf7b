import { listMatrixRows, matrixModes, type MatrixRow, type MatrixVerdicts } from './matrix-rows.ts';
import { remedies, unwilling } from './unwilling.ts';

/** Write docs/ipsec-matrix.md out of the lists that the tests go through. */
export function ipsecMatrixPage(): string {
  return [
    '# What becomes of the peers of an IKE gateway',
    '',
    '<!-- Written by `npm run revocation-matrix` from the lists in test/interop/ipsec. -->',
    '',
    'Two gateways with strongSwan 5.9.8, each with a root and an issuing CA of its own; what the one makes of the other, by what the certificate of',
    'that one names and what comes of it there. Each cell is tried twice (`test/interop/ipsec-matrix.interop.test.ts`): with a charon that its operator',
    'set up by swanctl, and with [certkeeper beside it](ipsec.md): peers by `ipsec peer add`, its responder on loopback, the CRLs that it holds,',
    'and its agent, which judges each peer once more by [its own validation](validation.md).',
    '',
    '- `accepts`: the IKE_SA is there, and stays.',
    '- `refuses`: charon does, and there never is one.',
    '- `ends`: charon sets it up, and the agent ends it as soon as it hears of it; the peer is then kept out for a while.',
    '',
    'The rows with a responder have an OCSP object in the second half, which asks a responder of its own for all peers; where nothing else is said,',
    'that one says the same.',
    '',
    ...table(
      [
        'the certificate names',
        ...matrixModes,
        ...matrixModes.map((mode) => `${mode}, with certkeeper`),
      ],
      listMatrixRows().map(([, row]) => [row.title, ...row.alone, ...bold(row)]),
    ),
    '',
    '## Where that is not the same',
    '',
    ...listMatrixRows()
      .filter(([, { together }]) => together !== undefined)
      .map(([, { title, why }]) => `- ${title}: ${why}.`),
    '',
    'What is refused by charon alone is never accepted with us but for a CRL that we are set up with.',
    '',
    '## When our responder has no word',
    '',
    'Charon asks the responder of an authority first, which with an OCSP object is ours, on loopback. Where that one is neither good nor revoked it',
    'goes on to the one that the certificate names, and believes it. That is so when ours',
    '',
    ...Object.keys(unwilling).map((what) => `- ${what},`),
    '- or is not there.',
    '',
    'The agent ends what was set up so, where its own validation refuses the peer. To keep it from being set up at all, charon is not to reach',
    'others than this machine. Of a charon that',
    '',
    ...Object.keys(remedies).map((what) => `- ${what}`),
    '',
    'a peer is refused in each of these cases, and nobody else is asked (`test/interop/ipsec-facts.interop.test.ts`). A proxy is for http, https and',
    "ftp; charon's plugin `ldap` goes around it, and has to be left out with it. How to set that up is in [IKE gateways](ipsec.md).",
    '',
  ].join('\n');
}

/** What is another with us stands out. */
function bold({ alone, together }: MatrixRow): readonly string[] {
  const verdicts: MatrixVerdicts = together ?? alone;
  return verdicts.map((verdict, i) => (verdict === alone[i] ? verdict : `**${verdict}**`));
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)];
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}
