import { describe, expect, it, onTestFinished } from 'vitest';
import { usualLimits, type RetrievalLimits } from '../../src/retrieval/retriever.ts';
import { tftpRetriever } from '../../src/retrieval/tftp.ts';
import { failure, retrieverContract, type Scene } from './contract.ts';
import {
  data,
  error,
  oack,
  openFakeTftp,
  serving,
  type FakeTftp,
  type Reply,
  type TftpRequest,
} from './fake-tftp.ts';

/** Nothing is sent again of itself, unless a test is about that. */
const never = 3_600_000;

const RRQ = 1;
const ACK = 4;
const ERROR = 5;

describe.each([
  ['options', true],
  ['no options', false],
])('tftpRetriever with a server that knows %s', (_, hasOptions) => {
  retrieverContract(
    async (files): Promise<Scene> => {
      const server = await openFakeTftp(serving(files, hasOptions));
      return {
        retriever: tftpRetriever(),
        urlOf: (name) => `tftp://127.0.0.1:${server.port}/${name}`,
        missing: 'RETRIEVAL_REFUSED',
        at: (port) => `tftp://127.0.0.1:${port}/one`,
        close: server.close,
      };
    },
    { network: 'udp' },
  );
});

interface Fetch {
  readonly server: FakeTftp;
  readonly fetched: Promise<Uint8Array>;
}

async function fetch(
  answer: (request: TftpRequest, reply: Reply, isFirst: boolean) => void,
  {
    path = '/ca.crl',
    repeatMs = never,
    ...limits
  }: Partial<RetrievalLimits & { path: string; repeatMs: number }> = {},
): Promise<Fetch> {
  const server = await openFakeTftp(answer);
  onTestFinished(() => server.close());
  const fetched = tftpRetriever(repeatMs).retrieve({
    url: `tftp://127.0.0.1:${server.port}${path}`,
    limits: { ...usualLimits, maxBytes: 5000, ...limits },
  });
  fetched.catch(() => {});
  return { server, fetched };
}

/** What came, without the requests: opcode and number. */
function answersOf({ seen }: FakeTftp): readonly (readonly [number, number])[] {
  return seen.filter(({ opcode }) => opcode !== RRQ).map(({ opcode, number }) => [opcode, number]);
}

const full = Buffer.alloc(512, 'a');

