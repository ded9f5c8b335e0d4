import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { describe, it } from 'node:test';
import { addressBucket, addressNetwork, clientAddress } from '../../../server/http/frame/client-address.ts';

const from = (peer: string, forwarded?: string) =>
  ({
    socket: { remoteAddress: peer },
    headers: { 'x-forwarded-for': forwarded },
  }) as unknown as IncomingMessage;

describe('client address', () => {
  const cases: [string, number, string | undefined, string][] = [
    ['ignores the header without proxies', 0, '1.1.1.1', '9.9.9.9'],
    ['takes the last entry behind one proxy', 1, '1.1.1.1, 2.2.2.2', '2.2.2.2'],
    ['counts from the right', 2, '6.6.6.6, 1.1.1.1, 2.2.2.2', '1.1.1.1'],
    ['takes the first entry when there are fewer', 3, '1.1.1.1, 2.2.2.2', '1.1.1.1'],
    ['takes the peer when the header is absent', 1, undefined, '9.9.9.9'],
    ['takes the peer when the entry is no address', 1, 'evil', '9.9.9.9'],
    ['drops a port', 1, '1.1.1.1:443', '1.1.1.1'],
    ['unpacks brackets', 1, '[2001:db8::1]:443', '2001:db8::1'],
    ['unmaps IPv4 in IPv6', 1, '::ffff:1.2.3.4', '1.2.3.4'],
    ['unmaps it written as two groups', 1, '::ffff:cb00:710b', '203.0.113.11'],
    ['unmaps it in capitals', 1, '::FFFF:CB00:710B', '203.0.113.11'],
    ['unmaps it in full', 1, '0000:0000:0000:0000:0000:ffff:cb00:710b', '203.0.113.11'],
    ['unmaps it in full with dots', 1, '0:0:0:0:0:FFFF:203.0.113.11', '203.0.113.11'],
    ['unmaps it in brackets with a port', 1, '[::ffff:cb00:710b]:443', '203.0.113.11'],
    [
      'takes a translated address for the IPv4 address it stands for',
      1,
      '64:ff9b::cb00:710b',
      '203.0.113.11',
    ],
    ['leaves other addresses with that end alone', 1, '2001:db8::ffff:cb00:710b', '2001:db8::ffff:cb00:710b'],
    ['gives an IPv6 address one spelling', 1, '2001:0DB8:0:0::0001', '2001:db8::1'],
    ['drops a zone', 1, 'fe80::1%eth0', 'fe80::1'],
  ];
  for (const [promise, hops, header, expected] of cases) {
    it(promise, () => assert.equal(clientAddress(from('::ffff:9.9.9.9', header), hops), expected));
  }

  it('counts an IPv6 customer by network', () => {
    assert.equal(addressBucket('2001:db8:1:2:3:4:5:6'), '2001:db8:1:2');
    assert.equal(addressBucket('2001:db8:1:2::7'), '2001:db8:1:2');
    assert.equal(addressBucket('2001:db8::7'), '2001:db8:0:0');
    assert.equal(addressBucket('::1'), '0:0:0:0');
    assert.equal(addressBucket('2001:0DB8:0001:02::7'), '2001:db8:1:2', 'whatever the spelling');
    assert.equal(addressBucket('1.2.3.4'), '1.2.3.4');
  });

  it('knows the network around an address', () => {
    assert.equal(addressNetwork('2001:db8:1:2::7'), '2001:db8:1');
    assert.equal(addressNetwork('2001:db8::7'), '2001:db8:0');
    assert.equal(addressNetwork('1.2.3.4'), '1.2.3');
  });
});
