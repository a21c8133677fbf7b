import { describe, expect, it } from 'vitest';
import { decodeTftp } from '../../src/retrieval/tftp-packet.ts';
import { beginTransfer, optionsFor, type TftpStep } from '../../src/retrieval/tftp-transfer.ts';
import { usualLimits } from '../../src/retrieval/retriever.ts';
import { data, oack } from './fake-tftp.ts';

const request = { url: 'tftp://host.example/ca.crl', limits: usualLimits };

function start(): (packet: Uint8Array) => TftpStep {
  const transfer = beginTransfer(request, optionsFor(1));
  return (packet) => {
    const decoded = decodeTftp(packet);
    if (decoded === undefined) throw new Error('no packet');
    return transfer.receive(decoded);
  };
}

describe('beginTransfer()', () => {
  it('goes on after block 65535 with block 0', () => {
    const receive = start();
    receive(oack('blksize', '8'));
    for (let count = 1; count <= 65_536; count += 1) {
      const step = receive(data(count & 0xffff, Buffer.alloc(8, count & 0xff)));
      expect(step.type === 'answered' && Buffer.from(step.packet).readUInt16BE(2)).toBe(
        count & 0xffff,
      );
    }
    const end = receive(data(1, Buffer.from('end')));
    if (end.type !== 'done') throw new Error(end.type);
    expect(end.file).toHaveLength(65_536 * 8 + 3);
    expect(end.file[65_535 * 8]).toBe(0);
  });

  it('takes no second OACK, and none after the first block', () => {
    const receive = start();
    expect(receive(oack('blksize', '8')).type).toBe('answered');
    expect(receive(oack('blksize', '16')).type).toBe('ignored');
    expect(receive(data(1, Buffer.alloc(8))).type).toBe('answered');
    expect(receive(oack('blksize', '16')).type).toBe('ignored');
  });
});
