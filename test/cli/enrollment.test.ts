import { describe, expect, it } from 'vitest';
import { parseLabel } from '../../src/base/label.ts';
import type { ExitCode } from '../../src/base/errors.ts';
import { reportResult } from '../../src/cli/enrollment.ts';
import { createLog } from '../../src/cli/log.ts';
import { createPrinter } from '../../src/cli/render.ts';
import type { EnrollmentResult } from '../../src/lifecycle/result.ts';
import { parseName } from '../../src/x509/name-text.ts';
import { fakeIo } from './fake-io.ts';

const said = {
  name: parseLabel('gw1', 'cert-name'),
  ca: parseLabel('rootA', 'ca'),
  transactionID: '00112233445566778899aabbccddeeff',
};

function report(result: EnrollmentResult | 'interrupted', json = false, state?: string) {
  const io = fakeIo();
  const globals = {
    json,
    quiet: false,
    verbose: false,
    yes: false,
    ...(state !== undefined && { state }),
  };
  const code: ExitCode = reportResult(result, 'gw1', {
    io,
    globals,
    log: createLog(io, globals),
    print: createPrinter(io, globals),
    failed: () => {},
  });
  return { code, out: io.out(), err: io.err() };
}

const rejected = {
  ...said,
  type: 'rejected',
  status: {
    status: 'rejection',
    failInfo: ['badMessageCheck'],
    statusString: ['Wrong MAC'],
  },
  details: ['see the log'],
} as const;

const waiting = {
  ...said,
  type: 'waiting',
  nextPollAt: new Date('2026-12-01T00:00:05.123Z'),
  polls: 1,
} as const;

describe('reportResult()', () => {
  it('tells a rejection in full, with what to do about its failure bit', () => {
    const { code, out, err } = report(rejected);
    expect({ code, out }).toEqual({ code: 7, out: '' });
    expect(err.split('\n')).toEqual([
      'error: CA "rootA" rejected the request for "gw1"',
      'status: rejection (badMessageCheck): Wrong MAC',
      'details: see the log',
      'badMessageCheck: the MAC or signature of the request does not verify',
      expect.stringMatching(/^hint: Check reference and secret/),
      `transactionID: ${said.transactionID}`,
      'code: CMP_REJECTED',
      '',
    ]);
  });

  it.each([
    ['a bit', ['systemUnavail'], 'hint: Try again later'],
    ['the second of two bits', ['timeNotAvailable', 'badTime'], 'hint: Compare the clock'],
    ['a bit without a name', ['bit40'], 'hint: Ask the operator of the CA'],
  ] as const)('finds the hint for %s', (_, failInfo, hint) => {
    const { err } = report({ ...rejected, status: { status: 'rejection', failInfo } });
    expect(err).toContain(hint);
  });

  it('says in one object what it says in text, with nothing on stderr', () => {
    const { code, out, err } = report(rejected, true);
    expect({ code, err }).toEqual({ code: 7, err: '' });
    expect(JSON.parse(out)).toEqual({
      schemaVersion: 1,
      type: 'rejected',
      ...said,
      error: {
        code: 'CMP_REJECTED',
        message: 'CA "rootA" rejected the request for "gw1"',
        hint: expect.stringContaining('Check reference and secret'),
        transactionID: said.transactionID,
        exitCode: 7,
        status: rejected.status,
        details: ['see the log'],
      },
    });
  });

  const others: readonly (readonly [string, EnrollmentResult | 'interrupted', string, ExitCode])[] =
    [
      ['refused', { ...said, type: 'refused', reason: 'other key' }, 'CERT_REFUSED', 9],
      ['unconfirmed', { ...said, type: 'unconfirmed', status: rejected.status }, 'CMP_REJECTED', 7],
      ['expired', { ...said, type: 'expired' }, 'NETWORK_TIMEOUT', 5],
      ['waiting', waiting, 'CMP_WAITING', 8],
      ['interrupted', 'interrupted', 'CMP_WAITING', 8],
    ];
  it.each(others)('gives %s the shape of an error', (type, result, errorCode, exitCode) => {
    const { code, out, err } = report(result, true);
    expect({ code, err }).toEqual({ code: exitCode, err: '' });
    const json: unknown = JSON.parse(out);
    expect(json).toMatchObject({
      type,
      name: 'gw1',
      error: { code: errorCode, exitCode, message: expect.stringMatching(/^[A-Z]/) },
    });
  });

  it.each([
    ['now', { status: 'accepted' }, 'Certificate "gw1" is revoked (keyCompromise)\n', false],
    [
      'before, which is said',
      { status: 'rejection', failInfo: ['certRevoked'] },
      'Certificate "gw1" is revoked (keyCompromise); CA "rootA" says that it was before\n',
      true,
    ],
  ] as const)('says that a certificate was revoked %s [L9]', (_, status, text, alreadyRevoked) => {
    const about = { issuer: parseName('CN=CA'), serialNumber: 17n, name: said.name };
    const revoked = { ...said, type: 'revoked', about, reason: 'keyCompromise', status } as const;
    expect(report(revoked)).toEqual({ code: 0, out: text, err: '' });
    expect(JSON.parse(report(revoked, true).out)).toMatchObject({ alreadyRevoked });
  });

  it('says that a certificate is not revoked before somebody approves it [L9]', () => {
    const about = { issuer: parseName('CN=CA'), serialNumber: 17n, name: said.name };
    const status = { status: 'grantedWithMods' } as const;
    const parts = { ...said, about, reason: 'superseded', status };
    const { code, out } = report({ ...parts, type: 'revocation-pending' });
    expect(out).toContain('is not revoked yet');
    expect(code).toBe(8);
  });

  it('gives the command that goes on, for the same state directory', () => {
    const { code, out } = report(waiting, false, '/tmp/s');
    expect(code).toBe(8);
    expect(out).toBe(
      'The CA has not decided on "gw1" yet; next poll due 2026-12-01T00:00:05Z: ' +
        'certkeeper cmp poll current-cert gw1 --state /tmp/s\n',
    );
  });
});