describe('tftpRetriever', () => {
  it('asks for the name behind the slash, in octet mode, with blksize, tsize and timeout', async () => {
    const { server, fetched } = await fetch((_, reply) => reply(data(1, Buffer.from('x'))), {
      path: '//etc/ca%20%C3%BC.crl;mode=octet',
    });
    await fetched;
    expect(server.seen[0]?.strings.join(' | ')).toBe(
      '/etc/ca \u00fc.crl | octet | blksize | 1428 | tsize | 0 | timeout | 1',
    );
  });

  it('takes an empty file', async () => {
    const { fetched } = await fetch((_, reply) => reply(data(1, Buffer.alloc(0))));
    expect(await fetched).toHaveLength(0);
  });

  it('acknowledges a repeated block no second time, so that nothing doubles', async () => {
    const { server, fetched } = await fetch(({ opcode, number }, reply) => {
      if (opcode === RRQ) reply(data(1, full), data(1, full), data(1, full));
      else if (number === 1) reply(data(2, full), data(1, full), data(2, full));
      else if (number === 2) reply(data(3, Buffer.from('end')));
    });
    expect(await fetched).toHaveLength(1027);
    expect(answersOf(server).slice(0, 2)).toEqual([
      [ACK, 1],
      [ACK, 2],
    ]);
  });

  it('sends a request, and an acknowledgement, again that got no answer', async () => {
    const counts = { rrq: 0, ack: 0 };
    const { server, fetched } = await fetch(
      ({ opcode, number }, reply) => {
        if (opcode === RRQ && (counts.rrq += 1) > 1) reply(data(1, full));
        if (opcode === ACK && number === 1 && (counts.ack += 1) > 2) {
          reply(data(2, Buffer.from('end')));
        }
      },
      { repeatMs: 5 },
    );
    expect(await fetched).toHaveLength(515);
    expect(server.seen.filter(({ opcode }) => opcode === RRQ).length).toBeGreaterThan(1);
  });

  it('gives up a server that falls silent', async () => {
    const { fetched } = await fetch(
      ({ opcode }, reply) => {
        if (opcode === RRQ) reply(data(1, full));
      },
      { repeatMs: 5 },
    );
    const { code, message } = await failure(fetched);
    expect(code).toBe('NETWORK_TIMEOUT');
    expect(message).toContain('fell silent');
  });

  it('tells a stranger on another port that he is none of ours, and takes nothing of him', async () => {
    const asked = Promise.withResolvers<readonly [TftpRequest, Reply]>();
    const { server, fetched } = await fetch((request, reply) => {
      if (request.opcode === RRQ) reply(data(1, full));
      if (request.opcode === ACK && request.number === 1) asked.resolve([request, reply]);
    });
    const [request, reply] = await asked.promise;
    const told = await server.stranger(data(2, Buffer.from('evil')), request);
    expect([told.opcode, told.number]).toEqual([ERROR, 5]);
    const other = await server.stranger(error(1, 'gone'), request);
    expect([other.opcode, other.number]).toEqual([ERROR, 5]);
    reply(data(2, Buffer.from('good')));
    expect(Buffer.from(await fetched).toString()).toBe(`${full.toString()}good`);
  });

  it('asks again without options a server that refuses them', async () => {
    const { server, fetched } = await fetch(({ strings }, reply) =>
      reply(strings.length > 2 ? error(8, 'no options') : data(1, Buffer.from('x'))),
    );
    expect(await fetched).toHaveLength(1);
    expect(server.seen[1]?.strings).toEqual(['ca.crl', 'octet']);
  });

  it('does not ask for ever', async () => {
    const { server, fetched } = await fetch((_, reply) => reply(error(8, 'no options')));
    expect((await failure(fetched)).code).toBe('RETRIEVAL_REFUSED');
    expect(server.seen).toHaveLength(2);
  });

  it('refuses by the length that is announced, and tells the server', async () => {
    const told = Promise.withResolvers<TftpRequest>();
    const { fetched } = await fetch((request, reply) => {
      if (request.opcode === RRQ) reply(oack('tsize', '5001'));
      else told.resolve(request);
    });
    expect((await failure(fetched)).code).toBe('RESPONSE_TOO_LARGE');
    expect(await told.promise).toMatchObject({ opcode: ERROR, number: 3 });
  });

  it('ends a file that has no end, and tells the server', async () => {
    const told = Promise.withResolvers<TftpRequest>();
    const { fetched } = await fetch((request, reply) => {
      if (request.opcode === ERROR) told.resolve(request);
      else reply(data(request.opcode === RRQ ? 1 : request.number + 1, full));
    });
    expect((await failure(fetched)).code).toBe('RESPONSE_TOO_LARGE');
    expect(await told.promise).toMatchObject({ opcode: ERROR, number: 3 });
  });

  it.each([
    ['less than announced', oack('tsize', '4')],
    ['more than announced', oack('tsize', '2')],
  ])('refuses a file that has %s', async (_, options) => {
    const { fetched } = await fetch(({ opcode }, reply) => {
      if (opcode === RRQ) reply(options);
      if (opcode === ACK) reply(data(1, Buffer.from('abc')));
    });
    const { code, message } = await failure(fetched);
    expect(code).toBe('NETWORK_UNREACHABLE');
    expect(message).toContain('3 octets came');
  });

  it('refuses a block that is longer than agreed', async () => {
    const { fetched } = await fetch((_, reply) => reply(data(1, Buffer.alloc(513))));
    expect((await failure(fetched)).message).toContain('513 octets');
  });

  it.each([
    ['blksize', '1429'],
    ['blksize', '7'],
    ['blksize', '1e3'],
    ['tsize', '-1'],
    ['timeout', '2'],
    ['windowsize', '4'],
    ['__proto__', '1'],
  ])('refuses the option %s=%s, which was not asked so', async (name, value) => {
    const told = Promise.withResolvers<TftpRequest>();
    const { fetched } = await fetch((request, reply) => {
      if (request.opcode === RRQ) reply(oack(name, value));
      else told.resolve(request);
    });
    expect((await failure(fetched)).code).toBe('NETWORK_UNREACHABLE');
    expect(await told.promise).toMatchObject({ opcode: ERROR, number: 8 });
  });

  it('passes over what is no packet', async () => {
    const { fetched } = await fetch(({ opcode }, reply) => {
      if (opcode !== RRQ) return;
      reply(Uint8Array.of(), Uint8Array.of(0, 3, 0), Uint8Array.of(0, 9, 0, 1), oack('tsize'));
      reply(data(0, full), data(2, full), data(1, Buffer.from('x')));
    });
    expect(await fetched).toHaveLength(1);
  });

  it('shows what the server says, without what would act on a terminal', async () => {
    const { fetched } = await fetch((_, reply) => reply(error(0, `\u001b[2J${'x'.repeat(1000)}`)));
    const { code, message } = await failure(fetched);
    expect(code).toBe('RETRIEVAL_REFUSED');
    expect(message).toContain('\\u001b[2J');
    expect(message.length).toBeLessThan(400);
  });

  it.each(['/ca.crl;mode=netascii', '/', '/a%00b', '/a%0d%0ab', `/${'x'.repeat(441)}`, '/a?b'])(
    'refuses the path %s',
    async (path) => {
      const { server, fetched } = await fetch(() => {}, { path });
      expect((await failure(fetched)).code).toBe('CONFIG_INVALID');
      expect(server.seen).toEqual([]);
    },
  );
});
