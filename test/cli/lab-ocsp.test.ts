import { describe, expect, it } from 'vitest';
import { run } from '../../src/cli/run.ts';
import { enrolled } from '../ca/lab-client.ts';
import { openLab, temporaryDirectory } from '../ca/lab-under-test.ts';
import { asked, wordOf } from '../ca/ocsp-client.ts';
import { fakeIo } from './fake-io.ts';

interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function line(...argv: readonly string[]): Promise<Outcome> {
  const io = fakeIo();
  const code = await run(argv, io);
  return { code, out: io.out(), err: io.err() };
}

describe('lab ocsp-fault', () => {
  it('has the responder of a lab that runs do wrong, and be right again', async () => {
    const directory = temporaryDirectory();
    const lab = await openLab({ directory });
    const certificate = await enrolled(lab);
    const word = async (): Promise<string> => wordOf(await asked(lab, certificate));
    const counted = await line('lab', 'ocsp-fault', 'try-later*1', 'dir', directory);
    expect(counted).toMatchObject({ code: 0 });
    expect(counted.out).toBe('The responder does "try-later", for the next 1 request\n');
    expect((await line('lab', 'ocsp-fault', 'expired', 'dir', directory)).out).toBe(
      'The responder does "expired", until "no lab ocsp-fault"\n',
    );
    expect([await word(), await word(), await word()]).toEqual([
      'responder-error(tryLater)',
      'expired',
      'expired',
    ]);
    expect(await line('no', 'lab', 'ocsp-fault', 'dir', directory)).toMatchObject({
      code: 0,
      out: 'The responder is right again\n',
    });
    expect(await word()).toBe('good');
  });

  it('says for which certificate', async () => {
    const directory = temporaryDirectory();
    await openLab({ directory });
    const json = await line('lab', 'ocsp-fault', 'revoked@0A*2', 'dir', directory, '--json');
    expect(JSON.parse(json.out)).toMatchObject({ fault: 'revoked', serial: '0a', times: 2 });
  });

  it('refuses a fault that there is not, and names those that there are', async () => {
    const { code, err } = await line('lab', 'ocsp-fault', 'sulking', 'dir', temporaryDirectory());
    expect(code).toBe(2);
    expect(err).toContain('there is no such fault');
    expect(err).toMatch(/^hint: .*try-later, unauthorized/m);
  });

  it('refuses where there is no lab', async () => {
    const outcome = await line('lab', 'ocsp-fault', 'down', 'dir', temporaryDirectory());
    expect(outcome).toMatchObject({ code: 3 });
    expect(outcome.err).toContain('Cannot find a lab in');
  });
});

describe('lab', () => {
  it('refuses a fault of the responder, and a validity, that cannot be, before there is a lab', async () => {
    const directory = temporaryDirectory();
    for (const words of [
      ['ocsp-fault', 'sulking'],
      ['ocsp-validity', '0'],
    ]) {
      expect(await line('lab', 'port', '0', 'dir', directory, ...words)).toMatchObject({ code: 2 });
    }
  });
});
